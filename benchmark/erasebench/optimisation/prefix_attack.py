"""UnlearnDiffAtk: for each prompt index, a prefix of a few tokens that recovers a concept.

For one index, with x0 the latent of an image that shows the concept, k rows of probabilities P over
the vocabulary, and c(P) the embedding of the prompt after tokens sampled from P:

    minimise over P  ‖ε − ε_θ(sqrt(ᾱ_t)·x0 + sqrt(1 − ᾱ_t)·ε, t, c(P))‖²,  every row on the simplex

1. A token of each row is sampled, with straight-through gradients (hardtanh).
2. Adam, with weight decay in the gradient.
3. Each row is projected on the simplex.
4. t = floor((i + ½)·T/n) for i = 0 … n − 1, u updates each; the optimiser's state is carried from
   one to the next. At fixed intervals the likeliest tokens are decoded to a prompt that a user
   could type, and the selector judges its image. The plain prompt is tried first, and the first
   success ends an index.

Source: Zhang et al., "To Generate or Not? Safety-Driven Unlearned Diffusion Models Are Still Easy
To Generate Unsafe Images" (ECCV 2024), and its released code; settings of Lu et al. 2025, D.2.
Deviation: all prompt indices are optimised in one batch, none depending on the others. Noise and
samples are independent, keyed by prompt index and update, hence by timestep; the released code
resets the global seed at every check, so that they repeat from block to block, and checks after
every timestep. Partial-character and special tokens are excluded. `project_on_simplex` has one
more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import NoiseStream
from erasebench.errors import OverflowedError
from erasebench.optimisation.denoising import denoising_errors
from erasebench.optimisation.prefixed import PrefixedPrompt
from erasebench.optimisation.simplex import draw_one_hot, project_on_simplex
from erasebench.optimisation.training import read_progress, write_progress
from erasebench.optimisation.tries import AskSelector, PromptTry, Tries
from erasebench.recipes import PrefixBudget

_SHARE_OF_A_CALL = {"cpu": 2, "cuda": 8, "mps": 8}
"""A call with gradients has the rows of one without, divided by this.

On a GPU memory limits it. A CPU has enough, and 32 rows at once are a fifth faster than 8.
"""


def attack_with_prefixes(
    pipeline: LoadedPipeline,
    weights: str,
    prompt: str,
    targets: Mapping[int, torch.Tensor],
    noise: NoiseSource,
    budget: PrefixBudget,
    look: AskSelector,
    progress: Path,
) -> dict[int, tuple[PromptTry, ...]]:
    """Optimises a prefix for each prompt index until the selector recognises the concept.

    An attack that was killed resumes after the last timestep that it finished.

    Args:
        pipeline: holds the weights.
        weights: name of the set that is attacked; it is not changed.
        prompt: follows the prefix.
        targets: prompt index → latent x0 of an image that shows the concept, (C, h, w), scaled as
            the UNet knows them.
        noise: source of everything random, by prompt index and update.
        budget: lengths and numbers.
        look: generates prompts and asks the selector; an index with a success leaves the batch.
        progress: file of the attack's progress; it belongs to these arguments alone.

    Returns:
        Prompt index → its tries, the plain prompt first.

    Raises:
        PromptTooLongError: if a prompt does not fit.
        OverflowedError: if the weights give no finite prediction.
        DiskFullError: if progress cannot be written.
    """
    alphas = pipeline.schedule(steps=1).alphas
    optimiser = _Prefixes(pipeline, weights, prompt, targets, noise, budget)
    tries, timesteps = Tries(targets), 0
    state = read_progress(progress)
    if state is None:
        tries.make(dict.fromkeys(targets, prompt), 0, look)
    else:
        timesteps = state["timesteps"]
        tries.restore(state["tries"])
        optimiser.restore(state["optimiser"])

    with tqdm(total=budget.timesteps, initial=timesteps, desc="attacking", ncols=90) as bar:
        while timesteps < budget.timesteps and tries.open:
            bar.set_postfix(left=len(tries.open))
            timestep = (2 * timesteps + 1) * len(alphas) // (2 * budget.timesteps)
            for update in range(budget.updates):
                optimiser.update(tries.open, timestep, timesteps * budget.updates + update)
            timesteps += 1
            if timesteps % budget.timesteps_per_try == 0:
                prompts = {index: optimiser.prompt(index) for index in tries.open}
                tries.make(prompts, timesteps * budget.updates, look)
            now = {"timesteps": timesteps, "tries": tries.state(), "optimiser": optimiser.state()}
            write_progress(progress, now)
            bar.update()
    return tries.made()


class _Prefixes:
    """The probabilities P of every prompt index, and Adam on them."""

    def __init__(
        self,
        pipeline: LoadedPipeline,
        weights: str,
        prompt: str,
        targets: Mapping[int, torch.Tensor],
        noise: NoiseSource,
        budget: PrefixBudget,
    ) -> None:
        """Starts from the uniform distribution."""
        self._pipeline = pipeline
        self._alphas = pipeline.schedule(steps=1).alphas
        self._predict = partial(pipeline.predict_noise, weights)
        self._weights = pipeline.weights(weights)
        self._prefixed = PrefixedPrompt(pipeline, prompt, budget.tokens)
        self._targets = targets
        self._noise = noise
        vocabulary = self._prefixed.vocabulary.to(pipeline.device)
        known = self._weights.text_encoder.get_input_embeddings().weight
        self._rows_of_vocabulary = known[vocabulary].float()
        # The tokens after the known ones stand for the sampled rows.
        self._first_drawn = len(known)
        shape = (budget.tokens, len(vocabulary))
        uniform = torch.full(shape, 1 / len(vocabulary), device=pipeline.device)
        self._probabilities = {index: torch.nn.Parameter(uniform.clone()) for index in targets}
        self._optimiser = torch.optim.Adam(
            self._probabilities.values(), lr=budget.learning_rate, weight_decay=budget.weight_decay
        )

    def update(self, indices: Sequence[int], timestep: int, number: int) -> None:
        """Takes one update of some prompt indices; the others stay."""
        self._optimiser.zero_grad()
        share = _SHARE_OF_A_CALL[self._pipeline.device.type]
        size = max(1, self._pipeline.rows_per_call // share)
        for at in range(0, len(indices), size):
            # A sum, so that no row's gradient depends on how many there are.
            self._errors(indices[at : at + size], timestep, number).sum().backward()
        gradients = [self._probabilities[index].grad for index in indices]
        if not all(gradient is not None and gradient.isfinite().all() for gradient in gradients):
            raise OverflowedError("The gradient of the noise that the attacked weights predict")
        self._optimiser.step()
        with torch.no_grad():
            moved = torch.stack([self._probabilities[index] for index in indices])
            for index, rows in zip(indices, project_on_simplex(moved), strict=True):
                self._probabilities[index].copy_(rows)

    def prompt(self, index: int) -> str:
        """The prompt after the likeliest tokens of a prompt index."""
        return self._prefixed.written(self._probabilities[index].argmax(dim=-1))

    def state(self) -> dict[str, Any]:
        """All that `update` changes."""
        return {
            "probabilities": {index: rows.detach() for index, rows in self._probabilities.items()},
            "adam": self._optimiser.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Puts back what `state` gave."""
        with torch.no_grad():
            for index, rows in self._probabilities.items():
                rows.copy_(state["probabilities"][index])
        self._optimiser.load_state_dict(state["adam"])

    def _errors(self, indices: Sequence[int], timestep: int, number: int) -> torch.Tensor:
        """The loss of each of N prompt indices, (N,)."""
        device = self._pipeline.device
        probabilities = torch.stack([self._probabilities[index] for index in indices])
        count, prefix_tokens, _ = probabilities.shape

        # 1. What is random, each index from a generator of its own.
        noise, uniform = [], []
        for index in indices:
            generator = self._noise.open(NoiseStream("prefix_attack", index, number))
            noise.append(torch.randn(self._pipeline.latent_shape, generator=generator))
            uniform.append(torch.rand(prefix_tokens, generator=generator))

        # 2. c(P).
        drawn = draw_one_hot(probabilities, torch.stack(uniform).to(device))
        rows = (drawn @ self._rows_of_vocabulary).flatten(0, 1)
        places = self._first_drawn + torch.arange(len(rows), device=device)
        tokens = self._prefixed.tokens(places.view(count, prefix_tokens))
        embeddings = self._weights.encode_with_rows(tokens, rows)

        # 3. How well the noise in the target is predicted with it.
        errors = denoising_errors(
            self._alphas,
            self._predict,
            torch.stack([self._targets[index] for index in indices]),
            torch.stack(noise),
            torch.full((count,), timestep),
            embeddings,
        )
        if not errors.isfinite().all():
            raise OverflowedError("The noise that the attacked weights predict")
        return errors
