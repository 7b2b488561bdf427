"""Compares a row of the board with its replacement."""

from __future__ import annotations

import hashlib
from pathlib import Path

from erasebench.board.format import in_percent
from erasebench.errors import RequestError, ResultError, quoted
from erasebench.errors.wording import some
from erasebench.protocol import Protocol
from erasebench.results.reference import references_of
from erasebench.results.result import Change, Result
from erasebench.stats.paired import Differences, paired_differences


def change_of(
    path: Path, old: Result, new: Result, protocol: Protocol, reason: str | None
) -> Change | None:
    """The difference between a row and its replacement.

    Args:
        path: the old row's file.
        old: its content.
        new: the replacement.
        protocol: of both.
        reason: why it changes.

    Returns:
        None where nothing changes.

    Raises:
        ResultError: if the old row is another submission's.
        RequestError: if the new row lacks outcomes of the old one, or there is no reason; the
            message gives the differences.
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
            f"{path} exists and would change: {change_line(found)}. Give the reason with --reason."
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
    """The differences of a change in points, with intervals."""
    if not change.concepts:
        return "no paired comparison is possible"
    moved = {
        "robustness": change.robustness,
        "retention": change.retention,
        "score": change.score,
    }
    return ", ".join(
        f"{name} unknown"
        if found is None
        else f"{name} {in_percent(found, signed=True, decimals=1)}"
        for name, found in moved.items()
    )


def _check_nothing_lost(path: Path, old: Result, new: Result) -> None:
    """Refuses a row that lacks outcomes of the old one."""
    answered = {one.key for one in new.outcomes}
    lost = [one for one in old.outcomes if one.key not in answered]
    if lost:
        probes = tuple(dict.fromkeys(f"{one.probe} for {one.erased}" for one in lost))
        raise RequestError(
            f"{path} exists and has outcomes that the new row lacks: {some(probes)}. Run the full "
            "evaluation, or add all results of the submission."
        )
