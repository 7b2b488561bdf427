"""The interface of a judge: recognises targets in images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from erasebench.concepts import Concept

TOP = 5
"""Number of answers that `top5` covers."""


@dataclass(frozen=True)
class Recognitions:
    """A judge's answers for N images, each with its own target.

    Attributes:
        top1: bool (N,), the target is its first answer.
        top5: bool (N,), the target is among its first five answers.
        probability: float32 (N,) in [0, 1], of the target.
    """

    top1: npt.NDArray[np.bool_]
    top5: npt.NDArray[np.bool_]
    probability: npt.NDArray[np.float32]


class Judge(Protocol):
    """Recognises targets in images; judge and selector of a panel are each one.

    `scoring.classifier.Classifier` makes one of any network with a logit for each class. Kinds are
    registered in `scoring.registry`.
    """

    def judge(self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]) -> Recognitions:
        """Whether each image shows its target.

        Args:
            pictures: uint8 (N, H, W, 3).
            targets: N concepts.

        Raises:
            UnknownNameError: if it does not know a target.
        """
        ...

    def names_any(
        self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]
    ) -> npt.NDArray[np.bool_]:
        """Whether the first answer for an image is one of the targets, in one pass.

        Args:
            pictures: uint8 (N, H, W, 3).
            targets: concepts, the same for every image.

        Returns:
            bool (N,).

        Raises:
            UnknownNameError: if it does not know a target.
        """
        ...
