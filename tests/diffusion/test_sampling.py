"""The one sampling loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import make_dataclass, replace
from random import Random
from typing import Self

import numpy as np
import pytest
import torch

from erasebench.diffusion.ddim import ddim_step
from erasebench.diffusion.inpainting import masked_centre
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import Samples, sample
from erasebench.diffusion.trajectory import (
    BASE,
    SUBMISSION,
    Inpainting,
    NoiseStream,
    Opening,
    Trajectory,
)
from erasebench.errors import OverflowedError
from erasebench.protocol import Protocol
from tests.agreement import LATENTS, indistinct
from tests.diffusion.conftest import CPU
from tests.diffusion.stock import stock_pipeline

CHURCH, DOG = "a picture of a church", "a picture of a English springer spaniel"
SOURCE = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def start(index: int) -> NoiseStream:
    """The start latent's stream of a prompt index."""
    return NoiseStream("start", index)


def plain(prompt: str = CHURCH, weights: str = BASE, index: int = 0) -> Trajectory:
    """A prompt and nothing else."""
    return Trajectory(prompt, weights, start(index))


def stochastic(eta: float, scale: float = 1.0, variant: int = 0, weights: str = BASE) -> Trajectory:
    """A church with noise at every step."""
    return Trajectory(CHURCH, weights, start(0), NoiseStream("step", 0, variant), eta, scale)


def filled(index: int = 0) -> Trajectory:
    """A church filled into the source picture."""
    stream = NoiseStream("inpainting_start", index)
    return Trajectory(CHURCH, SUBMISSION, stream, inpainting=Inpainting("source", stream))


MIXED = [
    trajectory
    for index in range(3)
    for prompt in (CHURCH, DOG, "")
    for trajectory in (
        plain(prompt, BASE, index),
        plain(prompt, SUBMISSION, index),
        Trajectory(prompt, SUBMISSION, start(index), opening=Opening(BASE, prompt, 1)),
        Trajectory(prompt, SUBMISSION, start(index), opening=Opening(BASE, prompt, 2)),
        Trajectory(prompt, SUBMISSION, start(index), NoiseStream("step", index, 0), 1.2, 1.04),
    )
] + [filled(index) for index in range(3)]
"""Forty-eight trajectories of all kinds."""


@pytest.fixture(scope="module")
def together(pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource) -> Samples:
    """The mixed trajectories drawn as one batch."""
    return sample(pipeline, protocol, noise, MIXED, {"source": SOURCE})


class Draw:
    """Draws with the tiny pipeline."""

    def __init__(self, pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource) -> None:
        """Remembers what all draws share."""
        self._parts = pipeline, protocol, noise

    def __call__(self, *trajectories: Trajectory) -> Samples:
        """Draws these as one batch."""
        return sample(*self._parts, trajectories, {"source": SOURCE})


@pytest.fixture(scope="module")
def draw(pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource) -> Draw:
    """Draws trajectories as one batch with the tiny pipeline."""
    return Draw(pipeline, protocol, noise)


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_the_loop_is_the_stock_pipeline(
    draw: Draw, protocol: Protocol, noise: NoiseSource, eta: float
) -> None:
    """The library's pipeline with the same noise gives the same latents and pictures."""
    trajectory = stochastic(eta) if eta else plain()
    step_noise = noise.open(NoiseStream("step", 0, 0))
    asked = {
        "prompt": CHURCH,
        "num_inference_steps": protocol.steps,
        "guidance_scale": protocol.guidance_scale,
        "latents": noise.draw(start(0), (1, 4, 16, 16)),
        "eta": eta,
    }
    stock = stock_pipeline(protocol)
    expected = stock(**asked, generator=step_noise, output_type="latent").images
    picture = stock(
        **asked, generator=noise.open(NoiseStream("step", 0, 0)), output_type="np"
    ).images

    actual = draw(trajectory)

    torch.testing.assert_close(actual.latents, expected, rtol=0, atol=LATENTS)
    # A level may fall on the other side of a rounding boundary.
    assert np.abs(actual.pictures - picture * 255).max() < 0.51


def test_a_latent_does_not_depend_on_its_batch(draw: Draw, together: Samples) -> None:
    """Each of forty-eight mixed trajectories drawn alone gives what it gave among the others."""
    for row, trajectory in enumerate(MIXED):
        alone = draw(trajectory)

        torch.testing.assert_close(alone.latents[0], together.latents[row], rtol=0, atol=LATENTS)


def test_order_does_not_matter(draw: Draw, together: Samples) -> None:
    """A shuffled batch gives the shuffled samples."""
    order = list(range(len(MIXED)))
    Random(0).shuffle(order)

    shuffled = draw(*(MIXED[row] for row in order))

    torch.testing.assert_close(shuffled.latents, together.latents[order], rtol=0, atol=LATENTS)


def test_different_trajectories_give_different_pictures(together: Samples) -> None:
    """No two of the mixed trajectories are the same picture, so every field reached the loop."""
    assert not indistinct(together.latents)


def test_equal_calls_give_equal_bytes(draw: Draw, together: Samples) -> None:
    """The same batch once more gives the same latents to the last bit."""
    assert torch.equal(draw(*MIXED).latents, together.latents)


def test_the_global_generator_is_not_touched(draw: Draw) -> None:
    """Noise comes from the trajectories' streams alone."""
    before = torch.get_rng_state()

    draw(stochastic(1.0), filled())

    assert torch.equal(torch.get_rng_state(), before)


def test_a_completion_is_the_base_then_the_submission(
    draw: Draw, pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource
) -> None:
    """Each stage denoises with its own UNet and its own embedding of the prompt."""
    latents = noise.draw(start(0), (1, 4, 16, 16))
    zero, one = torch.zeros(1), torch.ones(1)
    for index, step in enumerate(pipeline.schedule(protocol.steps).steps):
        weights = BASE if index < 2 else SUBMISSION
        with torch.no_grad():
            asked, empty = (
                pipeline.predict_noise(
                    weights, latents, step.timestep, pipeline.encode_prompts(weights, [prompt])
                )
                for prompt in (CHURCH, "")
            )
        guided = empty + protocol.guidance_scale * (asked - empty)
        latents = ddim_step(latents, guided, step, zero, one, torch.zeros_like(latents))

    opened = Trajectory(CHURCH, SUBMISSION, start(0), opening=Opening(BASE, CHURCH, 2))

    torch.testing.assert_close(draw(opened).latents, latents, rtol=0, atol=LATENTS)


@pytest.mark.parametrize("steps", [1, 3])
def test_without_a_hand_over_the_image_is_the_clean_latent_of_the_last_step(
    draw: Draw, pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource, steps: int
) -> None:
    """By hand: the base's steps, then x̂0 of the last; nothing is predicted after it.

    Beside a plain picture from the same start, which goes on, it stays what it is.
    """
    opening = Opening(BASE, CHURCH, steps, hands_over=False)
    ended = Trajectory(CHURCH, BASE, start(0), opening=opening)
    beside = draw(plain(), ended)

    schedule = pipeline.schedule(protocol.steps).steps
    latents = noise.draw(start(0), pipeline.latent_shape)[None]
    embeddings = pipeline.encode_prompts(BASE, [CHURCH, ""])
    none = torch.zeros(1)
    with torch.no_grad():
        for step in schedule[:steps]:
            conditional, unconditional = pipeline.predict_noise(
                BASE, latents.expand(2, -1, -1, -1), step.timestep, embeddings
            )
            guided = unconditional + protocol.guidance_scale * (conditional - unconditional)
            clean = (latents - (1 - step.alpha) ** 0.5 * guided) / step.alpha**0.5
            latents = ddim_step(latents, guided[None], step, none, none, torch.zeros_like(latents))

    assert torch.allclose(beside.latents[1], clean[0], atol=LATENTS)
    assert torch.allclose(draw(ended).latents[0], clean[0], atol=LATENTS)
    assert torch.allclose(beside.latents[0], draw(plain()).latents[0], atol=LATENTS)
    # It shares what it costs with the plain picture, and costs nothing once it has ended.
    assert beside.unet_rows == (2 * protocol.steps - steps, steps)


def test_a_field_that_the_loop_does_not_know_shares_no_row(draw: Draw, protocol: Protocol) -> None:
    """Images that differ in a new field are computed apart, even before the loop acts on it."""
    extended = make_dataclass(
        "Extended", [("unheard_of", str, "")], bases=(Trajectory,), frozen=True
    )
    one = extended(CHURCH, SUBMISSION, start(0))
    shared = draw(one, one)
    apart = draw(one, replace(one, unheard_of="a picture"))

    assert shared.unet_rows == (protocol.steps, protocol.steps)
    assert apart.unet_rows == (2 * protocol.steps, 2 * protocol.steps)


def test_an_opening_that_leaves_nothing_to_finish_is_refused(
    draw: Draw, protocol: Protocol
) -> None:
    """A base that never hands over would be judged in the submission's name."""
    opening = Opening(BASE, CHURCH, protocol.steps)

    with pytest.raises(ValueError, match="leaves none"):
        draw(Trajectory(CHURCH, SUBMISSION, start(0), opening=opening))


def test_an_opening_is_asked_for_its_own_prompt(draw: Draw) -> None:
    """A base that begins a church and is then asked for nothing is no church, and no nothing."""
    began = Trajectory("", BASE, start(0), opening=Opening(BASE, CHURCH, 2))
    drawn = draw(began, plain(""), plain()).latents

    assert not indistinct(drawn)


def test_weights_that_overflow_draw_no_picture(protocol: Protocol, noise: NoiseSource) -> None:
    """Finite weights whose picture is no number are an error, and never a black picture."""
    pipeline = load_base(protocol, torch.device("cpu"))
    name = "unet.conv_out.weight"
    pipeline.add_weights("wild", {name: pipeline.weights(BASE).tensors()[name] * 1e38})

    with pytest.raises(OverflowedError, match="wild"):
        sample(pipeline, protocol, noise, [plain(weights="wild")], {})


def test_noise_scale_acts_at_every_eta_above_zero(draw: Draw) -> None:
    """V moves the latents, by about the share of the noise that it adds."""
    little, much = (
        draw(stochastic(1.0, 1.04), stochastic(1.0, 1.5)).latents - draw(stochastic(1.0)).latents
    )

    assert 0 < little.abs().mean() < much.abs().mean()


def test_inpainting_ends_with_the_clean_source_around_the_centre(
    draw: Draw, pipeline: LoadedPipeline, protocol: Protocol
) -> None:
    """After the last step the surroundings are the encoded source without noise."""
    clean = pipeline.encode_pictures(masked_centre(SOURCE, protocol.centre)[None])[0]

    latents = draw(filled()).latents[0]

    inside = torch.zeros(4, 16, 16, dtype=torch.bool)
    inside[:, 4:12, 4:12] = True
    torch.testing.assert_close(latents[~inside], clean[~inside], rtol=0, atol=1e-6)
    assert (latents[inside] - clean[inside]).abs().mean() > 0.1


def test_the_centre_sees_its_surroundings(
    draw: Draw, pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource
) -> None:
    """Another source around the square gives another filling."""
    inverted = sample(pipeline, protocol, noise, [filled()], {"source": 255 - SOURCE})

    difference = inverted.latents - draw(filled()).latents

    assert difference[:, :, 4:12, 4:12].abs().max() > 0.01


class CountedRows:
    """Counts the rows that a set of UNets is asked for."""

    def __init__(self, pipeline: LoadedPipeline) -> None:
        """Listens to base and submission."""
        self.rows = 0
        self._handles = [
            pipeline.weights(name).unet.register_forward_pre_hook(self._count)
            for name in (BASE, SUBMISSION)
        ]

    def _count(self, _module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        self.rows += len(inputs[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()


@pytest.mark.parametrize(
    ("trajectories", "rows"),
    [
        # One picture: four steps, each with the prompt and without.
        ([plain()], 8),
        # The same picture for two probes is drawn once.
        ([plain(), plain()], 8),
        ([filled(), filled()], 8),
        # Variants share the first step: 2 + 3 · 3 · 2.
        ([stochastic(1.0, variant=variant) for variant in range(3)], 20),
        # Prompts share the first step's row without a prompt: 3 + 3 · 4.
        ([plain(CHURCH), plain(DOG)], 15),
        # A completion shares the base's two steps: 8 + 2 · 2.
        ([plain(), Trajectory(CHURCH, SUBMISSION, start(0), opening=Opening(BASE, CHURCH, 2))], 12),
        # Without a prompt there is no second row.
        ([plain("")], 4),
        # Other start latents share nothing.
        ([plain(index=0), plain(index=1)], 16),
    ],
)
def test_no_row_is_computed_twice(
    draw: Draw, pipeline: LoadedPipeline, trajectories: Sequence[Trajectory], rows: int
) -> None:
    """The UNets see each different row once, and the samples account for all of them."""
    with CountedRows(pipeline) as counted:
        samples = draw(*trajectories)

    assert counted.rows == rows
    assert sum(samples.unet_rows) == pytest.approx(rows)


def test_shared_rows_are_shared_out_evenly(draw: Draw) -> None:
    """Two prompts of one start bear the same cost: half of the shared row, and their own."""
    assert draw(plain(CHURCH), plain(DOG)).unet_rows == (7.5, 7.5)


def test_weights_that_are_not_there_are_an_error(draw: Draw) -> None:
    """A trajectory cannot name weights that nobody added."""
    with pytest.raises(ValueError, match="retrain"):
        draw(plain(weights="retrain"))


def test_a_lower_precision_draws_nearly_the_same(
    draw: Draw, protocol: Protocol, noise: NoiseSource
) -> None:
    """Behind a UNet in bfloat16 latents are float32; they differ by a little of their spread."""
    coarse = load_base(protocol, CPU, torch.bfloat16)
    exact = draw(plain(), stochastic(1.2, 1.04)).latents

    rough = sample(coarse, protocol, noise, [plain(), stochastic(1.2, 1.04)], {}).latents

    assert rough.dtype == torch.float32
    assert 0 < (rough - exact).abs().mean() < 0.05 * exact.std()
