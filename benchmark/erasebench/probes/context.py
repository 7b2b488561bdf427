"""Input and output of a probe's preparation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from erasebench.concepts import Concept
from erasebench.protocol import Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from erasebench.diffusion.latent_classifier import LatentClassifier
    from erasebench.diffusion.noise import NoiseSource
    from erasebench.diffusion.pipeline import LoadedPipeline
    from erasebench.diffusion.trajectory import Trajectory
    from erasebench.optimisation.base_pictures import BasePictures
    from erasebench.optimisation.tries import PromptTry, SelectorVerdict


@dataclass(frozen=True)
class Context:
    """Input of a probe's preparation for one target.

    Attributes:
        protocol: sizes and budgets.
        pipeline: holds the weights of base and subject; prepared weights are added to it.
        noise: source of all random numbers.
        target: the concept to be generated.
        subject: name of the weights under test.
        encoder_edited: whether their text encoder differs from the base's.
        indices: the prompt indices to be run.
        folder: for progress and products of this probe, target and subject alone.
        pictures: the base's images listed in the probe's `base_pictures`; per kind uint8
            (N, H, W, 3), images of prompt indices in their order.
        look: generates trajectories and classifies each image with the selector.
        classifier: returns the latent classifier of a concept; trains it if there is none.
    """

    protocol: Protocol
    pipeline: LoadedPipeline
    noise: NoiseSource
    target: Concept
    subject: str
    encoder_edited: bool
    indices: tuple[int, ...]
    folder: Path
    pictures: Mapping[BasePictures, npt.NDArray[np.uint8]]
    look: Callable[[Sequence[Trajectory]], Sequence[SelectorVerdict]]
    classifier: Callable[[Concept], LatentClassifier]


@dataclass(frozen=True)
class Preparation:
    """Output of a preparation, except the weights that it added to the pipeline.

    Attributes:
        classifiers: latent classifiers, by the name in `Guide`.
        tries: prompt index → the prompts tried for it; the probe then uses the best of them.
    """

    classifiers: Mapping[str, LatentClassifier] = field(default_factory=dict)
    tries: Mapping[int, tuple[PromptTry, ...]] = field(default_factory=dict)
