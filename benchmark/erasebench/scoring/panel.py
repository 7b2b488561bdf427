"""The panel: judge, selector and CLIP look at every picture."""

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
"""What one call of a model sees: enough to fill it, and little memory at 224 pixels a side."""


@dataclass(frozen=True)
class Opinion:
    """What the panel says of one picture; the fields are those of `Record`."""

    judge_top1: bool
    judge_top5: bool
    judge_probability: float
    selector_probability: float
    clip_score: float
    clip_first: bool


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

    def judge(self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]) -> Recognitions:
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
        return Recognitions(top1, top5, probability)

    def names_any(
        self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]
    ) -> npt.NDArray[np.bool_]:
        """Whether a picture's first answer is one of the targets, all objects; see `Judge`."""
        return self.objects.names_any(pictures, targets)


@dataclass(frozen=True)
class Panel:
    """The three models of a protocol.

    Attributes:
        judge: its verdict alone enters a score.
        selector: chooses settings.
        clip: scores and ranks prompts.
        centre: what is seen in the view `crop`.
    """

    judge: Judge
    selector: Judge
    clip: Clip
    centre: CentreSquare

    def select(self, pictures: npt.NDArray[np.uint8], target: Concept) -> Recognitions:
        """Asks the selector alone about pictures of one target, uint8 (N, H, W, 3)."""
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
        """Asks all three models about each picture.

        Args:
            pictures: uint8 (N, H, W, 3), whole in either view.
            targets: N concepts asked for.
            prompts: N prompts that the pictures were drawn for.
            view: what all three see of the pictures.
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
