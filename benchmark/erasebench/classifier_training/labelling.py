"""What the numbers of a data set's labels stand for, as its own names say or as was stated."""

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
"""How many labels there are of either numbering."""

_STATED: Mapping[Numbering, Mapping[int, int]] = {
    "imagenet-1k": {one.index: one.index for one in CLASSES},
    "imagenette": {one.index: number for number, one in enumerate(IMAGENETTE)},
}
"""By numbering: index in ImageNet-1k → number of the label."""


class LabelsError(ErasebenchError):
    """Labels that do not say what they stand for, or say something else than was stated."""


@dataclass(frozen=True)
class Labelling:
    """What label numbers stand for.

    Attributes:
        names: of the labels, by number; None where they are bare numbers.
        numbers: index in ImageNet-1k → number of the label, for the classes that are concepts.
        count: numbers there can be, from 0 on.
    """

    names: tuple[str, ...] | None
    numbers: Mapping[int, int]
    count: int

    def number_of(self, concept: Concept, label: str | None = None) -> int:
        """The number of the label that stands for a concept.

        Args:
            concept: the concept.
            label: a label's whole name, where that is to be taken.

        Raises:
            UnknownNameError: if no label is called so, or stands for the concept.
            LabelsError: the same, where there are as many as in ImageNet-1k.
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
                f"Of a thousand labels none has a name that stands for {concept.name}; label 0 is "
                f"{known[0]!r}. If they count as ImageNet-1k does, say so with --labels "
                "imagenet-1k; otherwise name the label with --label."
            )
        raise UnknownNameError("label", wanted, known)

    def name(self, number: int) -> str:
        """What a label is called; its number where it has no name."""
        return str(number) if self.names is None else self.names[number]


def labelling_of(data: str, names: tuple[str, ...] | None, stated: Numbering | None) -> Labelling:
    """What a data set's label numbers stand for.

    Args:
        data: the data set, for messages.
        names: of its labels, by number; None where they are bare numbers.
        stated: what the numbers count; None where the names are to say it.

    Raises:
        LabelsError: if neither names nor statement say it, or they differ.
    """
    told = {} if names is None else _told(names)
    if stated is None:
        if names is None:
            raise LabelsError(
                f"{data}: Its labels are bare numbers. Say what they count with --labels: "
                f"{' or '.join(get_args(Numbering))}."
            )
        return Labelling(names, told, len(names))
    if names is not None and len(names) != _LABELS[stated]:
        raise LabelsError(
            f"{data}: It has {len(names)} labels, and {stated} has {_LABELS[stated]}. "
            "Leave --labels out where labels have names that tell."
        )
    numbers = _STATED[stated]
    if wrong := [index for index, number in told.items() if numbers.get(index) != number]:
        assert names is not None
        raise LabelsError(
            f"{data}: By its names label {told[wrong[0]]} is {names[told[wrong[0]]]!r}, and in "
            f"{stated} that has another number. Leave --labels out."
        )
    return Labelling(names, numbers, _LABELS[stated])


def _told(names: tuple[str, ...]) -> dict[int, int]:
    """What whole names tell: index in ImageNet-1k → number of the label."""
    return {
        one.index: number
        for one in CLASSES
        for number, name in enumerate(names)
        if name in one.names
    }
