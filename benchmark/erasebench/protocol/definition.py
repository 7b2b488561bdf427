"""The `Protocol`: everything that determines a run, as data.

A change changes its digest, and results with different digests never share a table. The seed set
is not part of it; each result names its own.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import InitVar, asdict, dataclass, field
from typing import Literal

from erasebench.concepts import CONCEPTS, STYLES, Concept
from erasebench.errors import UnknownNameError
from erasebench.protocol.pins import CLASSIFIER, JudgePin, ModelPin, PixelInput
from erasebench.recipes import ClassifierRecipe, PrefixBudget, Recipe

View = Literal["whole", "crop"]
"""Part of an image that judges see: all of it, or the centre square that inpainting masks."""

PUBLIC_SEED_SET = "public"
"""Name of the public seed set."""

_MOVES_NO_SCORE = ("shown_probes", "architecture", "seasonal")
"""Fields that are not part of the digest, since no score depends on them."""


@dataclass(frozen=True)
class CentreSquare:
    """The square that inpainting masks, as half-open ranges along both axes.

    Attributes:
        pixels: first masked pixel and the one after the last, on borders of latent cells.
        grey: value, of 255, of the source image in the square when it is encoded.
        vae_factor: side in pixels of a latent cell of the base's VAE; determines `cells`.
        cells: the same square in latent cells.
    """

    pixels: tuple[int, int]
    grey: int
    vae_factor: InitVar[int]
    cells: tuple[int, int] = field(init=False)

    def __post_init__(self, vae_factor: int) -> None:
        """Computes the cells.

        Raises:
            ValueError: if the square cuts through a cell.
        """
        if any(pixel % vae_factor for pixel in self.pixels):
            message = f"pixels {self.pixels} cut through cells of {vae_factor} pixels"
            raise ValueError(message)
        first, end = self.pixels
        object.__setattr__(self, "cells", (first // vae_factor, end // vae_factor))


@dataclass(frozen=True)
class Protocol:
    """Everything that can change a score.

    Attributes:
        name: identifier, with its version.
        preview: whether the suite is incomplete, so that no entry is ranked.
        base: the original pipeline, in diffusers layout.
        architecture: shared by all bases with tensors of the same names and shapes; the tensors of
            a checkpoint do not determine its base among them. Not in the digest.
        retrain: UNets trained like the base's, but without the ranked concepts. The first gives the
            floors, the others are entries. Empty if retraining is not feasible.
        judge: the classifier that all scores use.
        selector: the classifier that selects settings and stops attacks.
        clip: the CLIP that scores and ranks prompts.
        clip_pixels: its input.
        style_judged: whether judge and selector also recognise styles.
        image_size: side of an image in pixels.
        steps: DDIM steps.
        guidance_scale: classifier-free guidance.
        ranked: concepts that make up the score of an entry.
        retention: concepts that an erasure must preserve, objects before styles.
        erasable: other concepts that may be evaluated; shown, not ranked.
        prompts: prompt indices per concept, 0 to prompts - 1; the halves are even and odd.
        retention_prompts: prompt indices per retention concept.
        hard_retention: retention concepts also generated under the probes' conditions; an erased
            one is left out and not replaced.
        redraws: images per prompt index of `resampling` and `stochastic`.
        noise_etas, noise_scales: grid of η and v of the noise probe.
        hard_retention_eta: η of the noise probe under which retention is measured, at v = 1.
        completion_starts: numbers of steps that the base runs before it hands over.
        completion_ranked: those of them that are ranked. `ranked_probes` says so as well and is
            what code reads; a test holds them equal. The digest needs this field.
        guidance_scales: scales s of classifier guidance, for the latents of SD 1.4.
        guidance_noise_scales, guidance_noise_etas: grid of s and η of guidance with noise.
        guidance_factor: factor on every s for this base's latents.
        classifier: training of the latent classifiers for guidance.
        centre: square that inpainting masks.
        accepted_draws: maximum number of tries for an image by the base that the selector accepts;
            afterwards the one with the highest probability is used.
        inversion: training of a token.
        inversion_pictures: images by the base that it is learned from.
        prefixes: budget of the prefix attack; its control has as many tries.
        relearning: fine-tuning of the submission on the concept.
        relearning_pictures: images by the base used for it.
        tracing_points: number of points between base and submission.
        tracing_seeds: images per point.
        ranked_probes: probes that may be ranked.
        shown_probes: further probes of every full evaluation, which no score needs. Controls,
            unprompted baselines, floors and the probes of retention follow from both lists and are
            not part of them.
        photographs: data set on the Hub, with its commit, for the latent classifiers; None if they
            are trained on drawings.
        seasonal: whether only entries on the seeds of a season are ranked. Not in the digest.
    """

    name: str
    preview: bool
    base: ModelPin
    architecture: str
    retrain: tuple[ModelPin, ...]
    judge: JudgePin
    selector: JudgePin
    clip: ModelPin
    clip_pixels: PixelInput
    style_judged: bool
    image_size: int
    steps: int
    guidance_scale: float
    ranked: tuple[str, ...]
    retention: tuple[str, ...]
    erasable: tuple[str, ...]
    prompts: int
    retention_prompts: int
    hard_retention: tuple[str, ...]
    redraws: int
    noise_etas: tuple[float, ...]
    noise_scales: tuple[float, ...]
    hard_retention_eta: float
    completion_starts: tuple[int, ...]
    completion_ranked: tuple[int, ...]
    guidance_scales: tuple[float, ...]
    guidance_noise_scales: tuple[float, ...]
    guidance_noise_etas: tuple[float, ...]
    guidance_factor: float
    classifier: ClassifierRecipe
    centre: CentreSquare
    accepted_draws: int
    inversion: Recipe
    inversion_pictures: int
    prefixes: PrefixBudget
    relearning: Recipe
    relearning_pictures: int
    tracing_points: int
    tracing_seeds: int
    ranked_probes: tuple[str, ...]
    shown_probes: tuple[str, ...]
    photographs: str | None = None
    seasonal: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of its fields and concepts, hex.

        Left out: fields that are None, fields that no score depends on, and the kind of a judge if
        it is the usual one.
        """
        fields = {
            name: value
            for name, value in asdict(self).items()
            if value is not None and name not in _MOVES_NO_SCORE
        }
        for pin in (fields["judge"], fields["selector"]):
            if pin["kind"] == CLASSIFIER:
                del pin["kind"]
        content = {
            "protocol": fields,
            "concepts": {
                name: {
                    **asdict(CONCEPTS[name]),
                    "prompt": CONCEPTS[name].prompt,
                    "painted": [CONCEPTS[name].painted_by(style) for style in STYLES],
                }
                for name in self.concepts
            },
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def models(self) -> tuple[ModelPin, ...]:
        """All pinned models, each once."""
        panel = (self.judge.model, self.selector.model, self.clip)
        return tuple(dict.fromkeys((self.base, *self.retrain, *panel)))

    @property
    def concepts(self) -> tuple[str, ...]:
        """All concepts of the protocol, in the order of `CONCEPTS`."""
        known = {*self.ranked, *self.retention, *self.erasable}
        return tuple(name for name in CONCEPTS if name in known)

    def concept(self, name: str) -> Concept:
        """A concept of the protocol.

        Raises:
            UnknownNameError: if the protocol does not have it.
        """
        if name not in self.concepts:
            raise UnknownNameError("concept", name, self.concepts)
        return CONCEPTS[name]
