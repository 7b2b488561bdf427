"""Image classifiers that say whether a picture shows a target: the judge and the selector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForImageClassification, PreTrainedModel

from erasebench.concepts import CONCEPTS, Concept
from erasebench.errors import UnknownNameError
from erasebench.protocol import ClassifierPin, PixelInput
from erasebench.scoring.pixels import to_input
from erasebench.submission.pin import check_pins

TOP = 5
"""How many first answers `top5` looks at."""


@dataclass(frozen=True)
class Verdicts:
    """What a classifier says of N pictures, each asked about its own target.

    Attributes:
        top1: bool (N,), the target is its first answer.
        top5: bool (N,), the target is among its first five answers.
        probability: float32 (N,) in [0, 1], what it gives the target.
    """

    top1: npt.NDArray[np.bool_]
    top5: npt.NDArray[np.bool_]
    probability: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Answer:
    """Where a classifier's answer for a concept stands.

    Attributes:
        group: the outputs among which the classifier chooses.
        place: which of the group stands for the concept.
    """

    group: tuple[int, ...]
    place: int


class Classifier:
    """A classifier whose answer for a concept is one of a group of exclusive outputs.

    A bundled classifier has a group for objects and one for styles, each with a `none`; an
    ImageNet classifier has one group of a thousand and knows objects alone.
    """

    def __init__(
        self, model: PreTrainedModel, answers: Mapping[str, Answer], pixels: PixelInput
    ) -> None:
        """Takes a model that is ready for inference; `load_classifier` makes it so."""
        self._model = model
        self._answers = answers
        self._pixels = pixels

    @torch.no_grad()
    def judge(self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]) -> Verdicts:
        """Asks of each picture whether it shows its target.

        Args:
            pictures: uint8 (N, H, W, 3).
            targets: N concepts.

        Raises:
            UnknownNameError: if the classifier has no answer for a target.
        """
        pixels = to_input(pictures, self._pixels, self._model.device)
        outputs = self._model(pixel_values=pixels).logits.cpu()
        probability = np.empty(len(targets), np.float32)
        rank = np.empty(len(targets), np.int64)
        for row, target in enumerate(targets):
            answer = self._answer(target)
            chances = outputs[row, answer.group].softmax(0)
            own = chances[answer.place]
            probability[row] = own
            # An equal that comes earlier is ahead, so that exactly one answer is the first.
            rank[row] = (chances > own).sum() + (chances[: answer.place] == own).sum()
        return Verdicts(top1=rank == 0, top5=rank < TOP, probability=probability)

    @torch.no_grad()
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
            UnknownNameError: if the classifier has no answer for a target.
        """
        pixels = to_input(pictures, self._pixels, self._model.device)
        outputs = self._model(pixel_values=pixels).logits.cpu()
        named = np.zeros(len(pictures), np.bool_)
        for target in targets:
            answer = self._answer(target)
            chances = outputs[:, list(answer.group)].softmax(1)
            # Of equals the earliest, as in `judge`.
            named |= (chances.argmax(1) == answer.place).numpy()
        return named

    def _answer(self, target: Concept) -> Answer:
        if target.name not in self._answers:
            raise UnknownNameError("concept of this classifier", target.name, tuple(self._answers))
        return self._answers[target.name]


def load_classifier(pin: ClassifierPin, device: torch.device) -> Classifier:
    """Loads a pinned classifier from its folder, in transformers layout, as float32.

    Raises:
        ProtocolError: if the folder does not hold the pinned model.
    """
    check_pins(pin.model)
    folder = pin.model.folder
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    model = AutoModelForImageClassification.from_config(config, dtype=torch.float32)
    model.load_state_dict(load_file(folder / "model.safetensors"))
    model.eval().requires_grad_(False).to(device)
    labels = [config.id2label[index] for index in range(config.num_labels)]
    return Classifier(model, answers_of(labels), pin.pixels)


def answers_of(labels: Sequence[str]) -> dict[str, Answer]:
    """The answer for each concept that a classifier with these labels knows.

    Labels are either all `kind:name`, each kind a group, or those of ImageNet-1k, whose answers
    are found by `Concept.imagenet_index` and never by a label's words.
    """
    if ":" in labels[0]:
        groups: dict[str, list[int]] = {}
        for output, label in enumerate(labels):
            groups.setdefault(label.partition(":")[0], []).append(output)
        return {
            labels[output].partition(":")[2]: Answer(tuple(group), place)
            for group in groups.values()
            for place, output in enumerate(group)
        }
    everything = tuple(range(len(labels)))
    return {
        concept.name: Answer(everything, concept.imagenet_index)
        for concept in CONCEPTS.values()
        if concept.imagenet_index is not None
    }
