"""A trace to run: options and headers, checked before any model is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from erasebench.concepts import Concept
from erasebench.errors import CheckpointError, RequestError
from erasebench.evaluation.plan.request import CPU, Compute
from erasebench.protocol import Protocol
from erasebench.results.trace import LEAST_POINTS
from erasebench.submission.card import UPDATE, Card
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint
from erasebench.submission.match import infer_protocol

TRACE = "trace.json"
"""Name of the curve's file in a trace's folder."""

TRACES = Path("traces")
"""Default parent of trace folders."""


@dataclass(frozen=True)
class TraceRequest:
    """A checked trace.

    Attributes:
        checkpoint: the erased model, known by its headers.
        along: checkpoints of its training by their updates, ascending, the last equal to
            `checkpoint`; empty to interpolate between base and erased model.
        protocol: fixes prompts, seeds and judges.
        concept: the erased concept.
        folder: the trace's folder.
        compute: device, threads and batch size.
    """

    checkpoint: Checkpoint
    along: Mapping[int, Checkpoint]
    protocol: Protocol
    concept: Concept
    folder: Path
    compute: Compute = CPU

    @property
    def path(self) -> Path:
        """The curve's file."""
        return self.folder / TRACE


def trace_request(
    path: Path,
    *,
    along: Path | None = None,
    concept: str | None = None,
    protocol: Protocol | None = None,
    folder: Path | None = None,
    compute: Compute = CPU,
) -> TraceRequest:
    """Checks options and headers.

    Args:
        path: the erased model, see `open_checkpoint`.
        along: folder of its training's checkpoints; None to interpolate.
        concept: the erased concept; None for the one in the checkpoint's card.
        protocol: None to detect it from the tensors.
        folder: None for `traces/NAME`, or `traces/NAME-checkpoints` along a training.
        compute: see `TraceRequest`.

    Raises:
        CheckpointError: if a checkpoint cannot be read or fits no protocol, or the folder does not
            hold the checkpoints of one training.
        UnknownNameError: if the concept is unknown; suggests the nearest.
        RequestError: if the concept is missing, or the checkpoint edits no weights.
    """
    checkpoint = open_checkpoint(path)
    protocol = infer_protocol(checkpoint) if protocol is None else protocol
    if not checkpoint.tensors:
        raise RequestError(
            f"{path} changes no tensor, so nothing lies between the base and it. "
            "Trace a checkpoint with edited weights."
        )
    name = concept or checkpoint.concept
    if name is None:
        raise RequestError(
            f"The erased concept of {path} is unknown. "
            f"Name it with --concept, one of: {', '.join(protocol.concepts)}."
        )
    own = checkpoint.name if along is None else f"{checkpoint.name}-checkpoints"
    return TraceRequest(
        checkpoint=checkpoint,
        along={} if along is None else checkpoints_in(along),
        protocol=protocol,
        concept=protocol.concept(name),
        folder=TRACES / own if folder is None else folder,
        compute=compute,
    )


def checkpoints_in(folder: Path) -> dict[int, Checkpoint]:
    """The checkpoints of one training by the updates on their cards, ascending.

    Raises:
        CheckpointError: if a file is no diff with its updates on the card, if two have the same, if
            the cards differ in anything else, or if there are too few for a curve.
    """
    opened = map(open_checkpoint, sorted(folder.glob("*.safetensors")))
    found = sorted(((_updates(one), one) for one in opened), key=lambda pair: pair[0])
    if len(found) < LEAST_POINTS - 1:
        raise CheckpointError(
            folder,
            f"It holds {len(found)} checkpoints, but a curve needs at least {LEAST_POINTS - 1}. "
            "Make them with `erasebench erase METHOD --checkpoints 10`.",
        )
    for (before, one), (updates, other) in pairwise(found):
        if before == updates or _training(one) != _training(other):
            raise CheckpointError(
                folder,
                f"{one.path.name} and {other.path.name} are not of one training: their cards must "
                "agree except for the number of updates. Remove the files of another training, or "
                "run the same erase command again.",
            )
    return dict(found)


def _updates(checkpoint: Checkpoint) -> int:
    updates = "" if checkpoint.diff is None else checkpoint.diff.card.settings.get(UPDATE, "")
    if not updates.isdecimal() or int(updates) == 0:
        raise CheckpointError(
            checkpoint.path,
            f"Its card has no number of updates ({UPDATE} is {updates!r}). Choose a folder written "
            "by `erasebench erase --checkpoints`.",
        )
    return int(updates)


def _training(checkpoint: Checkpoint) -> tuple[str, Card]:
    """Base and card, without the updates: equal for the checkpoints of one training."""
    diff = checkpoint.diff
    assert diff is not None
    settings = {name: word for name, word in diff.card.settings.items() if name != UPDATE}
    return diff.base, diff.card.model_copy(update={"settings": settings})
