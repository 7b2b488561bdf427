"""The panel: judge, selector and CLIP score every image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from erasebench.concepts import Concept
from erasebench.protocol import CentreSquare, Protocol, View
from erasebench.scoring.clip import Clip, load_clip
from erasebench.scoring.judge import Judge, Recognitions
from erasebench.scoring.pixels import crop
from erasebench.scoring.registry import load_judge

_PICTURES_PER_CALL = 64
"""Images in one call of a model: enough to use it fully, with little memory at 224 pixels."""


@dataclass(frozen=True)
class Opinion:
    """The panel's answers for one image; the fields are those of `Record`."""

    judge_top1: bool
    judge_top5: bool
    judge_probability: float
    selector_probability: float
    clip_score: float
    clip_first: bool


@dataclass(frozen=True)
class JudgeWithStyles:
    """A classifier for objects, and CLIP for styles.

    No ImageNet class is a style, so a style is recognised where its prompt fits the image best of
    all concepts' by CLIP. Judge and selector are the same model then: such rates are shown apart
    from those of objects, and never enter a score.

    Attributes:
        objects: judges objects.
        styles: judges styles.
    """

    objects: Judge
    styles: Clip

    def judge(self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]) -> Recognitions:
        """Whether each image shows its target; see `Judge`."""
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
        return Recognitions(top1, top5, probability)

    def names_any(
        self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]
    ) -> npt.NDArray[np.bool_]:
        """Whether the first answer for an image is one of the targets, all objects; see `Judge`."""
        return self.objects.names_any(pictures, targets)


@dataclass(frozen=True)
class Panel:
    """The three models of a protocol.

    Attributes:
        judge: the only one whose answers enter a score.
        selector: chooses settings.
        clip: scores and ranks prompts.
        centre: the view `crop`.
    """

    judge: Judge
    selector: Judge
    clip: Clip
    centre: CentreSquare

    def select(self, pictures: npt.NDArray[np.uint8], target: Concept) -> Recognitions:
        """The selector's answers for images of one target, uint8 (N, H, W, 3)."""
        parts = [
            self.selector.judge(part, [target] * len(part))
            for part in (
                pictures[start : start + _PICTURES_PER_CALL]
                for start in range(0, len(pictures), _PICTURES_PER_CALL)
            )
        ]
        return Recognitions(
            top1=np.concatenate([part.top1 for part in parts]),
            top5=np.concatenate([part.top5 for part in parts]),
            probability=np.concatenate([part.probability for part in parts]),
        )

    def score(
        self,
        pictures: npt.NDArray[np.uint8],
        targets: Sequence[Concept],
        prompts: Sequence[str],
        view: View,
    ) -> tuple[Opinion, ...]:
        """Answers of all three models for each image.

        Args:
            pictures: uint8 (N, H, W, 3), whole in either view.
            targets: N concepts, of the prompts.
            prompts: N prompts that the images were generated from.
            view: the part of the images that all three see.
        """
        seen = crop(pictures, self.centre) if view == "crop" else pictures
        opinions: list[Opinion] = []
        for start in range(0, len(seen), _PICTURES_PER_CALL):
            part = slice(start, start + _PICTURES_PER_CALL)
            judged = self.judge.judge(seen[part], targets[part])
            selected = self.selector.judge(seen[part], targets[part])
            clip = self.clip.score(seen[part], targets[part], prompts[part])
            opinions += [
                Opinion(*figures)
                for figures in zip(
                    judged.top1.tolist(),
                    judged.top5.tolist(),
                    judged.probability.tolist(),
                    selected.probability.tolist(),
                    clip.score.tolist(),
                    clip.first.tolist(),
                    strict=True,
                )
            ]
        return tuple(opinions)


def load_panel(protocol: Protocol, device: torch.device) -> Panel:
    """Loads the three models from the protocol's folders.

    Raises:
        ProtocolError: if a model is not the pinned one.
        UnknownNameError: if a pin names an unknown kind of judge.
    """
    clip = load_clip(protocol, device)
    judge, selector = (load_judge(pin, device) for pin in (protocol.judge, protocol.selector))
    if protocol.style_judged:
        return Panel(judge, selector, clip, protocol.centre)
    return Panel(
        JudgeWithStyles(judge, clip), JudgeWithStyles(selector, clip), clip, protocol.centre
    )
