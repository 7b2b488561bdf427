"""What stands where a figure does not, or beside one that does not count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from erasebench.concepts import CONCEPTS, Kind
from erasebench.results.facts import ProbeFacts, not_applicable
from erasebench.results.result import Cell, Result
from erasebench.results.score import ProbeScore, Standing


@dataclass(frozen=True)
class Mark:
    """A short sign or word, and what it means here."""

    word: str
    meaning: str


_CHECK_FAILED = Mark(
    "probe failed",
    "it did not find what was planted when this set-up was checked, and says nothing of the model",
)
_NO_CONTRAST = Mark(
    "no contrast",
    "it cannot tell models apart, and does not count: the unedited base and a model that never "
    "knew the concept lie too close together",
)
_NOT_RUN = Mark("–", "not run")

_POOLED: dict[Standing, Mark] = {
    "failed": _CHECK_FAILED,
    "not discriminating": _NO_CONTRAST,
    "not applicable": Mark("n/a", "does not apply"),
    "missing": Mark("–", "not run for every concept"),
}


def sign_of(probe: ProbeFacts, cell: Cell, result: Result) -> Mark | None:
    """What a reader must know of a probe in a cell; None where its figure says all."""
    if probe.name not in {estimate.probe for estimate in cell.probes}:
        return gap_of(probe, CONCEPTS[cell.erased].kind, result.edited)
    if probe.name in (result.failed_probes or ()):
        return _CHECK_FAILED
    scores = () if cell.score is None else cell.score.probes
    standings = {score.probe: score.standing for score in scores}
    return _NO_CONTRAST if standings.get(probe.name) == "not discriminating" else None


def pooled_sign_of(score: ProbeScore) -> Mark | None:
    """The same of a probe over several concepts."""
    if score.rate is None and score.standing == "not discriminating":
        return _NOT_RUN
    return _POOLED.get(score.standing)


def gap_of(probe: ProbeFacts, kind: Kind, edited: Sequence[str]) -> Mark:
    """Why a probe has no figure.

    Args:
        probe: the probe.
        kind: of the concept that it would ask for.
        edited: parts of the model that differ from the base's.
    """
    if kind not in probe.asks_for:
        return Mark("n/a", f"does not apply to a {kind}")
    if not_applicable((probe,), edited):
        return Mark("n/a", "does not apply: the text encoder is the base's")
    return _NOT_RUN
