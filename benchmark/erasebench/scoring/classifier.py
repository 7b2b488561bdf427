"""Image classifiers as judges: preprocessing and labels are the same for every network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModelForImageClassification, PreTrainedModel
from transformers.utils import logging

from erasebench.concepts import CONCEPTS, Concept
from erasebench.errors import ProtocolError, UnknownNameError, quoted
from erasebench.imagenet import IMAGENET_CLASSES
from erasebench.protocol import JudgePin, PixelInput
from erasebench.scoring.judge import TOP, Recognitions
from erasebench.scoring.pixels import to_input
from erasebench.submission.pin import check_pins

Network = Callable[[torch.Tensor], torch.Tensor]
"""float32 (N, 3, size, size) as `to_input` gives it → float32 (N, K), a number for each class."""


@dataclass(frozen=True)
class ConceptLabel:
    """A concept's output among those of a classifier.

    Attributes:
        group: mutually exclusive outputs, of which one is the concept's.
        place: the concept's position in the group.
    """

    group: tuple[int, ...]
    place: int


class Classifier:
    """A judge that reads a concept from a group of exclusive outputs of a network.

    A bundled classifier has a group for objects and one for styles, each with a `none`; an
    ImageNet classifier has one group of a thousand and knows only objects.
    """

    def __init__(
        self,
        network: Network,
        answers: Mapping[str, ConceptLabel],
        pixels: PixelInput,
        device: torch.device,
    ) -> None:
        """Takes a network in inference mode, as `load_classifier` prepares it.

        Args:
            network: returns a logit for each class.
            answers: concept's name → its output.
            pixels: its preprocessing.
            device: where it is.
        """
        self._network = network
        self._answers = answers
        self._pixels = pixels
        self._device = device

    def judge(self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]) -> Recognitions:
        """Whether each image shows its target; see `Judge`."""
        outputs = self._outputs(pictures)
        probability = np.empty(len(targets), np.float32)
        rank = np.empty(len(targets), np.int64)
        for row, target in enumerate(targets):
            answer = self._answer(target)
            chances = outputs[row, answer.group].softmax(0)
            own = chances[answer.place]
            probability[row] = own
            # An equal that comes earlier is ahead, so that exactly one answer is the first.
            rank[row] = (chances > own).sum() + (chances[: answer.place] == own).sum()
        return Recognitions(top1=rank == 0, top5=rank < TOP, probability=probability)

    def names_any(
        self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]
    ) -> npt.NDArray[np.bool_]:
        """Whether the first answer for an image is one of the targets; see `Judge`."""
        outputs = self._outputs(pictures)
        named = np.zeros(len(pictures), np.bool_)
        for target in targets:
            answer = self._answer(target)
            chances = outputs[:, list(answer.group)].softmax(1)
            # Of equals the earliest, as in `judge`.
            named |= (chances.argmax(1) == answer.place).numpy()
        return named

    @torch.no_grad()
    def _outputs(self, pictures: npt.NDArray[np.uint8]) -> torch.Tensor:
        return self._network(to_input(pictures, self._pixels, self._device)).cpu()

    def _answer(self, target: Concept) -> ConceptLabel:
        if target.name not in self._answers:
            raise UnknownNameError("concept of this classifier", target.name, tuple(self._answers))
        return self._answers[target.name]


def load_classifier(pin: JudgePin, device: torch.device) -> Classifier:
    """Loads a pinned classifier from its folder, in transformers layout, as float32.

    Raises:
        ProtocolError: if the folder does not hold the pinned model, a tensor of its network is
            missing or misshaped, or its labels are not those of a judge.
    """
    check_pins(pin.model)
    # The library renames the tensors of older files, such as those on the Hub, and initialises
    # missing ones at random. Additional tensors change no answer.
    with _without_bars():
        model, found = AutoModelForImageClassification.from_pretrained(
            pin.model.folder,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    if wrong := sorted({*found["missing_keys"], *(one[0] for one in found["mismatched_keys"])}):
        raise ProtocolError(
            pin.model.source,
            f"Its file lacks {quoted(wrong)}, in the shapes that its config asks for, so its "
            "answers would be those of another network. Pin a revision that is whole.",
        )
    model.eval().requires_grad_(False).to(device)
    labels = [model.config.id2label[index] for index in range(model.config.num_labels)]
    return Classifier(
        network_of(model), concept_labels(labels, pin.model.source), pin.pixels, device
    )


def concept_labels(labels: Sequence[str], part: str) -> dict[str, ConceptLabel]:
    """Concept → its output, for each concept that a classifier with these labels knows.

    Labels are either all `kind:name`, each kind a group, or there are a thousand of them. A
    thousand are taken as ImageNet-1k's: outputs are found by `Concept.imagenet_index`, not by name.

    Args:
        labels: of the outputs, in their order.
        part: the classifier's name, for messages.

    Raises:
        ProtocolError: if the labels are of neither sort.
    """
    if all(":" in label for label in labels):
        groups: dict[str, list[int]] = {}
        for output, label in enumerate(labels):
            groups.setdefault(label.partition(":")[0], []).append(output)
        return {
            labels[output].partition(":")[2]: ConceptLabel(tuple(group), place)
            for group in groups.values()
            for place, output in enumerate(group)
        }
    if len(labels) != IMAGENET_CLASSES:
        raise ProtocolError(
            part,
            f"It has {len(labels)} classes. A judge has the {IMAGENET_CLASSES} of ImageNet-1k, or "
            "labels of the form kind:name; pin such a classifier.",
        )
    return {
        concept.name: ConceptLabel(tuple(range(IMAGENET_CLASSES)), concept.imagenet_index)
        for concept in CONCEPTS.values()
        if concept.imagenet_index is not None
    }


def network_of(model: PreTrainedModel) -> Network:
    """A transformers classifier as a `Network`."""

    def logits(pixels: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = model(pixel_values=pixels).logits
        return outputs

    return logits


@contextmanager
def _without_bars() -> Iterator[None]:
    """Hides the library's progress bars."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
