"""Whether the figures of a replay follow from its records."""

from __future__ import annotations

from pathlib import Path

from erasebench.errors import ResultError
from erasebench.results.replay import Replay
from erasebench.stats.recount import differences
from erasebench.stats.replayed import replay_figures


def check_replay(path: Path, replay: Replay) -> None:
    """Counts a replay's records again, and compares with the figures that it states.

    Args:
        path: the file it was read from.
        replay: its content.

    Raises:
        ResultError: if a figure is not that of the records, or nothing can be counted.
    """
    try:
        counted = replay_figures(replay.records, replay.base_records, replay.floor_records)
    except (KeyError, ValueError) as error:
        raise ResultError(path, f"Its records cannot be counted ({error.args[0]}).") from error
    different = next(
        differences("figures", replay.figures.model_dump(), counted.model_dump()), None
    )
    if different is not None:
        raise ResultError(
            path, f"{different}. The file was edited, or made by another version: replay it again."
        )
