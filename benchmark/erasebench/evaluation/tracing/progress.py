"""What a trace has recorded so far, and the time it took."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save

from erasebench.disk import append_lines, keep_lines, replace_file, whole_lines
from erasebench.errors import RunFolderError
from erasebench.evaluation.run.run_folder import START_AGAIN
from erasebench.frozen_model import FrozenModel

_EMBEDDINGS, _HITS = "embeddings", "hits"


@dataclass(frozen=True)
class Traced:
    """What was seen of the first K points of a trace.

    Attributes:
        embeddings: CLIP embeddings of the pictures, float32 (K, S, D), unit vectors.
        hits: bool (K, S), the judge recognises the concept; False where it knows none of the kind.
    """

    embeddings: torch.Tensor
    hits: torch.Tensor

    def __len__(self) -> int:
        """K."""
        return len(self.hits)

    def and_then(self, embeddings: torch.Tensor, hits: torch.Tensor) -> Traced:
        """With one point more, of embeddings (S, D) and hits (S,)."""
        if not len(self):
            return Traced(embeddings[None], hits[None])
        return Traced(
            torch.cat([self.embeddings, embeddings[None]]), torch.cat([self.hits, hits[None]])
        )


NOTHING_TRACED = Traced(torch.empty(0, 0, 0), torch.empty(0, 0, dtype=torch.bool))


def read_traced(path: Path) -> Traced:
    """What an earlier process has drawn; nothing where there is no file.

    Raises:
        RunFolderError: if the file is damaged.
    """
    if not path.exists():
        return NOTHING_TRACED
    try:
        found = load(path.read_bytes())
        return Traced(found[_EMBEDDINGS], found[_HITS])
    except (SafetensorError, KeyError) as error:
        raise RunFolderError(
            path.parent, f"{path.name} is damaged: {error}. {START_AGAIN}"
        ) from error


def write_traced(path: Path, traced: Traced) -> None:
    """Keeps what was drawn; at any moment the file holds the old points or also the new one.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old points stay.
    """
    content = {
        _EMBEDDINGS: traced.embeddings.contiguous(),
        _HITS: traced.hits.contiguous(),
    }
    replace_file(path, save(content))


class PointTiming(FrozenModel):
    """What one point took, in the process that drew it."""

    seconds: float = Field(ge=0, description="Wall time to draw and judge its pictures.")


def keep_times(path: Path, points: int) -> None:
    """Drops the times of points that are not kept themselves, since they are drawn again.

    Args:
        path: the file of times.
        points: how many points are kept.
    """
    keep_lines(path, whole_lines(path)[:points])


def add_time(path: Path, seconds: float) -> None:
    """Adds the time of the next point.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    append_lines(path, [PointTiming(seconds=round(seconds, 3)).model_dump_json()])


def seconds_of(path: Path) -> float:
    """The times of all points together.

    Raises:
        RunFolderError: if a line is damaged.
    """
    try:
        timings = [PointTiming.model_validate_json(line) for line in whole_lines(path)]
    except ValidationError as error:
        raise RunFolderError(path.parent, f"{path.name} is damaged. {START_AGAIN}") from error
    return sum(timing.seconds for timing in timings)
