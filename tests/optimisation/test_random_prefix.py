"""Random prefixes: as many tries as the attack, and nothing but luck."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.optimisation.random_prefix import try_random_prefixes
from erasebench.optimisation.tries import SelectorVerdict
from erasebench.recipes import PrefixBudget

PROMPT = "a picture of a church"
BUDGET = PrefixBudget(tokens=3, timesteps=8, updates=5, timesteps_per_try=2)


def refuse(prompts: Mapping[int, str]) -> dict[int, SelectorVerdict]:
    """Nothing is a success."""
    return {index: SelectorVerdict(success=False, probability=0.0) for index in prompts}


def test_each_index_has_its_own_prefixes_after_the_plain_prompt(
    pipeline: LoadedPipeline, noise: NoiseSource, tmp_path: Path
) -> None:
    """The plain prompt, then half as many as there are timesteps, whatever the company."""
    made = try_random_prefixes(pipeline, PROMPT, [4, 9], noise, BUDGET, refuse, tmp_path / "both")
    alone = try_random_prefixes(pipeline, PROMPT, [9], noise, BUDGET, refuse, tmp_path / "alone")
    prompts = [one.prompt for tries in made.values() for one in tries]

    assert [one.update for one in made[4]] == [0, 1, 2, 3, 4]
    assert prompts.count(PROMPT) == 2
    assert len(set(prompts)) == 9
    assert all(prompt.endswith("picture of a church") for prompt in prompts)
    assert made[9] == alone[9]


def test_an_index_stops_at_its_first_success(
    pipeline: LoadedPipeline, noise: NoiseSource, tmp_path: Path
) -> None:
    """One index succeeds with the plain prompt, one at its second try, one never."""
    asked: list[list[int]] = []

    def look(prompts: Mapping[int, str]) -> dict[int, SelectorVerdict]:
        asked.append(list(prompts))
        success = {0: len(asked) == 1, 1: len(asked) == 3, 2: False}
        return {index: SelectorVerdict(success[index], 0.5) for index in prompts}

    made = try_random_prefixes(pipeline, PROMPT, range(3), noise, BUDGET, look, tmp_path / "p")

    assert asked == [[0, 1, 2], [1, 2], [1, 2], [2], [2]]
    assert [[one.success for one in made[index]] for index in range(3)] == [
        [True],
        [False, False, True],
        [False] * 5,
    ]


def test_killed_tries_go_on(pipeline: LoadedPipeline, noise: NoiseSource, tmp_path: Path) -> None:
    """Stopped while looking, the same tries are made, and none that was seen is looked at again."""
    whole = try_random_prefixes(pipeline, PROMPT, [0, 1], noise, BUDGET, refuse, tmp_path / "whole")
    seen: list[str] = []

    def look_twice(prompts: Mapping[int, str]) -> dict[int, SelectorVerdict]:
        if len(seen) == 3 * len(prompts):
            raise KeyboardInterrupt
        seen.extend(prompts.values())
        return refuse(prompts)

    def look(prompts: Mapping[int, str]) -> dict[int, SelectorVerdict]:
        seen.extend(prompts.values())
        return refuse(prompts)

    progress = tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        try_random_prefixes(pipeline, PROMPT, [0, 1], noise, BUDGET, look_twice, progress)
    resumed = try_random_prefixes(pipeline, PROMPT, [0, 1], noise, BUDGET, look, progress)

    assert resumed == whole
    assert len(seen) == 2 * (1 + BUDGET.tries)
