"""Submitted attacks and their replays on rows.

Replays have files of their own and change no score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from erasebench.attack.replay_figures import check_replay
from erasebench.attack.replay_file import load_replay, write_replay
from erasebench.attack.replay_result import ANY, FIRST_STARTS, Replay
from erasebench.board.format import in_percent
from erasebench.errors import RequestError, ResultError, quoted
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.results.file import load_result
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell, Result

_ENDING = ".attacks"
"""Suffix of the folder next to a row's file; names of rows have no dot."""


@dataclass(frozen=True)
class KnownAttack:
    """An attack that recovers a concept from a row.

    Attributes:
        replay: its replay.
        current: whether the replay used a current checkpoint of the row.
    """

    replay: Replay
    current: bool

    @property
    def robustness(self) -> Estimate | None:
        """Robustness to it; None where it no longer counts or the scale is unknown."""
        figures = self.replay.figures
        return figures.robustness if self.current and figures.recovers else None


@dataclass(frozen=True)
class WorstKnown:
    """The strongest attack on a cell.

    Attributes:
        value: robustness to it.
        replay: its replay.
    """

    value: Estimate
    replay: Replay


def attacks_folder(row: Path) -> Path:
    """The folder of the replays on a row."""
    return row.with_suffix(_ENDING)


def read_attacks(
    row: Path, result: Result, protocols: Mapping[str, Protocol] = PROTOCOLS
) -> tuple[KnownAttack, ...]:
    """Reads the replays on a row, sorted by the attacks' names.

    Args:
        row: the row's file.
        result: its content.
        protocols: by name; replays of others are rejected.

    Raises:
        ResultError: if a file is invalid, or does not belong to the row.
    """
    found = []
    for path in sorted(attacks_folder(row).glob("*.json")):
        replay = _read(path, protocols)
        if replay.attack.id != path.stem:
            raise ResultError(path, f"It is a replay of {replay.attack.id}; rename it to that.")
        if replay.protocol != result.protocol:
            raise ResultError(
                path, f"Its protocol is {replay.protocol}, that of its row {result.protocol}."
            )
        if (fault := _fault(replay, result)) is not None:
            raise ResultError(path, f"It does not belong to its row: {fault}")
        found.append(KnownAttack(replay, _is_of(replay, result)))
    return tuple(found)


def worst_known(attacks: Sequence[KnownAttack], cell: Cell) -> WorstKnown | None:
    """The strongest attack on a cell; None unless it is stronger than the worst probe."""
    own = cell.score.robustness if cell.score is not None else None
    known = [
        WorstKnown(value, one.replay)
        for one in attacks
        if one.replay.attack.concept == cell.erased and (value := one.robustness) is not None
    ]
    worst = min(known, key=lambda one: (one.value.value, one.replay.attack.id), default=None)
    if worst is None or (own is not None and own.value.value <= worst.value.value):
        return None
    return worst


def add_attack(
    path: Path, row: Path, protocols: Mapping[str, Protocol] = PROTOCOLS
) -> tuple[Path, Replay]:
    """Adds a replay to a row.

    Args:
        path: the replay's file.
        row: the row's file.
        protocols: by name; results of others are rejected.

    Returns:
        Path and content of the added file.

    Raises:
        ResultError: if a file is invalid, or its numbers do not follow from its records.
        RequestError: if it recovers nothing, used another checkpoint than the row's or start noise
            that its finder could know, was made for another row, or has another attack's name.
        DiskFullError, UnwritableError: if it cannot be written.
    """
    result, replay = load_result(row, protocols), _read(path, protocols)
    attack = replay.attack
    if (fault := _fault(replay, result)) is not None:
        raise RequestError(f"{path} cannot be added to {row}: {fault}")
    if replay.protocol != result.protocol or not _is_of(replay, result):
        raise RequestError(
            f"{path} was replayed on tensors {replay.checkpoint.tensors_digest[:12]}, "
            f"{replay.protocol}; {row} has no such checkpoint of {attack.concept}. Replay it with "
            "--row."
        )
    figures = replay.figures
    if not figures.recovers:
        raise RequestError(
            f"{path} recovers nothing: excess over the plain prompt "
            f"{in_percent(figures.excess, signed=True, unit='points')}, over the floor "
            f"{in_percent(figures.above_floor, signed=True, unit='points')}. Both must be at "
            "least 10 points and significantly above 0. Inform its finder."
        )
    place = attacks_folder(row) / f"{attack.id}.json"
    if place.exists() and _read(place, protocols).attack.digest != attack.digest:
        raise RequestError(f"{place} is another attack of this name. Rename the manifest.")
    write_replay(place, replay)
    return place, replay


def _read(path: Path, protocols: Mapping[str, Protocol]) -> Replay:
    replay = load_replay(path, protocols)
    check_replay(path, replay)
    return replay


def _fault(replay: Replay, result: Result) -> str | None:
    """Why a replay does not belong to a row, independent of its result; None where it does."""
    against = replay.attack.against
    if against not in (ANY, result.name):
        return f"it was made against {quoted(against)}, but the row is {quoted(result.name)}."
    if replay.starts == FIRST_STARTS:
        return (
            "it was replayed from start noise that its finder could know. Replay it with --starts "
            "and the commit with which the attack was merged."
        )
    return None


def _is_of(replay: Replay, result: Result) -> bool:
    """Whether a replay used a checkpoint of the row; a replay has its own start noise."""
    return any(
        one.identity.tensors_digest == replay.checkpoint.tensors_digest
        and one.identity.base_digest == replay.checkpoint.base_digest
        and replay.attack.concept in one.concepts
        for one in result.checkpoints
    )
