"""The `Protocol`: everything that fixes what a run asks and how, and nothing else.

It is data. Changing any of it changes its digest, and results with different digests never share a
table. The seed set is not part of it: a result names its own.
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
"""What judges see of a picture: all of it, or the centre square that inpainting masks."""

PUBLIC_SEED_SET = "public"
"""The seed set that anybody may run."""

_MOVES_NO_SCORE = ("shown_probes", "architecture", "seasonal")
"""Fields that stay out of the digest: no score depends on them."""


@dataclass(frozen=True)
class CentreSquare:
    """The square that inpainting masks, as half-open ranges along both axes.

    Attributes:
        pixels: first and one past the last masked pixel, on borders of latent cells.
        grey: level of the source image there when it is encoded, of 255.
        vae_factor: pixels of a latent cell along an axis, by the base's VAE; gives `cells`.
        cells: the same square in latent cells.
    """

    pixels: tuple[int, int]
    grey: int
    vae_factor: InitVar[int]
    cells: tuple[int, int] = field(init=False)

    def __post_init__(self, vae_factor: int) -> None:
        """Finds the cells.

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
    """Everything that can move a score.

    Attributes:
        name: identifier, with its version.
        preview: whether the suite is not whole yet, so that no row ranks.
        base: the unedited pipeline, in diffusers layout.
        architecture: name shared by all bases with tensors of the same names and shapes; whose
            edit a checkpoint is, its tensors alone do not say then. Not in the digest.
        retrain: UNets that were trained as the base's was, but on nothing of the ranked concepts;
            the first gives the floors, the others are rows. None where nobody can train one.
        judge: the only classifier whose verdict enters a score.
        selector: the classifier that chooses settings and stops attacks.
        clip: the CLIP that scores and ranks prompts.
        clip_pixels: its input.
        style_judged: whether judge and selector also answer for styles.
        image_size: side of a picture in pixels.
        steps: DDIM steps.
        guidance_scale: classifier-free guidance.
        ranked: concepts whose cells make a row's score.
        retention: concepts that must survive an erasure, objects then styles.
        erasable: concepts that may be evaluated besides the ranked ones; shown, not ranked.
        prompts: prompt indices per concept, 0 to prompts - 1; halves are even and odd.
        retention_prompts: prompt indices per retention concept.
        hard_retention: the retention concepts also drawn under the probes' own conditions; an
            erased one among them is left out and no other takes its place.
        redraws: draws per prompt index of `resampling` and of `stochastic`.
        noise_etas, noise_scales: the grid of η and v of the noise probe.
        hard_retention_eta: the η of the noise probe under which retention is measured, at v = 1.
        completion_starts: numbers of steps that the base runs before it hands over.
        completion_ranked: those of them that rank, as `ranked_probes` says too.
        guidance_scales: scales s of classifier guidance, as for the latents of SD 1.4.
        guidance_noise_scales, guidance_noise_etas: the grid of s and η of guidance with noise.
        guidance_factor: what every s is multiplied by for this base's latents.
        classifier: how the latent classifiers of guidance are trained.
        centre: what inpainting masks.
        accepted_draws: draws, at most, of a base picture that the selector must accept; after them
            its favourite is taken.
        inversion: how a token is learned.
        inversion_pictures: the base's pictures that it is learned from.
        prefixes: what the prefix attack spends; its control has as many tries.
        relearning: how the submission is shown the concept again.
        relearning_pictures: the base's pictures that it is shown.
        tracing_points: weights on the way from the base to the submission that are traced.
        tracing_seeds: pictures of each of them.
        ranked_probes: probes that may rank.
        shown_probes: probes that every full evaluation runs as well, and no score needs. Controls,
            references and floors of both kinds of probe follow from these, and so do the probes
            that measure retention; none of them is named here.
        photographs: the data set on the Hub, with its commit, that latent classifiers learn from;
            None where pictures are drawn.
        seasonal: whether rows are ranked on the seeds of a season alone. Not in the digest.
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
        """SHA-256 of the canonical JSON of its fields and of all that is asked for, hex.

        A field that is None is left out: what a protocol does not have is no part of it. So is one
        that moves no score, and the kind of a usual judge.
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
        """Every model that it pins, each once."""
        panel = (self.judge.model, self.selector.model, self.clip)
        return tuple(dict.fromkeys((self.base, *self.retrain, *panel)))

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every concept that the protocol knows, in the order of `CONCEPTS`."""
        known = {*self.ranked, *self.retention, *self.erasable}
        return tuple(name for name in CONCEPTS if name in known)

    def concept(self, name: str) -> Concept:
        """A concept that can be evaluated under this protocol.

        Raises:
            UnknownNameError: if the protocol does not know it.
        """
        if name not in self.concepts:
            raise UnknownNameError("concept", name, self.concepts)
        return CONCEPTS[name]
