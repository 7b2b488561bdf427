"""A `Trajectory` describes one picture to be drawn; the sampling loop knows nothing else.

Everything a probe does to generation is a field here. There is no other way to change what the
loop does, and a field that does not exist cannot be passed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from erasebench.concepts import Concept

BASE = "base"
"""Name of the unedited base's weights."""

SUBMISSION = "submission"
"""Name of the erased checkpoint's weights."""

LEARNED = "<learned>"
"""The word of a prompt that stands for a learned token, which some sets of weights own."""

_NUMBERED = "<learned_{}>"
"""The words of the learned tokens after the first."""

ANY_LEARNED = "<learned"
"""How the word of every learned token begins."""


def learned_words(count: int) -> tuple[str, ...]:
    """The words for as many learned tokens, in the order of their rows; `LEARNED` is the first."""
    return (LEARNED, *map(_NUMBERED.format, range(1, count)))[:count]


def prompt_with_token(concept: Concept) -> str:
    """The concept's own prompt with the learned token in the place of its label."""
    return replace(concept, label=LEARNED).prompt


@dataclass(frozen=True)
class NoiseStream:
    """One stream of Gaussian noise; together with protocol and seed set it makes a seed.

    Attributes:
        name: `start` (start latents), `step` (noise of the steps), `inpainting_start`, ...
        prompt_index: the index of the prompt.
        variant: the draw within the prompt index; None where all draws share the stream.
    """

    name: str
    prompt_index: int
    variant: int | None = None


@dataclass(frozen=True)
class Opening:
    """The first steps are run by other weights, which then hand over (completion).

    Attributes:
        weights: named set of weights that runs them.
        prompt: what these are asked for.
        steps: how many, at least one, fewer than all.
    """

    weights: str
    prompt: str
    steps: int


@dataclass(frozen=True)
class Glimpse(Opening):
    """First steps after which nobody takes over.

    The picture is the clean latent that the last of them implies, x̂0: what whoever ran them has
    already put into the latent that would be handed over.
    """


@dataclass(frozen=True)
class Inpainting:
    """After each step the latents outside the centre square are those of a noised source.

    Attributes:
        source: key of the source picture among those handed to the loop.
        noise: the stream that the source is noised with.
    """

    source: str
    noise: NoiseStream


@dataclass(frozen=True)
class Guide:
    """At every step a classifier pushes the prediction towards its concept.

    Attributes:
        classifier: name of the latent classifier among those handed to the loop.
        scale: s, a factor on its gradient.
    """

    classifier: str
    scale: float


@dataclass(frozen=True)
class Trajectory:
    """One picture to be drawn.

    Attributes:
        prompt: what is asked for; guidance contrasts it with the empty prompt.
        weights: named set of weights that denoises, and encodes the prompt while it does.
        start: stream of the start latent.
        step_noise: stream of the noise z of every step; needed where `eta` is above 0.
        eta: η of the step, the share of its variance that is drawn afresh.
        noise_scale: v of the step, a factor on the noise added.
        opening: first steps by other weights.
        inpainting: mask and source.
        guide: classifier and scale.
    """

    prompt: str
    weights: str
    start: NoiseStream
    step_noise: NoiseStream | None = None
    eta: float = 0.0
    noise_scale: float = 1.0
    opening: Opening | None = None
    inpainting: Inpainting | None = None
    guide: Guide | None = None

    def __post_init__(self) -> None:
        """Refuses what would not act.

        Raises:
            ValueError: if η is negative, if exactly one of η and its stream of noise is given, if
                there is a factor v without noise that it could act on, or an opening of no step.
        """
        if self.eta < 0:
            message = f"eta {self.eta} is negative"
            raise ValueError(message)
        if (self.eta > 0) != (self.step_noise is not None):
            message = f"eta {self.eta} and step_noise {self.step_noise}: give both or neither"
            raise ValueError(message)
        if self.eta == 0 and self.noise_scale != 1:
            message = f"noise_scale {self.noise_scale} acts on the noise of the steps: give eta too"
            raise ValueError(message)
        if self.opening is not None and self.opening.steps < 1:
            message = f"an opening of {self.opening.steps} steps opens nothing"
            raise ValueError(message)

    def asking(self, prompt: str) -> Trajectory:
        """The same with another prompt."""
        return replace(self, prompt=prompt)

    def asked_at(self, step: int) -> tuple[str, str]:
        """The weights that run a step, counted from 0, and the prompt that they are given."""
        if self.opening is not None and step < self.opening.steps:
            return self.opening.weights, self.opening.prompt
        return self.weights, self.prompt

    def has_ended(self, step: int) -> bool:
        """Whether nothing is left to be done at a step, counted from 0."""
        return isinstance(self.opening, Glimpse) and step >= self.opening.steps

    def history(self, step: int) -> tuple[object, ...]:
        """All that the latent before a step depends on.

        Trajectories with equal histories have equal latents there, so the loop computes them
        once: variants share their first call, completions their opening.
        """
        moved = (self.step_noise, self.eta, self.noise_scale, self.guide) if step else ()
        if self.opening is not None and self.has_ended(step):
            asked = tuple(self.asked_at(past) for past in range(self.opening.steps))
            return self.start, self.inpainting, moved, asked, self.opening
        asked = tuple(self.asked_at(past) for past in range(step))
        return self.start, self.inpainting, moved, asked
