"""Devices by name."""

from __future__ import annotations

import pytest
import torch

from erasebench.diffusion.device import (
    available_devices,
    device_named,
    rows_per_call,
    rows_that_fit,
)
from erasebench.errors import DeviceError


def test_the_cpu_is_always_there() -> None:
    """The CPU is found by its name."""
    assert device_named("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda:99", "tpu", "", "gpu"])
def test_a_device_that_is_not_there_is_an_error_that_lists_those_that_are(name: str) -> None:
    """No other device is taken in its place."""
    with pytest.raises(DeviceError, match="cpu") as caught:
        device_named(name)

    assert caught.value.available == available_devices()


def test_rows_fit_the_device_and_the_latent() -> None:
    """Larger latents get fewer rows a call, a GPU more, and nothing less than one."""
    cpu, gpu = torch.device("cpu"), torch.device("cuda")

    assert rows_per_call(cpu, (4, 16, 16)) == 64
    assert rows_per_call(gpu, (4, 64, 64)) == 64
    assert rows_per_call(cpu, (4, 256, 256)) == 1


@pytest.mark.parametrize(
    ("free", "rows"),
    [(None, 64), (80e9, 64), (12e9, 16), (11e9, 16), (1.4e9, 2), (0.1e9, 1)],
)
def test_rows_fit_what_is_free(free: float | None, rows: int) -> None:
    """At Stable Diffusion 1.4's shapes in float16 a row takes 0.34 GB; never less than one."""
    gpu = torch.device("cuda")
    told = None if free is None else int(free)

    assert rows_that_fit(gpu, (4, 64, 64), 320, torch.float16, told) == rows
