"""Finds result files in folders."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from erasebench.attack.replay_result import REPLAYED
from erasebench.board.status import STATUS
from erasebench.errors import RequestError, ResultError
from erasebench.protocol import Protocol

RESULT = "result.json"
"""The result of a run, in its folder."""

BOARD = Path("leaderboard")
"""The leaderboard of a checkout, the default of `table` and `site`."""

_CHECKPOINTS = "checkpoints"
"""In the folder of a submission's evaluation, the folder of one run for each concept."""

_RUN = "run.json"
"""The first file of a run; an unfinished run has it and no result."""

_OF_A_LEADERBOARD = frozenset({"README.md", "reported", STATUS})
"""Allowed in a leaderboard besides the folders of its protocols."""


@dataclass(frozen=True)
class Found:
    """Result files, and unfinished runs.

    Attributes:
        results: files, each of a run or a leaderboard.
        unended: folders of unfinished runs that lie next to finished ones.
    """

    results: tuple[Path, ...]
    unended: tuple[Path, ...]


def find_results(places: Sequence[Path], protocols: Mapping[str, Protocol]) -> Found:
    """Finds all result files, each once.

    A place is a result file, the folder of an evaluation, a folder of such folders, or a
    leaderboard, `<protocol>/<submission>.json`. Other files in a folder of evaluations, such as a
    built site or a replay, are ignored.

    Args:
        places: files and folders; none for the leaderboard of a checkout.
        protocols: by name.

    Raises:
        RequestError: if no place is given and there is no leaderboard here.
        ResultError: if a folder has unfinished runs only, or no results at all. A leaderboard may
            be empty.
    """
    if not places and not BOARD.is_dir():
        raise RequestError(
            f"There is no folder {BOARD}/ here. Name results to show, e.g. a folder of `erasebench "
            "evaluate --output`, or change to a checkout of the repository, which has the "
            "published board."
        )
    found = [
        _in_folder(place, protocols) if place.is_dir() else Found((place,), ())
        for place in places or (BOARD,)
    ]
    return Found(
        results=tuple(dict.fromkeys(path for one in found for path in one.results)),
        unended=tuple(run for one in found for run in one.unended),
    )


def run_folders(folder: Path) -> tuple[Path, ...]:
    """The folders with the records of a result: one for each checkpoint, or the folder itself."""
    inside = sorted(folder.glob(f"{_CHECKPOINTS}/*/{_RUN}"))
    return tuple(run.parent for run in inside) or (folder,)


def _in_folder(folder: Path, protocols: Mapping[str, Protocol]) -> Found:
    if (folder / RESULT).exists():
        return Found((folder / RESULT,), ())
    if _was_begun(folder):
        raise _not_ended(folder)
    results: list[Path] = []
    unended: list[Path] = []
    for child in sorted(child for child in folder.iterdir() if child.is_dir()):
        if child.name in protocols:
            results += sorted(child.glob("*.json"))
        elif (child / RESULT).exists():
            results.append(child / RESULT)
        elif _was_begun(child):
            unended.append(child)
    if not results and unended:
        raise _not_ended(unended[0])
    known = _OF_A_LEADERBOARD | protocols.keys()
    others = [one for one in folder.iterdir() if not one.name.startswith(".")]
    if not results and any(one.name not in known for one in others):
        raise ResultError(
            folder,
            "No results found. Give the folder of a finished evaluation, a folder of such "
            "folders, or a leaderboard (<protocol>/<submission>.json).",
        )
    return Found(tuple(results), tuple(unended))


def _was_begun(folder: Path) -> bool:
    """Whether an evaluation was started in a folder; a replay has the same files but no result."""
    begun = (run / _RUN for run in run_folders(folder))
    return any(path.exists() and not _is_of_replay(path) for path in begun)


def _is_of_replay(path: Path) -> bool:
    """Whether a `run.json` is of a replay; an unreadable one is of an unfinished run."""
    try:
        return REPLAYED in json.loads(path.read_bytes())["spec"]["probes"]
    except (ValueError, TypeError, KeyError):
        return False


def _not_ended(run: Path) -> ResultError:
    return ResultError(run, "This run is not finished; run the same evaluate command again.")
