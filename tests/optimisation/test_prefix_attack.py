"""The prefix attack: its timesteps, its stops, independence, and that it finds better prefixes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
import torch

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE, SUBMISSION
from erasebench.errors import OverflowedError
from erasebench.optimisation import prefix_attack
from erasebench.optimisation.denoising import denoising_errors
from erasebench.optimisation.prefix_attack import attack_with_prefixes
from erasebench.optimisation.prefixed import PrefixedPrompt
from erasebench.optimisation.tries import SelectorVerdict
from erasebench.recipes import PrefixBudget
from tests.optimisation.watched import WatchedNoise

PROMPT = "a picture of a church"
BUDGET = PrefixBudget(tokens=3, timesteps=4, updates=3, timesteps_per_try=2)


def targets(*indices: int) -> dict[int, torch.Tensor]:
    """A latent for each prompt index, by the index alone."""
    return {
        index: torch.randn((4, 16, 16), generator=torch.Generator().manual_seed(index))
        for index in indices
    }


def refuse(prompts: Mapping[int, str]) -> dict[int, SelectorVerdict]:
    """Nothing is a success."""
    return {index: SelectorVerdict(success=False, probability=0.0) for index in prompts}


def test_tries_come_after_every_second_timestep(
    pipeline: LoadedPipeline, noise: NoiseSource, tmp_path: Path
) -> None:
    """The plain prompt first, then at 2 and 4 timesteps of 3 updates; the prompt stays behind."""
    made = attack_with_prefixes(
        pipeline, BASE, PROMPT, targets(0, 1), noise, BUDGET, refuse, tmp_path / "progress"
    )

    assert [one.update for one in made[0]] == [0, 6, 12]
    assert made[0][0].prompt == PROMPT
    assert made[0][1].prompt.endswith("picture of a church")
    assert made[0][1].prompt not in (PROMPT, made[1][1].prompt)


def test_timesteps_are_the_middles_of_equal_parts(
    pipeline: LoadedPipeline,
    noise: NoiseSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their t is floor((i + ½)·1000/n), rising, each for all its updates and all prompt indices."""
    seen: list[list[int]] = []

    def watched(*given: torch.Tensor) -> torch.Tensor:
        seen.append(given[4].tolist())
        return denoising_errors(*given)

    monkeypatch.setattr(prefix_attack, "denoising_errors", watched)
    budget = PrefixBudget(tokens=1, timesteps=3, updates=2, timesteps_per_try=2)

    attack_with_prefixes(
        pipeline, BASE, PROMPT, targets(0, 1), noise, budget, refuse, tmp_path / "progress"
    )

    assert seen == [[t, t] for t in (166, 166, 500, 500, 833, 833)]


def test_an_index_leaves_the_batch_at_its_first_success(
    pipeline: LoadedPipeline, noise: NoiseSource, tmp_path: Path
) -> None:
    """Nothing is drawn for it any more, and when none is left the attack ends."""
    watched = WatchedNoise.of(noise)
    success_at = {0: 0, 1: 6, 2: 6}
    asked: list[list[int]] = []

    def look(prompts: Mapping[int, str]) -> dict[int, SelectorVerdict]:
        update = 6 * len(asked)
        asked.append(list(prompts))
        return {index: SelectorVerdict(success_at[index] == update, 0.5) for index in prompts}

    made = attack_with_prefixes(
        pipeline, BASE, PROMPT, targets(0, 1, 2), watched, BUDGET, look, tmp_path / "progress"
    )

    assert asked == [[0, 1, 2], [1, 2]]
    assert [(s.prompt_index, s.variant) for s in watched.opened] == [
        (index, update) for update in range(6) for index in (1, 2)
    ]
    assert [tries[-1].success for tries in made.values()] == [True, True, True]


def test_an_index_does_not_depend_on_its_company(
    pipeline: LoadedPipeline, noise: NoiseSource, tmp_path: Path
) -> None:
    """Alone, or with one that leaves early and one that stays, it comes to the same prompts."""

    def look(prompts: Mapping[int, str]) -> dict[int, SelectorVerdict]:
        return {
            index: SelectorVerdict(index == 4 and prompts[4] != PROMPT, 0.0) for index in prompts
        }

    attack = partial(attack_with_prefixes, pipeline, SUBMISSION, PROMPT)
    alone = attack(targets(7), noise, BUDGET, look, tmp_path / "alone")
    together = attack(targets(2, 4, 7), noise, BUDGET, look, tmp_path / "together")

    assert [one.success for one in together[4]] == [False, True]
    assert together[7] == alone[7]
    kept, also = (
        torch.load(tmp_path / name)["optimiser"]["probabilities"][7]
        for name in ("alone", "together")
    )
    torch.testing.assert_close(kept, also, rtol=0, atol=1e-4)


@pytest.mark.parametrize("opened", [1, 13, 17])
def test_a_killed_attack_comes_to_the_same_end(
    pipeline: LoadedPipeline, noise: NoiseSource, tmp_path: Path, opened: int
) -> None:
    """Stopped in the first, third or last timestep, it goes on from the one before."""

    def look(prompts: Mapping[int, str]) -> dict[int, SelectorVerdict]:
        return {
            index: SelectorVerdict(index == 1 and prompts[1] != PROMPT, 0.1) for index in prompts
        }

    attack = partial(attack_with_prefixes, pipeline, BASE, PROMPT, targets(0, 1))
    whole = attack(noise, BUDGET, look, tmp_path / "whole")
    killed = WatchedNoise.of(noise, stop_at=opened)
    with pytest.raises(KeyboardInterrupt):
        attack(killed, BUDGET, look, tmp_path / "killed")
    resumed = WatchedNoise.of(noise)

    # Two indices draw in the first six updates, one in the other six.
    finished = (0, 6, 12, 15)[sum(opened > drawn for drawn in (6, 12, 15))]
    assert attack(resumed, BUDGET, look, tmp_path / "killed") == whole
    assert len(resumed.opened) == 18 - finished
    ends = [
        torch.load(tmp_path / name)["optimiser"]["probabilities"] for name in ("whole", "killed")
    ]
    assert all(torch.equal(ends[0][index], ends[1][index]) for index in (0, 1))


def test_an_attack_finds_better_tokens_than_luck(
    pipeline: LoadedPipeline, noise: NoiseSource, tmp_path: Path
) -> None:
    """On noise that was not trained on, its likeliest tokens beat the mean of random ones."""
    budget = PrefixBudget(tokens=3, timesteps=8, updates=10, timesteps_per_try=2)
    clean = targets(0, 1, 2, 3)
    attack_with_prefixes(pipeline, BASE, PROMPT, clean, noise, budget, refuse, tmp_path / "attack")
    found = torch.load(tmp_path / "attack")["optimiser"]["probabilities"]
    prefixed = PrefixedPrompt(pipeline, PROMPT, 3)
    text_encoder = pipeline.weights(BASE).text_encoder

    def mean_errors(index: int, places: torch.Tensor) -> torch.Tensor:
        """The error of each of N prefixes, (N,), on the same 16 noised latents."""
        generator = torch.Generator().manual_seed(100 + index)
        noise = torch.randn((16, 4, 16, 16), generator=generator)
        timesteps = torch.randint(1000, (16,), generator=generator)
        embeddings = text_encoder(prefixed.tokens(prefixed.vocabulary[places])).last_hidden_state
        errors = [
            denoising_errors(
                pipeline.schedule(4).alphas,
                partial(pipeline.predict_noise, BASE),
                clean[index].expand(16, -1, -1, -1),
                noise,
                timesteps,
                embedding.expand(16, -1, -1),
            ).mean()
            for embedding in embeddings
        ]
        return torch.stack(errors)

    generator = torch.Generator().manual_seed(5)
    for index in clean:
        by_luck = torch.randint(len(prefixed.vocabulary), (8, 3), generator=generator)
        with torch.no_grad():
            optimised = mean_errors(index, found[index].argmax(dim=-1)[None])
            random = mean_errors(index, by_luck)

        assert optimised < random.mean() - random.std()


def test_a_gradient_that_is_not_finite_is_an_error_where_the_loss_is_finite(
    pipeline: LoadedPipeline, noise: NoiseSource, tmp_path: Path
) -> None:
    """It would make the probabilities no numbers; nothing of the update is kept."""

    def overflow(gradient: torch.Tensor) -> torch.Tensor:
        return gradient * torch.inf

    def watch(_: torch.nn.Module, __: object, encoded: torch.Tensor) -> None:
        encoded.register_hook(overflow)

    pipeline.weights(BASE).text_encoder.final_layer_norm.register_forward_hook(watch)

    with pytest.raises(OverflowedError, match="gradient of the noise"):
        attack_with_prefixes(
            pipeline, BASE, PROMPT, targets(0), noise, BUDGET, refuse, tmp_path / "progress"
        )
    assert not (tmp_path / "progress").exists()


def test_weights_without_a_finite_prediction_are_an_error(
    pipeline: LoadedPipeline, noise: NoiseSource, tmp_path: Path
) -> None:
    """An attack on them would choose nothing."""
    pipeline.add_weights("broken", {"unet.conv_out.bias": torch.full((4,), torch.inf)})

    with pytest.raises(OverflowedError, match="attacked weights"):
        attack_with_prefixes(
            pipeline, "broken", PROMPT, targets(0), noise, BUDGET, refuse, tmp_path / "progress"
        )
