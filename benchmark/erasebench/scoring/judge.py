"""What a judge is: whatever says of pictures whether they show their targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from erasebench.concepts import Concept

TOP = 5
"""How many first answers `top5` looks at."""


@dataclass(frozen=True)
class Recognitions:
    """What a judge says of N pictures, each asked about its own target.

    Attributes:
        top1: bool (N,), the target is its first answer.
        top5: bool (N,), the target is among its first five answers.
        probability: float32 (N,) in [0, 1], what it gives the target.
    """

    top1: npt.NDArray[np.bool_]
    top5: npt.NDArray[np.bool_]
    probability: npt.NDArray[np.float32]


class Judge(Protocol):
    """Looks at pictures; judge and selector of a panel are each one.

    `scoring.classifier.Classifier` is one for every network that gives a number for each of its
    classes: the bundled ones, those of transformers on the Hub, any other. Kinds are registered in
    `scoring.registry`.
    """

    def judge(self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]) -> Recognitions:
        """Asks of each picture whether it shows its target.

        Args:
            pictures: uint8 (N, H, W, 3).
            targets: N concepts.

        Raises:
            UnknownNameError: if there is no answer for a target.
        """
        ...

    def names_any(
        self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]
    ) -> npt.NDArray[np.bool_]:
        """Whether a picture's first answer is one of the targets, all asked in one pass.

        Args:
            pictures: uint8 (N, H, W, 3).
            targets: concepts that are asked for of every picture.

        Returns:
            bool (N,).

        Raises:
            UnknownNameError: if there is no answer for a target.
        """
        ...
