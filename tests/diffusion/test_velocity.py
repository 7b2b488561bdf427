"""A base whose UNet predicts the velocity v: ε is computed from it, in the one way to the UNet."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler

from erasebench.diffusion.ddim import ddim_step, noise_of_velocity, read_schedule
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.errors import ProtocolError
from erasebench.optimisation.fine_tuning import fine_tune_unet
from erasebench.protocol import Protocol
from erasebench.recipes import Recipe
from tests.diffusion.stock import stock_pipeline

PROMPT = "a picture of a church"
TIMESTEPS = torch.tensor([1, 481, 981])


def scheduler_config(protocol: Protocol, prediction_type: str) -> dict[str, object]:
    """The tiny base's scheduler config, with another kind of prediction."""
    path = Path(protocol.base.folder) / "scheduler" / "scheduler_config.json"
    return {**json.loads(path.read_text()), "prediction_type": prediction_type}


@pytest.fixture(scope="module")
def config(protocol: Protocol) -> dict[str, object]:
    """The config of a base that predicts the velocity."""
    return scheduler_config(protocol, "v_prediction")


@pytest.fixture(scope="module")
def velocity(pipeline: LoadedPipeline, config: dict[str, object]) -> LoadedPipeline:
    """The tiny base's parts, with a UNet whose output is taken for the velocity."""
    return LoadedPipeline(pipeline.weights(BASE), pipeline.tokenizer, pipeline.vae, config)


@pytest.fixture(scope="module")
def latents() -> torch.Tensor:
    """Three latents of the tiny base's shape."""
    return torch.randn((3, 4, 16, 16), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("eta", [0.0, 1.0])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 2e-5)])
def test_a_step_by_the_velocity_is_the_stock_scheduler_s(
    config: dict[str, object], eta: float, dtype: torch.dtype, tolerance: float
) -> None:
    """At every step of a run ε of the velocity leads where the library's DDIM leads."""
    generator = torch.Generator().manual_seed(3)
    x, v, fresh = torch.randn(3, 4, 4, 8, 8, generator=generator, dtype=dtype)
    scheduler = DDIMScheduler.from_config(config)
    scheduler.set_timesteps(25)
    scheduler.alphas_cumprod = scheduler.alphas_cumprod.to(dtype)
    scheduler.final_alpha_cumprod = scheduler.final_alpha_cumprod.to(dtype)
    every_row = torch.full((4,), eta, dtype=torch.float64), torch.ones(4)

    for step in read_schedule(config, 25).steps:
        expected = scheduler.step(v, step.timestep, x, eta=eta, variance_noise=fresh).prev_sample
        predicted = noise_of_velocity(v, x, torch.tensor(step.alpha, dtype=torch.float64))
        actual = ddim_step(x, predicted, step, *every_row, fresh)

        torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


def test_the_loop_is_the_stock_pipeline_with_the_same_prediction(
    velocity: LoadedPipeline, protocol: Protocol, noise: NoiseSource, config: dict[str, object]
) -> None:
    """Guidance included: the library guides velocities, the loop the noise made of them."""
    stock = stock_pipeline(protocol)
    stock.scheduler = DDIMScheduler.from_config(config)
    start = NoiseStream("start", 0)
    asked = {
        "prompt": PROMPT,
        "num_inference_steps": protocol.steps,
        "guidance_scale": protocol.guidance_scale,
        "latents": noise.draw(start, (1, 4, 16, 16)),
    }
    expected = stock(**asked, output_type="latent").images
    by_noise = stock_pipeline(protocol)(**asked, output_type="latent").images

    actual = sample(velocity, protocol, noise, [Trajectory(PROMPT, BASE, start)], {}).latents

    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-4)
    assert (expected - by_noise).abs().max() > 0.01


def test_every_row_has_the_level_of_its_own_timestep(
    velocity: LoadedPipeline, pipeline: LoadedPipeline, latents: torch.Tensor
) -> None:
    """One timestep for all rows or one for each; by hand from what the same UNet gives."""
    embeddings = velocity.encode_prompts(BASE, [PROMPT] * 3)
    alphas = velocity.schedule(4).alphas[TIMESTEPS].float().view(3, 1, 1, 1)

    with torch.no_grad():
        output = pipeline.predict_noise(BASE, latents, TIMESTEPS, embeddings)
        together = velocity.predict_noise(BASE, latents, TIMESTEPS, embeddings)
        alone = velocity.predict_noise(BASE, latents[1:2], 481, embeddings[:1])

    expected = alphas.sqrt() * output + (1 - alphas).sqrt() * latents
    torch.testing.assert_close(together, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(alone, together[1:2], rtol=0, atol=1e-5)


def test_gradients_flow_to_latents_prompt_and_parameters(
    velocity: LoadedPipeline, latents: torch.Tensor
) -> None:
    """What attacks, guidance and trainings need; the set's own parameters stay as they are."""
    unet = velocity.weights(BASE).unet
    parameters = {
        name: torch.nn.Parameter(tensor.detach().clone())
        for name, tensor in unet.named_parameters()
    }
    x = latents.clone().requires_grad_()
    embeddings = velocity.encode_prompts(BASE, [PROMPT] * 3).requires_grad_()

    predicted = velocity.predict_noise(BASE, x, TIMESTEPS, embeddings, parameters)
    predicted.square().mean().backward()

    moved = [x.grad, embeddings.grad, *(tensor.grad for tensor in parameters.values())]
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in moved)
    assert not any(tensor.requires_grad for tensor in unet.parameters())
    with torch.no_grad():
        own = velocity.predict_noise(BASE, x, TIMESTEPS, embeddings)
    assert torch.equal(own, predicted)


def test_parameters_stand_in_for_one_call(pipeline: LoadedPipeline, latents: torch.Tensor) -> None:
    """One call equals that of a set with these tensors; the next call is as before."""
    name = "conv_in.weight"
    other = 2 * pipeline.weights(BASE).unet.get_parameter(name)
    embeddings = pipeline.encode_prompts(BASE, [PROMPT] * 3)
    pipeline.add_weights("other", {f"unet.{name}": other})

    with torch.no_grad():
        before = pipeline.predict_noise(BASE, latents, 481, embeddings)
        replaced = pipeline.predict_noise(BASE, latents, 481, embeddings, {name: other})
        edited = pipeline.predict_noise("other", latents, 481, embeddings)
        after = pipeline.predict_noise(BASE, latents, 481, embeddings)
    pipeline.remove_weights("other")

    assert torch.equal(replaced, edited)
    assert torch.equal(before, after)
    assert not torch.equal(before, replaced)


def test_fine_tuning_trains_the_velocity(
    velocity: LoadedPipeline, pipeline: LoadedPipeline, noise: NoiseSource, tmp_path: Path
) -> None:
    """Relearning goes through the same call, so the same UNet is led elsewhere by a velocity."""
    pictures = np.full((2, 32, 32, 3), 200, dtype=np.uint8)
    recipe = Recipe(updates=2, batch=2, learning_rate=1e-3)
    names = {"stream": "relearning", "label": "relearning"}
    tuned, otherwise = (
        fine_tune_unet(loaded, BASE, PROMPT, pictures, noise, recipe, tmp_path / name, **names)
        for name, loaded in (("velocity", velocity), ("noise", pipeline))
    )
    before = velocity.weights(BASE).tensors()

    assert all(tensor.isfinite().all() for tensor in tuned.values())
    assert not any(torch.equal(tensor, before[name]) for name, tensor in tuned.items())
    assert not all(torch.equal(tensor, otherwise[name]) for name, tensor in tuned.items())


def test_another_kind_of_prediction_is_an_expected_error(
    pipeline: LoadedPipeline, protocol: Protocol
) -> None:
    """It is refused when the base is loaded, with what is allowed."""
    config = scheduler_config(protocol, "sample")

    with pytest.raises(ProtocolError, match="'sample'; allowed: 'epsilon' or 'v_prediction'"):
        LoadedPipeline(pipeline.weights(BASE), pipeline.tokenizer, pipeline.vae, config)
