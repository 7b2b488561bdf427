"""The different ones among keys, and how to scatter what was computed once for each."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

_Key = TypeVar("_Key", bound=Hashable)


class Distinct(Generic[_Key]):
    """The U different keys among K, in order of first appearance.

    With `values` of length U, one for each different key, `values[index]` has one for each key.

    Attributes:
        keys: the U different keys.
        first: where each of them first appears among the K.
        index: which of the U each of the K is.
    """

    def __init__(self, keys: Sequence[_Key]) -> None:
        """Finds equals by hash."""
        number_of: dict[_Key, int] = {}
        self.first: list[int] = []
        self.index: list[int] = []
        for position, key in enumerate(keys):
            number = number_of.setdefault(key, len(number_of))
            if number == len(self.first):
                self.first.append(position)
            self.index.append(number)
        self.keys = list(number_of)

    def shares(self) -> npt.NDArray[np.float64]:
        """For each of the K keys, 1 over the number of its equals."""
        shares: npt.NDArray[np.float64] = 1 / np.bincount(self.index)[self.index]
        return shares
