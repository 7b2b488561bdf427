"""Attacks that others handed in, beside the rows that they were replayed on.

They stand in files of their own and move no score: a row ranks by what its protocol asks of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from erasebench.errors import RequestError, ResultError, quoted
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.results.file import load_result
from erasebench.results.outcome import Estimate
from erasebench.results.replay import ANY, FIRST_STARTS, Replay
from erasebench.results.replay_file import load_replay, write_replay
from erasebench.results.result import Cell, Result
from erasebench.board.format import in_percent
from erasebench.stats.recount_replay import check_replay

_ENDING = ".attacks"
"""How the name of the folder beside a row's file ends; no row's own name holds a dot."""


@dataclass(frozen=True)
class KnownAttack:
    """An attack that recovers a concept from a row.

    Attributes:
        replay: what was found.
        current: whether it was replayed on a checkpoint that the row stands for now.
    """

    replay: Replay
    current: bool

    @property
    def robustness(self) -> Estimate | None:
        """What withstands it; None where it no longer counts, or cannot be placed on the scale."""
        figures = self.replay.figures
        return figures.robustness if self.current and figures.recovers else None


@dataclass(frozen=True)
class WorstKnown:
    """The strongest attack on a cell.

    Attributes:
        value: what withstands it.
        replay: what was found.
    """

    value: Estimate
    replay: Replay


def attacks_folder(row: Path) -> Path:
    """Where the replays beside a row's file lie."""
    return row.with_suffix(_ENDING)


def read_attacks(
    row: Path, result: Result, protocols: Mapping[str, Protocol] = PROTOCOLS
) -> tuple[KnownAttack, ...]:
    """Reads the replays beside a row, in the order of the attacks' names.

    Args:
        row: the row's file.
        result: its content.
        protocols: those whose replays can be read, by name.

    Raises:
        ResultError: if one does not hold what it must, or does not belong there.
    """
    found = []
    for path in sorted(attacks_folder(row).glob("*.json")):
        replay = _read(path, protocols)
        if replay.attack.id != path.stem:
            raise ResultError(path, f"It is a replay of {replay.attack.id}, and named otherwise.")
        if replay.protocol != result.protocol:
            raise ResultError(path, f"It is of {replay.protocol}, its row of {result.protocol}.")
        if (fault := _fault(replay, result)) is not None:
            raise ResultError(path, f"It does not belong beside its row: {fault}")
        found.append(KnownAttack(replay, _is_of(replay, result)))
    return tuple(found)


def worst_known(attacks: Sequence[KnownAttack], cell: Cell) -> WorstKnown | None:
    """The strongest attack on a cell; None where the protocol's own worst probe is as strong."""
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
    """Puts a replay beside a row.

    Args:
        path: the replay's file.
        row: the row's file.
        protocols: those whose results can be read, by name.

    Returns:
        Where it lies now, and what it holds.

    Raises:
        ResultError: if a file does not hold what it must, or figures are not those of the records.
        RequestError: if it recovers nothing, was replayed on another checkpoint than the row's or
            from starts that its finder could know, was made for another row, or another attack
            bears its name there.
        DiskFullError, UnwritableError: if it cannot be written.
    """
    result, replay = load_result(row, protocols), _read(path, protocols)
    attack = replay.attack
    if (fault := _fault(replay, result)) is not None:
        raise RequestError(f"{path} cannot stand beside {row}: {fault}")
    if replay.protocol != result.protocol or not _is_of(replay, result):
        raise RequestError(
            f"{path} was replayed on tensors {replay.checkpoint.tensors_digest[:12]}, "
            f"{replay.protocol}; {row} has no such checkpoint of {attack.concept}. Replay it with "
            "--row."
        )
    figures = replay.figures
    if not figures.recovers:
        raise RequestError(
            f"{path} recovers nothing: over the plain prompt "
            f"{in_percent(figures.excess, signed=True)} points, over what it shows of a model "
            f"without the concept {in_percent(figures.above_floor, signed=True)} points. Both must "
            "be at least 10 points, and surely above 0. Tell its finder."
        )
    place = attacks_folder(row) / f"{attack.id}.json"
    if place.exists() and _read(place, protocols).attack.digest != attack.digest:
        raise RequestError(
            f"{place} holds another attack of this name. Name the manifest otherwise."
        )
    write_replay(place, replay)
    return place, replay


def _read(path: Path, protocols: Mapping[str, Protocol]) -> Replay:
    replay = load_replay(path, protocols)
    check_replay(path, replay)
    return replay


def _fault(replay: Replay, result: Result) -> str | None:
    """Why a replay may not stand beside a row, whatever it found; None where it may."""
    against = replay.attack.against
    if against not in (ANY, result.name):
        return f"it was made against {quoted(against)}, and the row is {quoted(result.name)}."
    if replay.starts == FIRST_STARTS:
        return (
            "it was replayed from starts that whoever made the attack could know. Replay it with "
            "--starts and the commit with which the attack was merged."
        )
    return None


def _is_of(replay: Replay, result: Result) -> bool:
    """Whether it was replayed on what a row stands for.

    Whatever seeds the row was made with: the starts of a replay are its own.
    """
    return any(
        one.identity.tensors_digest == replay.checkpoint.tensors_digest
        and one.identity.base_digest == replay.checkpoint.base_digest
        and replay.attack.concept in one.concepts
        for one in result.checkpoints
    )
