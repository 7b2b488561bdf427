"""What stands between a row of the board and one that would replace it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from erasebench.errors import RequestError, ResultError, quoted
from erasebench.errors.wording import some
from erasebench.protocol import Protocol
from erasebench.results.change import Change
from erasebench.results.outcome import Estimate
from erasebench.results.reference import references_of
from erasebench.results.result import Result
from erasebench.stats.paired import Differences, paired_differences
from erasebench.board.format import in_percent


def change_of(
    path: Path, old: Result, new: Result, protocol: Protocol, reason: str | None
) -> Change | None:
    """What tells a row from the one that it replaces, if it may replace it.

    Args:
        path: the old row's file.
        old: its content.
        new: what is to stand there.
        protocol: of both.
        reason: why it changes.

    Returns:
        None where nothing changes.

    Raises:
        ResultError: if the old row is another submission's.
        RequestError: if the new row lacks anything that the old one had answered, or if there is
            no reason; that error says what would change.
    """
    if old.name != new.name:
        raise ResultError(
            path,
            f"It is the row of {quoted(old.name)}. Give {quoted(new.name)} another name with "
            "--name.",
        )
    if new.model_copy(update={"changes": old.changes}) == old:
        return None
    _check_nothing_lost(path, old, new)
    references = references_of(protocol, new.seed_set)
    found = paired_differences(old, new, protocol, references)
    if reason is None or not reason.strip():
        raise RequestError(
            f"{path} is there already, and would change: {change_line(found)}. Say why with "
            "--reason."
        )
    return Change(
        reason=reason.strip(),
        replaced=hashlib.sha256(path.read_bytes()).hexdigest(),
        concepts=found.concepts,
        robustness=found.robustness,
        retention=found.retention,
        score=found.score,
    )


def change_line(change: Change | Differences) -> str:
    """What a change moved, in percent points, with intervals."""
    if not change.concepts:
        return "nothing that can be compared in pairs"
    moved = {
        "robustness": change.robustness,
        "retention": change.retention,
        "score": change.score,
    }
    return ", ".join(f"{name} by {_points(found)}" for name, found in moved.items())


def _points(moved: Estimate | None) -> str:
    if moved is None:
        return "nobody knows how much"
    return in_percent(moved, signed=True, decimals=1)


def _check_nothing_lost(path: Path, old: Result, new: Result) -> None:
    """Refuses a row that lacks what the one before it had answered."""
    answered = {one.key for one in new.outcomes}
    lost = [one for one in old.outcomes if one.key not in answered]
    if lost:
        probes = tuple(dict.fromkeys(f"{one.probe} of {one.erased}" for one in lost))
        raise RequestError(
            f"{path} is there already, and has what the new row lacks: {some(probes)}. No probe "
            "and no prompt of a row may disappear: evaluate in full, or add all its results."
        )
