"""The schedule and the step between two of its levels."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from diffusers import DDIMScheduler

from erasebench.diffusion.ddim import Step, add_noise, ddim_step, read_schedule
from erasebench.errors import ProtocolError

SD_14_CONFIG = {
    "_class_name": "PNDMScheduler",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
    "clip_sample": False,
}
"""The scheduler config of Stable Diffusion 1.4, as published."""


def stock_scheduler(steps: int, dtype: torch.dtype) -> DDIMScheduler:
    """The library's scheduler, its levels in the dtype that is compared."""
    scheduler = DDIMScheduler.from_config(SD_14_CONFIG)
    scheduler.set_timesteps(steps)
    scheduler.alphas_cumprod = scheduler.alphas_cumprod.to(dtype)
    scheduler.final_alpha_cumprod = scheduler.final_alpha_cumprod.to(dtype)
    return scheduler


def column(*values: float) -> torch.Tensor:
    """Latents of one value each, float64 (N, 1, 1, 1)."""
    return torch.tensor(values, dtype=torch.float64).view(-1, 1, 1, 1)


def test_fifty_steps_are_those_of_the_paper() -> None:
    """Fifty steps run at timesteps 981, 961, …, 1."""
    steps = read_schedule(SD_14_CONFIG, 50).steps

    assert [step.timestep for step in steps] == list(range(981, 0, -20))


def test_twenty_five_steps_are_spaced_from_the_low_end() -> None:
    """Twenty-five steps run at timesteps 961, 921, …, 1."""
    steps = read_schedule(SD_14_CONFIG, 25).steps

    assert [step.timestep for step in steps] == list(range(961, 0, -40))


def test_each_step_leads_to_the_level_of_the_next_and_the_last_to_the_first_of_training() -> None:
    """Levels are ᾱ of the timesteps, computed here by hand, and the run ends at ᾱ_0."""
    betas = torch.linspace(sqrt(0.00085), sqrt(0.012), 1000, dtype=torch.float64) ** 2
    alphas = (1 - betas).cumprod(0)

    schedule = read_schedule(SD_14_CONFIG, 50)

    expected = [*(alphas[step.timestep].item() for step in schedule.steps), alphas[0].item()]
    assert [step.alpha for step in schedule.steps] == pytest.approx(expected[:-1], rel=1e-5)
    assert [step.next_alpha for step in schedule.steps] == pytest.approx(expected[1:], rel=1e-5)


def test_more_steps_than_training_had_are_refused() -> None:
    """A schedule cannot be sampled in more steps than it has levels."""
    with pytest.raises(ValueError, match="1000"):
        read_schedule(SD_14_CONFIG, 1001)


@pytest.mark.parametrize("steps", [25, 50])
@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_step_equals_the_stock_scheduler(
    steps: int, eta: float, dtype: torch.dtype, tolerance: float
) -> None:
    """At η ≤ 1 and v = 1 every step of a run is the library's, to rounding."""
    generator = torch.Generator().manual_seed(steps)
    scheduler = stock_scheduler(steps, dtype)
    latents, predicted, fresh = torch.randn(3, 4, 4, 8, 8, generator=generator, dtype=dtype)
    every_row = torch.full((4,), eta, dtype=torch.float64), torch.ones(4)

    for step in read_schedule(SD_14_CONFIG, steps).steps:
        expected = scheduler.step(
            predicted, step.timestep, latents, eta=eta, variance_noise=fresh
        ).prev_sample
        actual = ddim_step(latents, predicted, step, *every_row, fresh)

        assert actual.dtype == dtype
        torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


def test_step_by_hand_where_stock_ddim_has_no_value() -> None:
    """Well above η = 1 the direction is the root of the absolute value, and v scales z alone."""
    step = Step(timestep=1, alpha=0.36, next_alpha=0.64)
    # σ² = 0.36 / 0.64 · (1 − 0.36 / 0.64) = 0.24609375; at η = 2, s² = 0.984375 > 1 − 0.64.
    spread = 2 * sqrt(0.24609375)
    clean = (1.5 - 0.8 * 0.5) / 0.6

    actual = ddim_step(
        column(1.5), column(0.5), step, torch.tensor([2.0]), torch.tensor([1.5]), column(-1.0)
    )

    expected = 0.8 * clean + sqrt(0.984375 - 0.36) * 0.5 - 1.5 * spread
    assert actual.item() == pytest.approx(expected, rel=1e-12)


def test_rows_of_a_batch_keep_to_their_own_eta_and_scale() -> None:
    """A batch of rows with other η and v gives what each row gives alone."""
    step = read_schedule(SD_14_CONFIG, 50).steps[20]
    generator = torch.Generator().manual_seed(1)
    latents, predicted, fresh = torch.randn(3, 3, 4, 8, 8, generator=generator)
    eta, scale = torch.tensor([0.0, 1.0, 1.85]), torch.tensor([1.0, 1.04, 1.02])

    together = ddim_step(latents, predicted, step, eta, scale, fresh)

    for row in range(3):
        one = slice(row, row + 1)
        alone = ddim_step(latents[one], predicted[one], step, eta[one], scale[one], fresh[one])
        torch.testing.assert_close(together[one], alone)


def test_without_eta_the_noise_has_no_weight() -> None:
    """At η = 0 the step is the same whatever z is."""
    step = read_schedule(SD_14_CONFIG, 50).steps[0]
    eta, scale = torch.zeros(1), torch.ones(1)

    quiet = ddim_step(column(1.0), column(2.0), step, eta, scale, column(0.0))
    loud = ddim_step(column(1.0), column(2.0), step, eta, scale, column(99.0))

    assert quiet.item() == loud.item()


def test_adding_noise_equals_the_stock_scheduler() -> None:
    """Noising a clean latent to a level is the library's add_noise."""
    generator = torch.Generator().manual_seed(2)
    clean, fresh = torch.randn(2, 1, 4, 8, 8, generator=generator, dtype=torch.float64)
    step = read_schedule(SD_14_CONFIG, 50).steps[10]

    expected = stock_scheduler(50, torch.float64).add_noise(
        clean, fresh, torch.tensor([step.timestep])
    )

    torch.testing.assert_close(add_noise(clean, fresh, step.alpha), expected, rtol=0, atol=1e-12)


def test_the_clean_level_has_no_noise() -> None:
    """At ᾱ = 1 the clean latent comes back exactly."""
    clean = column(0.1, -3.0)

    assert torch.equal(add_noise(clean, torch.full_like(clean, 7.0), 1.0), clean)


@pytest.mark.parametrize(
    ("setting", "other"),
    [
        ("prediction_type", "sample"),
        ("timestep_spacing", "trailing"),
        ("steps_offset", 0),
        ("set_alpha_to_one", True),
        ("clip_sample", True),
        ("thresholding", True),
        ("rescale_betas_zero_snr", True),
    ],
)
def test_a_config_that_asks_for_another_way_of_sampling_is_refused(
    setting: str, other: object
) -> None:
    """What the loop does not do is not left out silently: the error says what it found."""
    with pytest.raises(ProtocolError, match=rf"{setting} {other!r}; allowed: ") as refusal:
        read_schedule({**SD_14_CONFIG, setting: other}, 25)

    assert "Use a base" in str(refusal.value)
