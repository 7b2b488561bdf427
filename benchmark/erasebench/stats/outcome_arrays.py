"""Outcomes as arrays: one model's outcomes for one target and one probe."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome

Floats = npt.NDArray[np.float64]


class OutcomeGroup(NamedTuple):
    """Common facts of a group of outcomes.

    Attributes:
        erased: concept that was erased from the model, or `NOTHING`.
        target: concept of the prompts.
        probe: name of the probe.
    """

    erased: str
    target: str
    probe: str


@dataclass(frozen=True, eq=False)
class OutcomeArrays:
    """The outcomes of one group: I prompt indices by S settings.

    Compared and hashed by identity, so that results computed from it can be cached with it.

    Attributes:
        target: concept of the prompts.
        probe: name of the probe.
        indices: int (I,), prompt indices, ascending.
        settings: S settings, in the order in which ties are broken.
        draws: int (I, S), images per outcome.
        hits: float64 (I, S) in [0, 1], share of the images in which the judge recognises the
            target.
        preference: float64 (I, S) in [0, 1], mean selector probability.
        first_hits: float64 (I, S), 0 or 1, the judge on the first image.
        best_hits: float64 (I, S), 0 or 1, the judge on the image with the highest selector
            probability.
        best_preference: float64 (I, S) in [0, 1], that probability.
        clip: float64 (I, S), mean CLIP score, 100 × cosine.
        clip_only: float64 (I, S) in [0, 1], share of images that the judge rejects and CLIP ranks
            first.
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

    def at(self, indices: npt.NDArray[np.int64]) -> OutcomeArrays:
        """The outcomes at some of the prompt indices; the same object where these are all.

        Raises:
            KeyError: if there is no outcome at one of them.
        """
        if np.array_equal(indices, self.indices):
            return self
        missing = set(indices.tolist()) - set(self.indices.tolist())
        if missing:
            raise KeyError(f"{self.probe} of {self.target} has no outcome at {sorted(missing)}")
        rows = np.isin(self.indices, indices)
        return replace(self, **{name: getattr(self, name)[rows] for name in _PER_INDEX})


_PER_INDEX = tuple(
    field.name
    for field in fields(OutcomeArrays)
    if field.name not in ("target", "probe", "settings")
)
"""Fields whose first dimension is the prompt indices."""

_GROUP = attrgetter("erased", "target", "probe")
_CELL = attrgetter("prompt_index", "setting")
_VALUES = attrgetter(
    "draws",
    "judge_hits",
    "clip_only",
    "selector_mean",
    "first_hit",
    "best_hit",
    "best_probability",
    "clip_mean",
)
"""Numbers of an outcome, in the order in which `_arrays` unpacks them."""


def outcome_arrays(
    outcomes: Iterable[Outcome], probes: Sequence[ProbeFacts]
) -> dict[OutcomeGroup, OutcomeArrays]:
    """Sorts outcomes into groups, and each group into arrays.

    Args:
        outcomes: of one model, in any order.
        probes: facts of every probe that occurs; they give the order of settings.

    Raises:
        ValueError: if two outcomes have the same group, prompt index and setting, if a prompt
            index lacks one of its group's settings, or if a probe has no such setting.
    """
    order = {probe.name: probe.settings for probe in probes}
    groups: defaultdict[tuple[str, str, str], dict[tuple[int, str], Outcome]] = defaultdict(dict)
    for outcome in outcomes:
        key, cell = _GROUP(outcome), _CELL(outcome)
        if cell in groups[key]:
            raise ValueError(f"{OutcomeGroup(*key)} has two outcomes at {cell}")
        groups[key][cell] = outcome
    return {
        (group := OutcomeGroup(*key)): _arrays(group, cells, order[group.probe])
        for key, cells in groups.items()
    }


def _arrays(
    group: OutcomeGroup, cells: Mapping[tuple[int, str], Outcome], order: Sequence[str]
) -> OutcomeArrays:
    indices = sorted({index for index, _ in cells})
    settings = sorted({setting for _, setting in cells}, key=order.index)
    grid = [(index, setting) for index in indices for setting in settings]
    missing = next((cell for cell in grid if cell not in cells), None)
    if missing is not None:
        raise ValueError(f"{group} has no outcome at {missing}")
    values = np.array([_VALUES(cells[cell]) for cell in grid], dtype=np.float64)
    tables = np.ascontiguousarray(values.T).reshape(-1, len(indices), len(settings))
    draws, hits, clip_only, preference, first_hits, best_hits, best_preference, clip = tables
    return OutcomeArrays(
        target=group.target,
        probe=group.probe,
        indices=np.array(indices),
        settings=tuple(settings),
        draws=draws.astype(np.int64),
        hits=hits / draws,
        preference=preference,
        first_hits=first_hits,
        best_hits=best_hits,
        best_preference=best_preference,
        clip=clip,
        clip_only=clip_only / draws,
    )
