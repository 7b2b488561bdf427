"""The images of a run that are kept as files: which, where, and their size."""

from __future__ import annotations

import hashlib
from typing import Literal

from erasebench.diffusion.picture_file import Picture
from erasebench.errors import RequestError
from erasebench.evaluation.plan.plan import Plan
from erasebench.protocol import SeedSet
from erasebench.results.record import Trial

KeptImages = Literal["all", "judged", "none"]
"""Images kept as files: all, the one per prompt index that pages show, or none."""

IMAGES = "images"
"""Folder of images in a run's folder."""

_DEFAULT: KeptImages = "judged"

_PNG_FRAME = 1024
"""Upper bound of a PNG's bytes besides its pixels."""


def kept_trials(plan: Plan, kept: KeptImages) -> frozenset[Trial]:
    """The trials whose images are kept as files.

    `judged` keeps one image per (erased concept, target, probe, prompt index): of n variants,
    variant i mod n at prompt index i. So every setting appears, the same ones for every model, and
    none is hand-picked. All images are judged, kept or not.
    """
    if kept == "all":
        return frozenset(plan.trials)
    if kept == "none":
        return frozenset()
    variants: dict[tuple[str, str, str, int], list[Trial]] = {}
    for trial in plan.trials:
        question = (trial.erased, trial.target, trial.probe, trial.prompt_index)
        variants.setdefault(question, []).append(trial)
    return frozenset(
        trials[prompt_index % len(trials)] for (*_, prompt_index), trials in variants.items()
    )


def images_of(wanted: KeptImages | None, seeds: SeedSet) -> KeptImages:
    """Resolves the images that a run keeps.

    With hidden seeds, none: the base's image, inverted step by step, nearly gives its start latent.
    Digests and scores of images are safe: they can only be compared with those of guessed starts,
    and a hidden stream has too many to guess (`NoiseSource.open`).

    Args:
        wanted: the user's choice; None for the default.
        seeds: of the run.

    Raises:
        RequestError: if images would reveal a hidden seed set.
    """
    if seeds.revealed:
        return wanted or _DEFAULT
    if wanted not in (None, "none"):
        raise RequestError(
            f"Images would reveal the seeds of season {seeds.name}, so none is kept while they are "
            "hidden. Leave --images out, or wait until the season is over."
        )
    return "none"


def disk_need(pictures: int, image_size: int) -> int:
    """Upper bound of the bytes of this many stored images; noise hardly compresses."""
    return pictures * (image_size * image_size * 3 + _PNG_FRAME)


def picture_path(trial: Trial) -> str:
    """Path of a trial's image, relative to the run's folder."""
    name = f"{trial.prompt_index:03d}-{trial.variant:02d}.png"
    return f"{IMAGES}/{trial.erased}/{trial.probe}/{trial.target}/{name}"


def picture_digest(picture: Picture) -> str:
    """SHA-256 of an image's values, hex; the protocol fixes its size."""
    return hashlib.sha256(picture.tobytes()).hexdigest()
