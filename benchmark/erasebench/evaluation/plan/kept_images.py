"""Which pictures of a run are kept, where, and how much disk they may need."""

from __future__ import annotations

import hashlib
from itertools import groupby
from typing import Literal

from erasebench.diffusion.picture_file import Picture
from erasebench.errors import RequestError
from erasebench.evaluation.plan.plan import Plan
from erasebench.protocol import SeedSet
from erasebench.results.record import Trial

KeptImages = Literal["all", "judged", "none"]
"""Which pictures are kept as files: all; the one per prompt index that pages show; none."""

IMAGES = "images"
"""Folder of the pictures inside a run's folder."""

_USUAL: KeptImages = "judged"

_PNG_FRAME = 1024
"""Bytes of a PNG beside its pixels, amply."""


def kept_trials(plan: Plan, kept: KeptImages) -> frozenset[Trial]:
    """The trials whose pictures are kept as files.

    `judged` keeps one picture per (erased concept, target, probe, prompt index): of n variants,
    variant i mod n of prompt index i. So every setting is seen in turn, the same ones of every
    model, and none is picked for its looks. All pictures are judged, kept or not.
    """
    if kept == "all":
        return frozenset(plan.trials)
    if kept == "none":
        return frozenset()
    shown = []
    by_index = sorted(plan.trials, key=_prompt_index_of)
    for (*_, prompt_index), draws in groupby(by_index, key=_prompt_index_of):
        variants = list(draws)
        shown.append(variants[prompt_index % len(variants)])
    return frozenset(shown)


def images_of(asked: KeptImages | None, seeds: SeedSet) -> KeptImages:
    """Which pictures a run keeps.

    Of a hidden seed set none: the base's own picture, inverted step by step, gives its start latent
    nearly. A picture's digest, or a figure of it, could only be compared with those of starts that
    are guessed, and a hidden stream has too many to guess (`NoiseSource.open`).

    Args:
        asked: what was asked for; None for the usual.
        seeds: of the run.

    Raises:
        RequestError: if pictures are asked for that would tell a hidden seed set.
    """
    if seeds.revealed:
        return asked or _USUAL
    if asked not in (None, "none"):
        raise RequestError(
            f"Pictures of season {seeds.name} would tell where they began: while its seeds are "
            "hidden none is kept. Leave --images out, or wait until the season is over."
        )
    return "none"


def _prompt_index_of(trial: Trial) -> tuple[str, str, str, int]:
    return trial.erased, trial.target, trial.probe, trial.prompt_index


def disk_need(pictures: int, image_size: int) -> int:
    """Bytes that this many stored pictures take at most; noise hardly compresses."""
    return pictures * (image_size * image_size * 3 + _PNG_FRAME)


def picture_path(trial: Trial) -> str:
    """Where a trial's picture lies, relative to the run's folder."""
    name = f"{trial.prompt_index:03d}-{trial.variant:02d}.png"
    return f"{IMAGES}/{trial.erased}/{trial.probe}/{trial.target}/{name}"


def picture_digest(picture: Picture) -> str:
    """SHA-256 of the picture's values, hex; its size is the protocol's."""
    return hashlib.sha256(picture.tobytes()).hexdigest()
