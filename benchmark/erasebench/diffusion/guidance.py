"""Classifier guidance: a classifier's gradient at the latent is added to the predicted noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import torch

from erasebench.diffusion.ddim import Step
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.trajectory import Trajectory


class Guidance:
    """Pushes the prediction of every trajectory with a guide; the others are not changed.

    ε̃ = ε − sqrt(1 − ᾱ_t)·s·∇_x log p(c | x_t, t), on the prediction that classifier-free guidance
    has already combined, once per step. The gradient is taken at the current latent and does not
    flow through the UNet.

    Source: Dhariwal and Nichol, "Diffusion Models Beat GANs on Image Synthesis" (NeurIPS 2021),
    algorithm 2; Lu et al. 2025, appendix D.5.5.
    Deviation: the appendix prints the gradient of the loss instead of that of log p, which would
    push away from the concept; the released code has the sign used here. It steps
    with PNDM, which keeps the push in its history; here the step is DDIM's.
    """

    def __init__(
        self, trajectories: Sequence[Trajectory], classifiers: Mapping[str, LatentClassifier]
    ) -> None:
        """Finds which rows are pushed, by which classifier and how much.

        Args:
            trajectories: all N of a batch.
            classifiers: by the name in the guides.

        Raises:
            KeyError: if a guide's classifier is not among them.
        """
        guides = [(row, one.guide) for row, one in enumerate(trajectories) if one.guide is not None]
        self._pushed = []
        for name in dict.fromkeys(guide.classifier for _, guide in guides):
            own = [(row, guide.scale) for row, guide in guides if guide.classifier == name]
            rows, scales = zip(*own, strict=True)
            self._pushed.append((list(rows), torch.tensor(scales), classifiers[name]))

    def push(self, predicted: torch.Tensor, latents: torch.Tensor, step: Step) -> torch.Tensor:
        """The prediction with every guide's push added.

        Args:
            predicted: ε, (N, C, h, w).
            latents: x_t, like `predicted`.
            step: t and ᾱ_t.

        Returns:
            Like `predicted`.
        """
        if not self._pushed:
            return predicted
        pushed = predicted.clone()
        for rows, scales, classifier in self._pushed:
            gradient = classifier.log_probability_gradient(latents[rows], step.timestep)
            push = sqrt(1 - step.alpha) * scales.to(gradient).view(-1, 1, 1, 1) * gradient
            pushed[rows] -= push.to(predicted.dtype)
        return pushed
