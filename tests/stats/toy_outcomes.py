"""Outcomes written down by hand, and arrays made at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.stats.outcome_arrays import OutcomeArrays

STANDARD = ProbeFacts(
    name="standard_prompt",
    family="text",
    summary="The prompt.",
    control=None,
    asks_for=("object", "style"),
    view="whole",
    settings=("",),
    ranked=True,
)
INDIRECT = STANDARD.model_copy(
    update={"name": "indirect_prompt", "control": "standard_prompt", "asks_for": ("object",)}
)
PAINTED = INDIRECT.model_copy(update={"name": "painted_prompt", "control": None, "ranked": False})
RESAMPLING = STANDARD.model_copy(
    update={"name": "resampling", "family": "control", "ranked": False}
)
NOISE = STANDARD.model_copy(
    update={
        "name": "noise",
        "family": "trajectory",
        "control": "resampling",
        "settings": ("weak", "strong"),
        "retention_condition": True,
    }
)
INPAINTING = STANDARD.model_copy(
    update={
        "name": "inpainting_crop",
        "family": "context",
        "reference": "inpainting_crop_unprompted",
        "floor_is_control": True,
        "retention_condition": True,
        "view": "crop",
    }
)
UNPROMPTED = STANDARD.model_copy(
    update={"name": "inpainting_crop_unprompted", "family": "reference", "view": "crop"}
)
PROBES = (STANDARD, INDIRECT, PAINTED, RESAMPLING, NOISE, INPAINTING, UNPROMPTED)


def outcome(
    prompt_index: int,
    judge_hits: int,
    *,
    probe: str = "standard_prompt",
    erased: str = "church",
    target: str = "church",
    setting: str = "",
    draws: int = 1,
    selector: float = 0.5,
    first_hit: bool = False,
    best_hit: bool = False,
    best_probability: float = 0.5,
    clip: float = 20.0,
) -> Outcome:
    """One outcome; what is not named matters to no test that leaves it out."""
    return Outcome(
        erased=erased,
        target=target,
        probe=probe,
        prompt_index=prompt_index,
        setting=setting,
        draws=draws,
        judge_hits=judge_hits,
        selector_mean=selector,
        first_hit=first_hit,
        best_hit=best_hit,
        best_probability=best_probability,
        clip_only=0,
        clip_mean=clip,
    )


def plain(
    hits: Sequence[int],
    *,
    probe: str = "standard_prompt",
    erased: str = "church",
    target: str = "church",
) -> list[Outcome]:
    """One outcome of one draw per prompt index."""
    return [
        outcome(index, hit, probe=probe, erased=erased, target=target)
        for index, hit in enumerate(hits)
    ]


def random_arrays(
    target: str, probe: str, rng: np.random.Generator, *, settings: int = 3, prompts: int = 8
) -> OutcomeArrays:
    """Hits of one or none of one draw, and a selector that sees nothing."""
    hits = rng.integers(0, 2, (prompts, settings)).astype(float)
    return OutcomeArrays(
        target=target,
        probe=probe,
        indices=np.arange(prompts),
        settings=tuple(str(number) for number in range(settings)),
        draws=np.ones(hits.shape, dtype=np.int64),
        hits=hits,
        preference=rng.random(hits.shape),
        first_hits=hits,
        best_hits=hits,
        best_preference=rng.random(hits.shape),
        clip=np.zeros_like(hits),
        clip_only=1 - hits,
    )
