"""What the points of a trace took: a line for each, in a file beside what was drawn.

A point's time is written before the point, so that no point is without one.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from erasebench.disk import append_lines, keep_lines, whole_lines
from erasebench.errors import RunFolderError
from erasebench.evaluation.folder import START_AGAIN


class PointTiming(BaseModel):
    """What one point took, in the process that drew it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
