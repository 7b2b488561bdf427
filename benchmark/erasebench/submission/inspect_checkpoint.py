"""Card and weight change of a checkpoint, without generating images."""

from __future__ import annotations

from pydantic import Field

from erasebench.frozen_model import FrozenModel
from erasebench.results.preparation import WeightChangeCard
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.card import DiffHeader
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.load_changes import change_digest, load_changes


class CheckpointReport(FrozenModel):
    """A checkpoint, and how it differs from its base."""

    path: str = Field(description="The file or folder.")
    layout: str = Field(description="Form of the checkpoint.")
    base: str = Field(description="Protocol whose base it is an edit of, or the base's folder.")
    base_digest: str = Field(description="Digest of the base's tensors.")
    tensors_digest: str = Field(description="Digest of its change, as recorded in results.")
    header: DiffHeader | None = Field(
        description="Metadata of a diff or a prompt filter; null for other layouts."
    )
    weight_change: WeightChangeCard | None = Field(
        description="Size of the change; null for a prompt filter."
    )


def inspect(checkpoint: Checkpoint, base: BaseTensors) -> CheckpointReport:
    """Reads and checks a checkpoint and measures its change.

    Raises:
        CheckpointError: see `load_changed_tensors`.
    """
    changes = load_changes(checkpoint, base)
    return CheckpointReport(
        path=str(checkpoint.path),
        layout=checkpoint.layout,
        base=base.protocol,
        base_digest=base.digest,
        tensors_digest=change_digest(checkpoint, changes.tensors),
        header=checkpoint.diff,
        weight_change=changes.card,
    )
