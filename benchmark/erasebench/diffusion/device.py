"""Devices, dtypes, and the number of rows in a UNet call."""

from __future__ import annotations

import torch

from erasebench.errors import DeviceError

_CELLS_PER_CALL = {"cpu": 16 * 1024, "cuda": 256 * 1024, "mps": 64 * 1024}
"""Latent cells in one UNet call.

On two CPU cores a row of 16 × 16 cells is fastest with 32 to 96 rows a call: with fewer the
overhead of calls dominates, more do not fit the cache. A GPU is fastest with as many rows as its
memory holds: 64 rows of 64 × 64 cells take a quarter of 48 GB in half precision.
"""


_TENSORS_HELD = 130
"""Peak memory of a row of a UNet call, in tensors of the first level: counted at the shapes of
Stable Diffusion 1.4 (`diffusion.memory.drawing_memory`)."""

_SHARE_OF_FREE = 0.7
"""Share of the free memory that a UNet call may take: decoding and judging need some as well, and
allocators reserve more than they use."""

DTYPES: dict[str, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
"""Precisions that weights may have, by name."""


def device_named(name: str) -> torch.device:
    """The device of a name such as `cpu`, `cuda`, `cuda:1` or `mps`.

    Raises:
        DeviceError: if this machine has no such device.
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
    """Rows of one UNet call that keep a device busy; also a good batch size.

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
    """Rows of one UNet call that keep a device busy, or fewer if memory is short.

    Args:
        device: where the UNet is.
        latent_shape: (C, h, w) of one latent.
        channels: of the UNet's first level.
        dtype: of the UNet.
        free: free bytes with all weights loaded; None if unknown.

    Returns:
        A power of two if memory is short, so that small differences in free memory do not matter.
    """
    most = rows_per_call(device, latent_shape)
    if free is None:
        return most
    _, height, width = latent_shape
    row = _TENSORS_HELD * height * width * channels * dtype.itemsize
    fitting = int(_SHARE_OF_FREE * free / row)
    return most if fitting >= most else 2 ** max(0, fitting.bit_length() - 1)
