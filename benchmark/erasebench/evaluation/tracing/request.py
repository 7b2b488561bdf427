"""What is asked of a trace: options and headers, checked before any model is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from erasebench.concepts import Concept
from erasebench.errors import CheckpointError, RequestError
from erasebench.protocol import Protocol
from erasebench.results.trace import LEAST_POINTS
from erasebench.submission.card import UPDATE, Card
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint
from erasebench.submission.match import infer_protocol

TRACE = "trace.json"
"""Name of the curve's file inside a trace's folder."""

TRACES = Path("traces")
"""Holds the folders of traces that are given no other."""


@dataclass(frozen=True)
class Passed:
    """A checkpoint that a training passed: after how many updates, and what it was then."""

    updates: int
    checkpoint: Checkpoint


@dataclass(frozen=True)
class TraceRequest:
    """A trace that can begin.

    Attributes:
        checkpoint: the erased model, known by its headers.
        along: what its training passed, ascending, the last equal to `checkpoint`; empty where
            base and erased model are mixed instead.
        protocol: fixes prompts, seeds and judges.
        concept: the erased one.
        folder: the trace's own.
        device: name of the device, e.g. `cpu` or `cuda:1`.
        batch_size: pictures drawn at once; None for what fills the device.
        threads: CPU threads; None for torch's own choice.
    """

    checkpoint: Checkpoint
    along: tuple[Passed, ...]
    protocol: Protocol
    concept: Concept
    folder: Path
    device: str = "cpu"
    batch_size: int | None = None
    threads: int | None = None

    @property
    def path(self) -> Path:
        """Where the curve is written."""
        return self.folder / TRACE


def trace_request(
    path: Path,
    *,
    along: Path | None = None,
    concept: str | None = None,
    protocol: Protocol | None = None,
    folder: Path | None = None,
    device: str = "cpu",
    batch_size: int | None = None,
    threads: int | None = None,
) -> TraceRequest:
    """Checks what is asked for against headers, cards and the protocol.

    Args:
        path: the checkpoint, as for an evaluation.
        along: folder of its training's checkpoints; None to mix base and checkpoint.
        concept: None for the one that the checkpoint's card names.
        protocol: None for the one whose base the checkpoint is an edit of.
        folder: None for one in `traces` that bears the checkpoint's name.
        device: see `TraceRequest`.
        batch_size: see `TraceRequest`.
        threads: see `TraceRequest`.

    Raises:
        CheckpointError: if a checkpoint cannot be read, is an edit of no protocol's base, or the
            folder does not hold the checkpoints of one training.
        UnknownNameError: if the concept is none of the protocol's; suggests the nearest.
        RequestError: if no concept is named, or the checkpoint is no edit of weights.
    """
    checkpoint = open_checkpoint(path)
    protocol = infer_protocol(checkpoint) if protocol is None else protocol
    if not checkpoint.tensors:
        raise RequestError(
            f"{path} changes no tensor, so there is no way from the base to it. "
            "Trace a checkpoint whose weights were edited."
        )
    name = concept or checkpoint.concept
    if name is None:
        raise RequestError(
            f"{path} does not say which concept it has erased. "
            f"Name it with --concept, one of: {', '.join(protocol.concepts)}."
        )
    own = checkpoint.name if along is None else f"{checkpoint.name}-checkpoints"
    return TraceRequest(
        checkpoint=checkpoint,
        along=() if along is None else checkpoints_in(along),
        protocol=protocol,
        concept=protocol.concept(name),
        folder=TRACES / own if folder is None else folder,
        device=device,
        batch_size=batch_size,
        threads=threads,
    )


def checkpoints_in(folder: Path) -> tuple[Passed, ...]:
    """The checkpoints of one training, by the updates that their cards name, ascending.

    Raises:
        CheckpointError: if a file is no diff whose card names its updates, if two name the same,
            if the cards differ in anything else, or if there are too few for a curve.
    """
    found = sorted(map(_passed, sorted(folder.glob("*.safetensors"))), key=_updates)
    if len(found) < LEAST_POINTS - 1:
        raise CheckpointError(
            folder,
            f"It holds {len(found)} checkpoints, and a curve needs {LEAST_POINTS - 1} at least. "
            "Make them with `erasebench erase METHOD --checkpoints 10`.",
        )
    _check_one_training(folder, found)
    return tuple(found)


def _passed(path: Path) -> Passed:
    checkpoint = open_checkpoint(path)
    updates = "" if checkpoint.diff is None else checkpoint.diff.card.settings.get(UPDATE, "")
    if not updates.isdecimal() or int(updates) == 0:
        raise CheckpointError(
            path,
            f"Its card names no number of updates ({UPDATE} is {updates!r}), so its place on the "
            "way is unknown. Give a folder as `erasebench erase --checkpoints` writes it.",
        )
    return Passed(int(updates), checkpoint)


def _updates(passed: Passed) -> int:
    return passed.updates


def _check_one_training(folder: Path, found: Sequence[Passed]) -> None:
    first = found[0]
    for before, after in pairwise(found):
        if _training(after) != _training(first) or before.updates == after.updates:
            raise CheckpointError(
                folder,
                f"{first.checkpoint.path.name} and {after.checkpoint.path.name} are not of one "
                "training: but for the number of updates their cards must agree. Remove what is "
                "left of another, or run the same erase command again.",
            )


def _training(passed: Passed) -> tuple[str, Card]:
    """What the checkpoints of one training have in common: base and card."""
    diff = passed.checkpoint.diff
    assert diff is not None
    settings = {name: word for name, word in diff.card.settings.items() if name != UPDATE}
    return diff.base, diff.card.model_copy(update={"settings": settings})
