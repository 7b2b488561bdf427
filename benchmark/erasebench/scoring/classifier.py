"""Image classifiers as judges: one way to see pictures and to read answers, for every network."""

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
from erasebench.protocol import ClassifierPin, PixelInput
from erasebench.scoring.judge import TOP, Recognitions
from erasebench.scoring.pixels import to_input
from erasebench.submission.pin import check_pins

Network = Callable[[torch.Tensor], torch.Tensor]
"""float32 (N, 3, size, size) as `to_input` gives it → float32 (N, K), a number for each class."""


@dataclass(frozen=True)
class ConceptLabel:
    """Where a classifier's answer for a concept stands.

    Attributes:
        group: the outputs among which the classifier chooses.
        place: which of the group stands for the concept.
    """

    group: tuple[int, ...]
    place: int


class Classifier:
    """A judge whose answer for a concept is one of a group of exclusive outputs of a network.

    A bundled classifier has a group for objects and one for styles, each with a `none`; an
    ImageNet classifier has one group of a thousand and knows objects alone.
    """

    def __init__(
        self,
        network: Network,
        answers: Mapping[str, ConceptLabel],
        pixels: PixelInput,
        device: torch.device,
    ) -> None:
        """Takes a network that is ready for inference; `load_classifier` makes one so.

        Args:
            network: gives a number for each class.
            answers: by the name of the concept.
            pixels: how it sees pictures.
            device: where it is.
        """
        self._network = network
        self._answers = answers
        self._pixels = pixels
        self._device = device

    def judge(self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]) -> Recognitions:
        """Asks of each picture whether it shows its target; see `Judge`."""
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
        """Whether a picture's first answer is one of the targets; see `Judge`."""
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


def load_classifier(pin: ClassifierPin, device: torch.device) -> Classifier:
    """Loads a pinned classifier from its folder, in transformers layout, as float32.

    Raises:
        ProtocolError: if the folder does not hold the pinned model, a tensor of its network is
            missing or misshaped, or its classes are no judge's.
    """
    check_pins(pin.model)
    # The library renames the tensors of older files, which those on the Hub are, and draws what is
    # missing at random. Tensors too many cannot move an answer.
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
    """The answer for each concept that a classifier with these labels knows.

    Labels are either all `kind:name`, each kind a group, or there are a thousand of them. Those are
    taken for ImageNet-1k's: answers are found by `Concept.imagenet_index`, never by words.

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
            f"It tells {len(labels)} classes apart. A judge has the {IMAGENET_CLASSES} of "
            "ImageNet-1k, or labels of the form kind:name; pin one that has.",
        )
    return {
        concept.name: ConceptLabel(tuple(range(IMAGENET_CLASSES)), concept.imagenet_index)
        for concept in CONCEPTS.values()
        if concept.imagenet_index is not None
    }


def network_of(model: PreTrainedModel) -> Network:
    """A classifier of transformers as a network."""

    def logits(pixels: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = model(pixel_values=pixels).logits
        return outputs

    return logits


@contextmanager
def _without_bars() -> Iterator[None]:
    """Keeps the library from drawing a bar for what takes a second."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
