"""Random prefixes: what as many tries as an attack has would give without any optimisation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from tqdm import tqdm

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import NoiseStream
from erasebench.optimisation.prefixed import PrefixedPrompt
from erasebench.optimisation.training import read_progress, write_progress
from erasebench.optimisation.tries import AskSelector, PromptTry, Tries
from erasebench.recipes import PrefixBudget


def try_random_prefixes(
    pipeline: LoadedPipeline,
    prompt: str,
    indices: Iterable[int],
    noise: NoiseSource,
    budget: PrefixBudget,
    look: AskSelector,
    progress: Path,
) -> dict[int, tuple[PromptTry, ...]]:
    """Tries prefixes of random tokens, under the rules of `attack_with_prefixes`.

    Args:
        pipeline: its tokenizer has the tokens.
        prompt: what the prefix stands before.
        indices: the prompt indices.
        noise: source of the tokens, by prompt index and try.
        budget: length and number of prefixes.
        look: draws prompts and asks the selector; an index that it gives success is tried no more.
        progress: file in which the tries are kept; it belongs to these arguments alone.

    Returns:
        Prompt index → what was tried, the plain prompt first.

    Raises:
        PromptTooLongError: if a prompt does not fit.
        DiskFullError: if progress cannot be kept.
    """
    prefixed = PrefixedPrompt(pipeline, prompt, budget.tokens)

    def written(index: int, number: int) -> str:
        generator = noise.open(NoiseStream("random_prefix", index, number))
        choice = torch.randint(len(prefixed.vocabulary), (budget.tokens,), generator=generator)
        return prefixed.written(choice)

    tries, number = Tries(indices), 0
    state = read_progress(progress)
    if state is None:
        tries.make(dict.fromkeys(tries.open, prompt), 0, look)
    else:
        number = state["number"]
        tries.restore(state["tries"])
    with tqdm(total=budget.tries, initial=number, desc="random prefixes", ncols=90) as bar:
        while number < budget.tries and tries.open:
            bar.set_postfix(left=len(tries.open))
            number += 1
            tries.make({index: written(index, number) for index in tries.open}, number, look)
            write_progress(progress, {"number": number, "tries": tries.state()})
            bar.update()
    return tries.made()
