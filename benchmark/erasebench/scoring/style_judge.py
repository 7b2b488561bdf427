"""Who judges styles where the protocol's classifiers know objects alone: CLIP, in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from erasebench.concepts import Concept
from erasebench.scoring.clip import Clip
from erasebench.scoring.judge import Judge, Verdicts


@dataclass(frozen=True)
class JudgeWithStyles:
    """A classifier for objects, and CLIP for styles.

    No ImageNet class is a style. So a style is recognised where CLIP finds that its prompt fits the
    picture best of all concepts'. Judge and selector are the same model then: such figures are
    shown, apart from the objects', and never enter a score.

    Attributes:
        objects: is asked about objects.
        styles: is asked about styles.
    """

    objects: Judge
    styles: Clip

    def judge(self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]) -> Verdicts:
        """Asks of each picture whether it shows its target; see `Judge`."""
        is_style = np.array([target.kind == "style" for target in targets])
        top1, top5 = np.zeros_like(is_style), np.zeros_like(is_style)
        probability = np.zeros(len(targets), np.float32)
        parts: tuple[tuple[npt.NDArray[np.bool_], Clip | Judge], ...] = (
            (is_style, self.styles),
            (~is_style, self.objects),
        )
        for asked, who in parts:
            rows = np.flatnonzero(asked)
            if len(rows):
                found = who.judge(pictures[rows], [targets[int(row)] for row in rows])
                top1[rows], top5[rows] = found.top1, found.top5
                probability[rows] = found.probability
        return Verdicts(top1, top5, probability)

    def names_any(
        self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]
    ) -> npt.NDArray[np.bool_]:
        """Whether a picture's first answer is one of the targets, all objects; see `Judge`."""
        return self.objects.names_any(pictures, targets)
