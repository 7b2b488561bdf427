"""Where a classifier's answer for a concept stands among its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from erasebench.concepts import CONCEPTS
from erasebench.errors import ProtocolError

IMAGENET_CLASSES = 1_000
"""Outputs of a classifier of ImageNet-1k, in the order of its indices."""


@dataclass(frozen=True)
class Answer:
    """Where a classifier's answer for a concept stands.

    Attributes:
        group: the outputs among which the classifier chooses.
        place: which of the group stands for the concept.
    """

    group: tuple[int, ...]
    place: int


def answers_of(labels: Sequence[str], part: str) -> dict[str, Answer]:
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
            labels[output].partition(":")[2]: Answer(tuple(group), place)
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
        concept.name: Answer(tuple(range(IMAGENET_CLASSES)), concept.imagenet_index)
        for concept in CONCEPTS.values()
        if concept.imagenet_index is not None
    }
