"""Random prefixes: the control of the prefix attack, with as many tries and no optimisation."""

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
        pipeline: holds the tokenizer.
        prompt: follows the prefix.
        indices: the prompt indices.
        noise: source of the tokens, by prompt index and try.
        budget: length and number of prefixes.
        look: generates prompts and asks the selector; an index with a success is not tried again.
        progress: file of the tries so far; it belongs to these arguments alone.

    Returns:
        Prompt index → its tries, the plain prompt first.

    Raises:
        PromptTooLongError: if a prompt does not fit.
        DiskFullError: if progress cannot be written.
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
