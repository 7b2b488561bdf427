"""Meaning of a data set's label numbers, from their names or as stated by the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from erasebench.concepts import Concept
from erasebench.errors import ErasebenchError, UnknownNameError
from erasebench.imagenet import CLASSES, IMAGENET_CLASSES, IMAGENETTE, Numbering

_LABELS: Mapping[Numbering, int] = {
    "imagenet-1k": IMAGENET_CLASSES,
    "imagenette": len(IMAGENETTE),
}
"""Number of labels by numbering."""

_STATED: Mapping[Numbering, Mapping[int, int]] = {
    "imagenet-1k": {one.index: one.index for one in CLASSES},
    "imagenette": {one.index: number for number, one in enumerate(IMAGENETTE)},
}
"""By numbering: index in ImageNet-1k → label number."""


class LabelsError(ErasebenchError):
    """Labels whose meaning is unclear or contradicts the stated numbering."""


@dataclass(frozen=True)
class Labelling:
    """Meaning of label numbers.

    Attributes:
        names: of the labels, by number; None if they have none.
        numbers: index in ImageNet-1k → label number, for the classes that are concepts.
        count: number of labels, numbered from 0.
    """

    names: tuple[str, ...] | None
    numbers: Mapping[int, int]
    count: int

    def number_of(self, concept: Concept, label: str | None = None) -> int:
        """Label number of a concept.

        Args:
            concept: the concept.
            label: name of the label to use instead.

        Raises:
            UnknownNameError: if there is no such label, or none for the concept.
            LabelsError: if none is found among as many labels as ImageNet-1k has.
        """
        index = concept.imagenet_index
        if label is None and index is not None and index in self.numbers:
            return self.numbers[index]
        known = self.names or tuple(map(str, range(self.count)))
        wanted = label or concept.name
        if wanted in known:
            return known.index(wanted)
        if label is None and not self.numbers and self.count == IMAGENET_CLASSES:
            raise LabelsError(
                f"None of the 1000 labels is named for {concept.name}; label 0 is {known[0]!r}. If "
                "they are numbered like ImageNet-1k, add --labels imagenet-1k; otherwise give the "
                "label with --label."
            )
        raise UnknownNameError("label", wanted, known)

    def name(self, number: int) -> str:
        """Name of a label; its number if it has no name."""
        return str(number) if self.names is None else self.names[number]


def labelling_of(data: str, names: tuple[str, ...] | None, stated: Numbering | None) -> Labelling:
    """Meaning of a data set's label numbers.

    Args:
        data: the data set, for messages.
        names: of its labels, by number; None if they have none.
        stated: numbering stated by the user; None to use the names.

    Raises:
        LabelsError: if neither names nor statement are given, or they contradict each other.
    """
    named = {} if names is None else _named(names)
    if stated is None:
        if names is None:
            raise LabelsError(
                f"{data}: Its labels have no names. State their numbering with --labels: "
                f"{' or '.join(get_args(Numbering))}."
            )
        return Labelling(names, named, len(names))
    if names is not None and len(names) != _LABELS[stated]:
        raise LabelsError(
            f"{data}: It has {len(names)} labels, but {stated} has {_LABELS[stated]}. Omit "
            "--labels to use the names of the labels."
        )
    numbers = _STATED[stated]
    if wrong := [index for index, number in named.items() if numbers.get(index) != number]:
        assert names is not None
        raise LabelsError(
            f"{data}: Its label {named[wrong[0]]} is named {names[named[wrong[0]]]!r}, which has "
            f"another number in {stated}. Omit --labels."
        )
    return Labelling(names, numbers, _LABELS[stated])


def _named(names: tuple[str, ...]) -> dict[int, int]:
    """Index in ImageNet-1k → label number, for labels with a known name."""
    return {
        one.index: number
        for one in CLASSES
        for number, name in enumerate(names)
        if name in one.names
    }
