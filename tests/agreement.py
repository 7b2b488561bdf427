"""Agreement of results that were computed in different batches.

A sample depends on its own seeds alone, but its last digits depend on its batch
(`tests.batch_rounding`). Results of equal batches are equal to the last bit and are compared with
`==`. All others are compared here: latents within `LATENTS`, everything made of pictures with the
room that a level of a pixel needs. A decision may differ only if its margin is within the
tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from pydantic import BaseModel

from erasebench.concepts import CONCEPTS
from erasebench.probes.registry import probes_of
from erasebench.protocol import Protocol
from erasebench.results.record import Record
from erasebench.scoring.judge import TOP
from erasebench.scoring.panel import Panel
from erasebench.scoring.pixels import crop

LATENTS = 1e-4
"""Largest difference of latents, as `erasebench.diffusion.sampling.sample` states it."""

LEVELS = 1
"""Largest difference of pictures, in levels of a pixel: a level rounds to its neighbour."""

PROBABILITIES = 1e-3
"""Largest difference of probabilities, and of margins at which a decision may differ."""

CLIP_SCORES = 100 * PROBABILITIES
"""The same for CLIP scores, which are 100 times a cosine."""

DECISIONS = {"judge_top1": PROBABILITIES, "judge_top5": PROBABILITIES, "clip_first": CLIP_SCORES}
"""Fields of a record that are decisions, with the margin at which they may differ."""

_OF_PICTURES = frozenset({"picture", "picture_digest"})

Margins = Callable[[Record], Mapping[str, float]]
"""Gives the distance of each decision about a record's picture from the opposite one."""


def assert_pictures_agree(found: npt.NDArray[np.uint8], expected: npt.NDArray[np.uint8]) -> None:
    """Levels of the same pictures, uint8 of equal shape."""
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= LEVELS


def indistinct(latents: torch.Tensor) -> set[frozenset[int]]:
    """Pairs of rows of latents that differ by less than ten times the tolerance."""
    rows = latents.flatten(1)
    pairs = (torch.cdist(rows, rows, p=torch.inf) < 10 * LATENTS).triu(1).nonzero()
    return {frozenset(pair) for pair in pairs.tolist()}


def assert_agree(found: object, expected: object, place: str = "") -> None:
    """Models, data classes, lists and numbers: equal but for the rounding of floats.

    Floats below a field that is named after CLIP are CLIP scores, others are probabilities.
    Digests of pictures and the places where some are kept are not compared.
    """
    if isinstance(found, float) and isinstance(expected, float):
        tolerance = CLIP_SCORES if ".clip" in place else PROBABILITIES
        assert found == pytest.approx(expected, rel=0, abs=tolerance), place
        return
    assert type(found) is type(expected), place
    if (parts := _parts(found)) is None:
        assert found == expected, place
        return
    others = _parts(expected)
    assert others is not None
    assert parts.keys() == others.keys(), place
    for name in parts.keys() - _OF_PICTURES:
        assert_agree(parts[name], others[name], f"{place}.{name}")


def assert_records_agree(
    found: Iterable[Record], expected: Iterable[Record], margins: Margins | None = None
) -> None:
    """Records of the same trials, in any order.

    Args:
        found: the records.
        expected: a record for each of them, and perhaps more.
        margins: looks at a record of `found` whose decisions differ; without it all are equal.
    """
    of_trial = {record.trial: record for record in expected}
    for record in found:
        other = of_trial[record.trial]
        differing = [name for name in DECISIONS if getattr(record, name) != getattr(other, name)]
        if differing:
            assert margins is not None, (record.trial, differing)
            found_margins = margins(record)
            for name in differing:
                assert found_margins[name] < DECISIONS[name], (record.trial, name)
        same = {name: getattr(record, name) for name in differing}
        assert_agree(record, other.model_copy(update=same), f"{record.trial}")


def margins_of(
    panel: Panel, protocol: Protocol, record: Record, picture: npt.NDArray[np.uint8]
) -> dict[str, float]:
    """The margins of a record's decisions: distances to the best answer beyond the boundary.

    Args:
        panel: the models that decided.
        protocol: names the concepts that CLIP ranks.
        record: says what was asked of the picture.
        picture: uint8 (H, W, 3), whole.
    """
    target = CONCEPTS[record.trial.target]
    view = probes_of(protocol)[record.trial.probe].view
    seen = crop(picture[None], protocol.centre) if view == "crop" else picture[None]

    rivals = [one for one in CONCEPTS.values() if one.kind == target.kind and one != target]
    own, *others = panel.judge.judge(
        seen.repeat(1 + len(rivals), axis=0), [target, *rivals]
    ).probability.tolist()
    # The rest is the answer `none`. Few answers are all among the first five.
    others = sorted([*others, 1 - own - sum(others), *TOP * [-inf]], reverse=True)

    ranked = [protocol.concept(name) for name in protocol.concepts if name != target.name]
    fit, *fits = panel.clip.score(
        seen.repeat(1 + len(ranked), axis=0),
        [target] * (1 + len(ranked)),
        [one.prompt for one in (target, *ranked)],
    ).score.tolist()
    return {
        "judge_top1": abs(own - others[0]),
        "judge_top5": abs(own - others[TOP - 1]),
        "clip_first": abs(fit - max(fits)),
    }


def _parts(value: object) -> dict[Any, object] | None:
    """What a value consists of, by name or place; None for one that is compared as it is."""
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | list):
        return dict(enumerate(value))
    return None
