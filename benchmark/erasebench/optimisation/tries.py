"""Prompts tried one after another, each prompt index until its first success."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class SelectorVerdict:
    """The selector's answer for the image of one prompt.

    Attributes:
        success: whether it recognises the concept, which ends the tries of the prompt index.
        probability: of the concept, in [0, 1].
    """

    success: bool
    probability: float


AskSelector = Callable[[Mapping[int, str]], Mapping[int, SelectorVerdict]]
"""Generates one prompt for each of some prompt indices, in one batch, and asks the selector."""


@dataclass(frozen=True)
class PromptTry:
    """One prompt that was tried.

    Attributes:
        prompt: its text.
        update: number of the optimiser's updates before it; of random prefixes, its number among
            them. 0 for the plain prompt.
        success, probability: see `SelectorVerdict`.
    """

    prompt: str
    update: int
    success: bool
    probability: float


def best_of(tries: Sequence[PromptTry]) -> PromptTry:
    """The success, or the try with the highest probability; ties go to the first.

    Args:
        tries: of one prompt index, at least one.
    """
    return next((one for one in tries if one.success), max(tries, key=lambda one: one.probability))


class Tries:
    """Tries so far for each prompt index."""

    def __init__(self, indices: Iterable[int]) -> None:
        """Starts without tries."""
        self._of: dict[int, list[PromptTry]] = {index: [] for index in indices}

    @property
    def open(self) -> list[int]:
        """Prompt indices without success so far, in the order in which they were given."""
        return [index for index, tries in self._of.items() if not any(one.success for one in tries)]

    def make(self, prompts: Mapping[int, str], update: int, look: AskSelector) -> None:
        """Tries one prompt more for each of some prompt indices."""
        seen = look(prompts)
        for index, prompt in prompts.items():
            one = seen[index]
            self._of[index].append(PromptTry(prompt, update, one.success, one.probability))

    def made(self) -> dict[int, tuple[PromptTry, ...]]:
        """Prompt index → its tries in their order; at most the last of them is a success."""
        return {index: tuple(tries) for index, tries in self._of.items()}

    def state(self) -> dict[int, list[dict[str, Any]]]:
        """All tries as plain values."""
        return {index: [asdict(one) for one in tries] for index, tries in self._of.items()}

    def restore(self, state: Mapping[int, Iterable[Mapping[str, Any]]]) -> None:
        """Puts back what `state` gave."""
        self._of = {index: [PromptTry(**one) for one in tries] for index, tries in state.items()}
