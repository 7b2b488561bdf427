"""Classifier guidance in the sampling loop."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import pytest
import torch

from erasebench.diffusion.ddim import ddim_step
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.noise import NoiseSource, initialised
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import Samples, sample
from erasebench.diffusion.trajectory import BASE, SUBMISSION, Guide, NoiseStream, Trajectory
from erasebench.protocol import Protocol
from tests.agreement import LATENTS, indistinct
from tests.diffusion.conftest import CPU

PROMPT = "a picture of a church"
START, STEPS = NoiseStream("start", 0), NoiseStream("step", 0, 0)
SCALE = 200.0
"""Moves the latents of the tiny world well beyond the tolerance."""


@pytest.fixture(scope="module")
def classifiers(pipeline: LoadedPipeline) -> Mapping[str, LatentClassifier]:
    """Two classifiers of random weights, which are sure of something about any latent."""
    alphas = pipeline.schedule(1).alphas
    made = {}
    for seed, name in enumerate(("church", "tench")):
        with initialised(seed), torch.no_grad():
            made[name] = LatentClassifier(pipeline.latent_shape, alphas).requires_grad_(False)
            made[name].logit.weight.mul_(20)
    return made


class Draw:
    """Draws with the tiny pipeline and both classifiers."""

    def __init__(
        self,
        pipeline: LoadedPipeline,
        protocol: Protocol,
        noise: NoiseSource,
        classifiers: Mapping[str, LatentClassifier],
    ) -> None:
        """Remembers what all draws share."""
        self._parts = pipeline, protocol, noise
        self._classifiers = classifiers

    def __call__(self, *trajectories: Trajectory) -> Samples:
        """Draws these as one batch."""
        return sample(*self._parts, trajectories, {}, self._classifiers)


@pytest.fixture(scope="module")
def draw(
    pipeline: LoadedPipeline,
    protocol: Protocol,
    noise: NoiseSource,
    classifiers: Mapping[str, LatentClassifier],
) -> Draw:
    """Draws trajectories as one batch."""
    return Draw(pipeline, protocol, noise, classifiers)


def guided(scale: float = SCALE, name: str = "church", eta: float = 0.0) -> Trajectory:
    """A church by the submission, pushed towards what a classifier sees."""
    stream = STEPS if eta else None
    return Trajectory(PROMPT, SUBMISSION, START, stream, eta, guide=Guide(name, scale))


@pytest.mark.parametrize("eta", [0.0, 1.2])
def test_the_loop_follows_the_formula(
    draw: Draw,
    pipeline: LoadedPipeline,
    protocol: Protocol,
    noise: NoiseSource,
    classifiers: Mapping[str, LatentClassifier],
    eta: float,
) -> None:
    """ε̃ = ε_cfg − sqrt(1 − ᾱ_t)·s·∇ log p(c | x_t, t), once a step, with and without noise."""
    latents = noise.draw(START, (1, 4, 16, 16))
    step_noise = noise.open(STEPS)
    for step in pipeline.schedule(protocol.steps).steps:
        with torch.no_grad():
            asked, empty = (
                pipeline.predict_noise(
                    SUBMISSION,
                    latents,
                    step.timestep,
                    pipeline.encode_prompts(SUBMISSION, [prompt]),
                )
                for prompt in (PROMPT, "")
            )
        combined = empty + protocol.guidance_scale * (asked - empty)
        own = latents.clone().requires_grad_()
        logit = classifiers["church"](own, torch.tensor([step.timestep]))
        torch.sigmoid(logit).log().sum().backward()
        pushed = combined - sqrt(1 - step.alpha) * SCALE * own.grad
        z = torch.randn((4, 16, 16), generator=step_noise)[None]
        latents = ddim_step(latents, pushed, step, torch.tensor([eta]), torch.ones(1), z)

    actual = draw(guided(eta=eta)).latents

    torch.testing.assert_close(actual, latents, rtol=0, atol=LATENTS)


def test_scale_0_is_no_guidance(draw: Draw) -> None:
    """To the last bit, with noise and without."""
    for eta in (0.0, 1.2):
        stream = STEPS if eta else None
        plain = Trajectory(PROMPT, SUBMISSION, START, stream, eta)

        assert torch.equal(draw(guided(0.0, eta=eta)).latents, draw(plain).latents)


@pytest.mark.parametrize("name", ["church", "tench"])
def test_a_larger_scale_makes_the_classifier_surer(
    draw: Draw, classifiers: Mapping[str, LatentClassifier], name: str
) -> None:
    """What is drawn shows more of what the named classifier sees, the harder it is pushed."""
    drawn = draw(*(guided(scale, name) for scale in (-SCALE, 0.0, SCALE, 2 * SCALE))).latents

    sure = classifiers[name].log_probability(drawn, 0)

    assert sure.tolist() == sorted(sure.tolist())
    assert sure[3] - sure[0] > 0.1


def test_a_guided_latent_does_not_depend_on_its_batch(draw: Draw) -> None:
    """Guides of two classifiers, scales and η, and rows without one, each alone as together."""
    mixed = [
        Trajectory(PROMPT, SUBMISSION, START),
        guided(),
        guided(50.0),
        guided(name="tench"),
        Trajectory(PROMPT, BASE, START, guide=Guide("church", SCALE)),
        guided(eta=1.2),
        Trajectory(PROMPT, SUBMISSION, START, STEPS, 1.2),
    ]
    together = draw(*mixed)

    assert not indistinct(together.latents)
    for row, trajectory in enumerate(mixed):
        alone = draw(trajectory)
        torch.testing.assert_close(alone.latents[0], together.latents[row], rtol=0, atol=LATENTS)


def test_guided_variants_share_their_first_call_and_no_other(draw: Draw) -> None:
    """Two rows for the first step, two for each variant in the three others."""
    assert sum(draw(guided(25.0), guided(50.0)).unet_rows) == pytest.approx(2 + 3 * 2 * 2)


def test_a_classifier_that_is_not_there_is_an_error(draw: Draw) -> None:
    """A guide cannot name a classifier that nobody handed over."""
    with pytest.raises(KeyError, match="golf_ball"):
        draw(guided(name="golf_ball"))


def test_half_precision_is_guided_in_single(
    draw: Draw,
    protocol: Protocol,
    noise: NoiseSource,
    classifiers: Mapping[str, LatentClassifier],
) -> None:
    """Behind a UNet in bfloat16 latents are float32, and land where single precision does."""
    coarse = load_base(protocol, CPU, torch.bfloat16)
    trajectory = Trajectory(PROMPT, BASE, START, guide=Guide("church", SCALE))
    plain = Trajectory(PROMPT, BASE, START)
    exact, without = draw(trajectory, plain).latents

    (rough,) = sample(coarse, protocol, noise, [trajectory], {}, classifiers).latents

    assert rough.dtype == torch.float32
    assert (rough - exact).abs().mean() < 0.2 * (exact - without).abs().mean()
