"""Keeping account of what was tried."""

from __future__ import annotations

from collections.abc import Mapping

from erasebench.optimisation.tries import PromptTry, SelectorVerdict, Tries


def accept_long(prompts: Mapping[int, str]) -> dict[int, SelectorVerdict]:
    """Success from four letters on; the probability grows with them."""
    return {i: SelectorVerdict(len(prompt) >= 4, len(prompt) / 10) for i, prompt in prompts.items()}


def test_a_success_ends_the_tries_of_its_index() -> None:
    """Indices stay open until the selector gives them success, and keep their order."""
    tries = Tries([7, 3, 5])
    assert tries.open == [7, 3, 5]

    tries.make({7: "a", 3: "abcd", 5: "ab"}, 0, accept_long)
    assert tries.open == [7, 5]

    tries.make({7: "abcde", 5: "abc"}, 20, accept_long)
    assert tries.open == [5]
    assert tries.made() == {
        7: (PromptTry("a", 0, False, 0.1), PromptTry("abcde", 20, True, 0.5)),
        3: (PromptTry("abcd", 0, True, 0.4),),
        5: (PromptTry("ab", 0, False, 0.2), PromptTry("abc", 20, False, 0.3)),
    }


def test_an_account_can_be_put_back() -> None:
    """What was stored as plain values is the same account again."""
    tries = Tries([1, 2])
    tries.make({1: "abcd", 2: "x"}, 0, accept_long)
    other = Tries([1, 2])

    other.restore(tries.state())

    assert other.made() == tries.made()
    assert other.open == [2]
