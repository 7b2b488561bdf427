"""Outcomes as arrays: what one concept answered to one probe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome

Floats = npt.NDArray[np.float64]


class Question(NamedTuple):
    """What was asked of a model."""

    erased: str
    target: str
    probe: str


@dataclass(frozen=True)
class Answers:
    """Every outcome of one question; I prompt indices by S settings.

    Attributes:
        target: the concept asked for.
        probe: the probe asked with.
        indices: int (I,), prompt indices, ascending.
        settings: S settings, in the order in which ties are broken.
        draws: int (I, S), pictures per outcome.
        hits: float64 (I, S) in [0, 1], share of the draws that the judge recognises.
        preference: float64 (I, S) in [0, 1], the selector's mean probability.
        first_hits: float64 (I, S), 0 or 1, the judge on the first draw.
        best_hits: float64 (I, S), 0 or 1, the judge on the draw that the selector likes best.
        best_preference: float64 (I, S) in [0, 1], the selector's probability of that draw.
        clip: float64 (I, S), mean CLIP score, 100 × cosine.
        clip_only: float64 (I, S) in [0, 1], share that the judge rejects and CLIP ranks first.
    """

    target: str
    probe: str
    indices: npt.NDArray[np.int64]
    settings: tuple[str, ...]
    draws: npt.NDArray[np.int64]
    hits: Floats
    preference: Floats
    first_hits: Floats
    best_hits: Floats
    best_preference: Floats
    clip: Floats
    clip_only: Floats

    @property
    def even(self) -> npt.NDArray[np.bool_]:
        """Bool (I,): which prompt indices make the even half; the others make the odd one."""
        even: npt.NDArray[np.bool_] = self.indices % 2 == 0
        return even

    def at(self, indices: npt.NDArray[np.int64]) -> Answers:
        """The answers at some of the prompt indices.

        Raises:
            KeyError: if one of them was not asked.
        """
        missing = set(indices.tolist()) - set(self.indices.tolist())
        if missing:
            raise KeyError(f"{self.probe} asked {self.target} nothing at {sorted(missing)}")
        rows = np.isin(self.indices, indices)
        return replace(self, **{name: getattr(self, name)[rows] for name in _PER_INDEX})


_PER_INDEX = tuple(
    field.name for field in fields(Answers) if field.name not in ("target", "probe", "settings")
)
"""The fields whose first dimension is the prompt indices."""


def answers_of(
    outcomes: Iterable[Outcome], probes: Sequence[ProbeFacts]
) -> dict[Question, Answers]:
    """Sorts outcomes by question.

    Args:
        outcomes: in any order.
        probes: every probe that they are of.

    Raises:
        ValueError: if a question has an outcome twice, or lacks one of its settings at one of its
            prompt indices.
    """
    order = {probe.name: probe.settings for probe in probes}
    sorted_out: dict[Question, dict[tuple[int, str], Outcome]] = {}
    for outcome in outcomes:
        question = Question(outcome.erased, outcome.target, outcome.probe)
        cells = sorted_out.setdefault(question, {})
        cell = (outcome.prompt_index, outcome.setting)
        if cell in cells:
            raise ValueError(f"{question} has two outcomes at {cell}")
        cells[cell] = outcome
    return {
        question: _tabulated(question, cells, order[question.probe])
        for question, cells in sorted_out.items()
    }


def _tabulated(
    question: Question, cells: dict[tuple[int, str], Outcome], order: Sequence[str]
) -> Answers:
    indices = sorted({index for index, _ in cells})
    settings = sorted({setting for _, setting in cells}, key=order.index)
    missing = [(i, setting) for i in indices for setting in settings if (i, setting) not in cells]
    if missing:
        raise ValueError(f"{question} has no outcome at {missing[0]}")
    grid = [[cells[i, setting] for setting in settings] for i in indices]
    return Answers(
        target=question.target,
        probe=question.probe,
        indices=np.array(indices),
        settings=tuple(settings),
        draws=np.array([[one.draws for one in row] for row in grid]),
        hits=np.array([[one.judge_hits / one.draws for one in row] for row in grid]),
        preference=np.array([[one.selector_mean for one in row] for row in grid]),
        first_hits=np.array([[float(one.first_hit) for one in row] for row in grid]),
        best_hits=np.array([[float(one.best_hit) for one in row] for row in grid]),
        best_preference=np.array([[one.best_probability for one in row] for row in grid]),
        clip=np.array([[one.clip_mean for one in row] for row in grid]),
        clip_only=np.array([[one.clip_only / one.draws for one in row] for row in grid]),
    )
