"""A `Trajectory` describes one image to generate: all that the sampling loop gets from a probe.

Everything a probe changes about generation is a field here; an unknown field is an error.

A new field only needs a default: it then counts in the canonical form, and trajectories that differ
in it share no UNet call. Mark a field with `AFTER_CALL` only if it leaves the inputs of its step's
UNet call as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from erasebench.concepts import Concept

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

BASE = "base"
"""Name of the base's weights."""

SUBMISSION = "submission"
"""Name of the erased checkpoint's weights."""

LEARNED = "<learned>"
"""The word in a prompt for the learned token, which some sets of weights have."""

_NUMBERED = "<learned_{}>"
"""The words for further learned tokens."""

ANY_LEARNED = "<learned"
"""The start of every learned token's word."""

AFTER_CALL: Final[Mapping[str, str]] = {"acts": "after the call"}
"""Metadata of a field that acts on a step after its UNet call, so that the first call is shared."""

_BY_STEP: Final[Mapping[str, str]] = {"acts": "by step"}
"""Metadata of a field that acts in some steps only; see `asked_at` and `has_ended`."""


def learned_words(count: int) -> tuple[str, ...]:
    """The words for a number of learned tokens, in the order of their rows, `LEARNED` first."""
    return (LEARNED, *map(_NUMBERED.format, range(1, count)))[:count]


def prompt_with_token(concept: Concept) -> str:
    """The concept's prompt with the learned token instead of its label."""
    return replace(concept, label=LEARNED).prompt


@dataclass(frozen=True)
class NoiseStream:
    """One stream of Gaussian noise; together with protocol and seed set it makes a seed.

    Attributes:
        name: `start` (start latents), `step` (noise of the steps), `inpainting_start`, ...
        prompt_index: the index of the prompt.
        variant: the sample within the prompt index; None where all samples share the stream.
    """

    kind: ClassVar[str] = "noise"

    name: str
    prompt_index: int
    variant: int | None = None


@dataclass(frozen=True)
class Opening:
    """The first steps are run by other weights, which then hand over (completion).

    Attributes:
        weights: named set of weights that runs them.
        prompt: their prompt.
        steps: how many, at least one, fewer than all.
        hands_over: whether the trajectory's own weights run the remaining steps. If not, the image
            is the clean latent x̂0 that the last of the first steps implies.
    """

    kind: ClassVar[str] = "opening"

    weights: str = field(metadata=_BY_STEP)
    prompt: str = field(metadata=_BY_STEP)
    steps: int = field(metadata=_BY_STEP)
    hands_over: bool = field(default=True, metadata=_BY_STEP)


@dataclass(frozen=True)
class Inpainting:
    """After each step the latents outside the centre square are those of a noised source.

    Attributes:
        source: key of the source image in the loop's `sources`.
        noise: stream of the noise added to the source.
    """

    kind: ClassVar[str] = "inpainting"

    source: str
    noise: NoiseStream


@dataclass(frozen=True)
class Guide:
    """At every step a classifier's gradient pushes the prediction towards its concept.

    Attributes:
        classifier: name of the latent classifier in the loop's `classifiers`.
        scale: s, a factor on its gradient.
    """

    kind: ClassVar[str] = "guide"

    classifier: str
    scale: float


@dataclass(frozen=True)
class Trajectory:
    """One image to be generated.

    Attributes:
        prompt: the prompt; classifier-free guidance contrasts it with the empty prompt.
        weights: named set of weights that denoises, and encodes the prompt while it does.
        start: stream of the start latent.
        step_noise: stream of the noise z of every step; needed if `eta` is above 0.
        eta: η of the step, the share of its variance that is drawn afresh.
        noise_scale: v of the step, a factor on the noise added.
        opening: first steps by other weights.
        inpainting: mask and source.
        guide: classifier and scale.
    """

    prompt: str = field(metadata=_BY_STEP)
    weights: str = field(metadata=_BY_STEP)
    start: NoiseStream
    step_noise: NoiseStream | None = field(default=None, metadata=AFTER_CALL)
    eta: float = field(default=0.0, metadata=AFTER_CALL)
    noise_scale: float = field(default=1.0, metadata=AFTER_CALL)
    opening: Opening | None = field(default=None, metadata=_BY_STEP)
    inpainting: Inpainting | None = None
    guide: Guide | None = field(default=None, metadata=AFTER_CALL)

    def __post_init__(self) -> None:
        """Rejects settings without effect.

        Raises:
            ValueError: if η is negative, if only one of η and its noise stream is given, if a
                factor v has no noise to act on, or if an opening has no step.
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
        """The weights that run a step, counted from 0, and their prompt."""
        if self.opening is not None and step < self.opening.steps:
            return self.opening.weights, self.opening.prompt
        return self.weights, self.prompt

    def has_ended(self, step: int) -> bool:
        """Whether the trajectory has ended before a step, counted from 0."""
        opening = self.opening
        return opening is not None and not opening.hands_over and step >= opening.steps

    def history(self, step: int) -> tuple[object, ...]:
        """Everything that the latent before a step depends on and, with `asked_at`, its UNet call.

        Trajectories with equal histories have equal latents there, so the loop computes them
        once: variants share their first call, completions their opening. Every field counts from
        the first call on unless its metadata says when it acts. Values count by their canonical
        form, and an opening of another kind shares no call with plain steps.

        Raises:
            TypeError: see `canonical`.
        """
        opening = self.opening
        kind = Opening.kind if opening is None else _kind(opening)
        counted = tuple(
            (part is self, one.name, _form(value))
            for part in ((self,) if opening is None else (self, opening))
            for one, value in _given(part)
            if one.metadata != _BY_STEP and (step or one.metadata != AFTER_CALL)
        )
        asked = tuple(self.asked_at(past) for past in range(step) if not self.has_ended(past))
        return kind, counted, asked, _form(opening) if self.has_ended(step) else None

    def canonical(self) -> str:
        """Canonical JSON, from which digests are made; equal trajectories alone have equal forms.

        Keys are sorted and fields at their default left out, so that a new field with a default
        changes no form. A nested part is named by its `kind`; the names of classes are not used.

        Raises:
            TypeError: if a field holds anything but JSON's own types and parts with a `kind`.
        """
        return _form({one.name: value for one, value in _given(self)})


def _given(part: DataclassInstance) -> Iterator[tuple[Field[Any], object]]:
    """The fields of a dataclass that are not at their default, with their values."""
    for one in fields(part):
        value = getattr(part, one.name)
        # `True`, `1` and `1.0` are equal, but not the same.
        if type(value) is not type(one.default) or value != one.default:
            yield one, value


def _form(value: object) -> str:
    """Canonical JSON of a value; see `canonical`."""
    return json.dumps(
        value, default=_part, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def _kind(part: object) -> str:
    """The kind of a part, which its own class must name."""
    kind: str | None = vars(type(part)).get("kind")
    if kind is None or not is_dataclass(part) or isinstance(part, type):
        message = (
            f"{type(part).__name__} has no canonical form: make it a dataclass with a `kind` of "
            "its own, a ClassVar[str] that no other part has"
        )
        raise TypeError(message)
    return kind


def _part(part: DataclassInstance) -> dict[str, object]:
    """A nested part's content under its kind."""
    return {_kind(part): {one.name: value for one, value in _given(part)}}
