"""Which result files some folders hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from erasebench.board.status import STATUS
from erasebench.errors import ResultError
from erasebench.protocol import Protocol
from erasebench.results.replay import REPLAYED

RESULT = "result.json"
"""The result of a run, in its folder."""

_CHECKPOINTS = "checkpoints"
"""Inside a submission's evaluation, the folder of its checkpoints' runs, each called after its
concept."""

_RUN = "run.json"
"""The first file of a run; a run that has not ended has it, and no result."""

_OF_A_LEADERBOARD = frozenset({"README.md", "reported", STATUS})
"""What a leaderboard may hold beside the folders of its protocols."""


@dataclass(frozen=True)
class Found:
    """What some folders hold.

    Attributes:
        results: files, each that of a run, or one of a leaderboard.
        unended: folders of runs that have no result yet, which stood beside others that have.
    """

    results: tuple[Path, ...]
    unended: tuple[Path, ...]


def find_results(folders: Sequence[Path], protocols: Mapping[str, Protocol]) -> Found:
    """Finds every result file of some folders.

    A folder is that of one evaluation, or it holds folders of such, or it is a leaderboard,
    `<protocol>/<submission>.json`. What bears a protocol's name is no run's folder; what else lies
    beside runs and protocols, a built site or a replay say, is passed over.

    Args:
        folders: which exist.
        protocols: by name.

    Raises:
        ResultError: if a folder is that of a run that has not ended, holds such only, or is none
            of the three. A leaderboard without a result is one all the same.
    """
    found = [_in_folder(folder, protocols) for folder in folders]
    return Found(
        results=tuple(path for one in found for path in one.results),
        unended=tuple(run for one in found for run in one.unended),
    )


def run_folders(folder: Path) -> tuple[Path, ...]:
    """The folders of records behind the result in a folder.

    That of one checkpoint is the folder itself. A submission's has one in it for each.
    """
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
    if not results and not _may_be_leaderboard(folder, protocols):
        raise ResultError(
            folder,
            "It holds no result. Give the folder of a run that has ended, a folder of such "
            "folders, or a leaderboard (<protocol>/<submission>.json).",
        )
    return Found(tuple(results), tuple(unended))


def _was_begun(folder: Path) -> bool:
    """Whether an evaluation was begun in a folder. A replay has the same files, and no result."""
    begun = (run / _RUN for run in run_folders(folder))
    return any(path.exists() and not _is_of_replay(path) for path in begun)


def _is_of_replay(path: Path) -> bool:
    """Whether a `run.json` says so; one that cannot be read is of a run that has not ended."""
    try:
        return REPLAYED in json.loads(path.read_bytes())["spec"]["probes"]
    except (ValueError, TypeError, KeyError):
        return False


def _not_ended(run: Path) -> ResultError:
    return ResultError(run, "This run has not ended; run the same evaluate command again.")


def _may_be_leaderboard(folder: Path, protocols: Mapping[str, Protocol]) -> bool:
    """Whether nothing in it is foreign to a leaderboard that has no result yet."""
    known = _OF_A_LEADERBOARD | protocols.keys()
    return all(child.name in known or child.name.startswith(".") for child in folder.iterdir())
