"""The loss that every optimisation shares."""

from __future__ import annotations

from functools import partial

import torch
from diffusers import DDPMScheduler

from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE
from erasebench.optimisation.denoising import denoising_errors, random_denoising_loss
from erasebench.protocol import Protocol

TIMESTEPS = torch.tensor([0, 481, 999])


def normal(seed: int, *shape: int) -> torch.Tensor:
    """Standard normal numbers."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_errors_are_those_of_the_stock_scheduler_and_unet(
    pipeline: LoadedPipeline, protocol: Protocol
) -> None:
    """Noised by the library's scheduler and predicted row by row, the squared error is the same."""
    clean, noise = normal(0, 3, 4, 16, 16), normal(1, 3, 4, 16, 16)
    embedding = pipeline.encode_prompts(BASE, ["a picture of a church"])
    scheduler = DDPMScheduler.from_pretrained(protocol.base.folder / "scheduler")

    with torch.no_grad():
        found = denoising_errors(
            pipeline.schedule(4).alphas,
            partial(pipeline.predict_noise, BASE),
            clean,
            noise,
            TIMESTEPS,
            embedding.expand(3, -1, -1),
        )

        for row, timestep in enumerate(TIMESTEPS):
            noised = scheduler.add_noise(clean[row], noise[row], timestep)
            predicted = pipeline.weights(BASE).unet(noised[None], timestep, embedding).sample[0]
            wanted = (predicted - noise[row]).square().mean()
            torch.testing.assert_close(found[row], wanted, rtol=1e-4, atol=1e-5)


def test_a_perfect_prediction_has_no_error(pipeline: LoadedPipeline) -> None:
    """What is compared with the prediction is the noise that was added, row by row."""
    clean, noise = normal(0, 3, 4, 16, 16), normal(1, 3, 4, 16, 16)
    empty = pipeline.encode_prompts(BASE, [""]).expand(3, -1, -1)

    alphas = pipeline.schedule(4).alphas
    perfect = denoising_errors(alphas, lambda *_: noise, clean, noise, TIMESTEPS, empty)
    off = denoising_errors(
        alphas, lambda *_: noise + TIMESTEPS.view(3, 1, 1, 1), clean, noise, TIMESTEPS, empty
    )

    assert perfect.tolist() == [0, 0, 0]
    torch.testing.assert_close(off, TIMESTEPS.float() ** 2, rtol=1e-4, atol=0)


def test_a_batch_draws_from_all_pictures_and_levels(pipeline: LoadedPipeline) -> None:
    """Pictures, timesteps from 0 to 999 and noise are drawn from the generator, and only there."""
    clean = torch.arange(5).view(5, 1, 1, 1).expand(5, 4, 16, 16) * 1e4
    embedding = pipeline.encode_prompts(BASE, [""])
    alphas = pipeline.schedule(4).alphas
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def predict(
        latents: torch.Tensor, timestep: torch.Tensor, embeddings: torch.Tensor
    ) -> torch.Tensor:
        assert embeddings.shape == (400, *embedding.shape[1:])
        seen.append((latents, timestep))
        return torch.zeros_like(latents)

    losses = [
        random_denoising_loss(
            alphas, predict, clean, embedding, 400, torch.Generator().manual_seed(seed)
        )
        for seed in (0, 0, 1)
    ]

    latents, timesteps = seen[0]
    early = timesteps < 300
    drawn = (latents[early].mean(dim=(1, 2, 3)) / 1e4 / alphas[timesteps[early]].sqrt()).round()
    assert set(drawn.tolist()) == {0, 1, 2, 3, 4}
    assert timesteps.min() < 20
    assert 980 < timesteps.max() < 1000
    # Nothing is predicted, so the loss is the variance of the noise.
    assert abs(losses[0] - 1) < 0.02
    assert losses[0] == losses[1] != losses[2]
