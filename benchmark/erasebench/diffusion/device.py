"""Where tensors live and as what, and how many rows of a UNet call fill that device."""

from __future__ import annotations

import torch

from erasebench.errors import DeviceError

_CELLS_PER_CALL = {"cpu": 16 * 1024, "cuda": 256 * 1024, "mps": 64 * 1024}
"""Latent cells in one UNet call.

On two CPU cores a row of 16 × 16 cells costs least between 32 and 96 rows a call: fewer leave the
overhead of a call on too few rows, more no longer fit the cache. A GPU wants all the rows that its
memory holds: 64 rows of 64 × 64 cells take a quarter of 48 GB in half precision.
"""


_TENSORS_HELD = 130
"""A row of a UNet call holds as much, at its peak, as so many tensors of the first level: counted
at the shapes of Stable Diffusion 1.4 (`diffusion.memory.drawing_memory`)."""

_SHARE_OF_FREE = 0.7
"""Part of the free memory that a UNet call may take: pictures are decoded and judged beside it, and
allocators keep more than they give."""

DTYPES: dict[str, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
"""What weights may be computed in."""


def device_named(name: str) -> torch.device:
    """The device of a name such as `cpu`, `cuda`, `cuda:1` or `mps`.

    Raises:
        DeviceError: if this machine has none of that name.
    """
    available = available_devices()
    # `cuda` alone means the first.
    if name not in available and f"{name}:0" not in available:
        raise DeviceError(name, available)
    return torch.device(name)


def available_devices() -> tuple[str, ...]:
    """Names of this machine's devices, the CPU first."""
    gpus = tuple(f"cuda:{index}" for index in range(torch.cuda.device_count()))
    return ("cpu", *gpus, *(("mps",) if torch.backends.mps.is_available() else ()))


def rows_per_call(device: torch.device, latent_shape: tuple[int, int, int]) -> int:
    """Rows of one UNet call that fill a device; also a good number of trajectories in a batch.

    Args:
        device: where the UNet is.
        latent_shape: (C, h, w) of one latent.
    """
    _, height, width = latent_shape
    return max(1, _CELLS_PER_CALL[device.type] // (height * width))


def rows_that_fit(
    device: torch.device,
    latent_shape: tuple[int, int, int],
    channels: int,
    dtype: torch.dtype,
    free: int | None,
) -> int:
    """Rows of one UNet call that fill a device, or its free memory where that is less.

    Args:
        device: where the UNet is.
        latent_shape: (C, h, w) of one latent.
        channels: of the UNet's first level.
        dtype: of the UNet.
        free: bytes that are free with all weights in place; None where nobody knows.

    Returns:
        Where memory is short a power of two, so that a little more or less of it changes nothing.
    """
    most = rows_per_call(device, latent_shape)
    if free is None:
        return most
    _, height, width = latent_shape
    row = _TENSORS_HELD * height * width * channels * dtype.itemsize
    fitting = int(_SHARE_OF_FREE * free / row)
    return most if fitting >= most else 2 ** max(0, fitting.bit_length() - 1)
