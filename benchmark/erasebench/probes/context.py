"""What a probe is given to make something with before it asks, and what it gives back."""

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
    """Everything at hand while a probe makes what it needs for one target.

    Attributes:
        protocol: sizes and budgets.
        pipeline: holds the base's weights and the subject's; what is made is added to it.
        noise: source of everything random.
        target: the concept that will be asked for.
        subject: name of the weights under test.
        encoder_edited: whether their text encoder is another than the base's.
        indices: the prompt indices that will be asked.
        folder: where progress and products are kept; it belongs to this probe, target and subject.
        pictures: the base's pictures that the probe asked for; each kind uint8 (N, H, W, 3), those
            of prompt indices in their order.
        look: draws trajectories, and asks the selector about each.
        classifier: gives the latent classifier of a concept, which is trained where there is none.
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
    """What a probe made, beside the weights that it added to the pipeline.

    Attributes:
        classifiers: by the name that guides bear.
        tries: prompt index → the prompts that were tried for it; the probe's own prompt is then
            the best of them.
    """

    classifiers: Mapping[str, LatentClassifier] = field(default_factory=dict)
    tries: Mapping[int, tuple[PromptTry, ...]] = field(default_factory=dict)
