"""The latent classifiers released by the paper's authors, read without running code.

Source: `DiffusionConceptErasure/latent-classifier-<concept>` on the Hub; one `<concept>.pt` each,
for the latents of Stable Diffusion 1.4.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import cast

import numpy as np
import torch

from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.errors import ErasebenchError

LATENT_SHAPE = (4, 64, 64)
"""Latents of Stable Diffusion 1.4."""

STATE = "model_state_dict"
"""Key of the weights in the released file, which also has the optimiser's state."""

ALPHAS = "t_embed.alphas_cumprod"

NAMES = {
    **{
        f"{theirs}.{part}": f"{ours}.{part}"
        for theirs, ours in (
            ("fc_x", "latent"),
            ("fc_t", "time"),
            ("net.2", "hidden"),
            ("net.5", "logit"),
        )
        for part in ("weight", "bias")
    },
    ALPHAS: "alphas",
}
"""The released name of each tensor → ours."""

_SCALAR = cast("Callable[..., object]", np.float64(0).__reduce__()[0])
_PLAIN_NUMBERS: list[Callable[..., object] | tuple[Callable[..., object], str]] = [
    _SCALAR,
    (_SCALAR, "numpy.core.multiarray.scalar"),  # its name before numpy 2
    np.dtype,
    np.dtypes.Float32DType,
    np.dtypes.Float64DType,
]
"""The types of pickled numpy numbers, which are safe to read."""


class ReleasedClassifierError(ErasebenchError):
    """A file without a released classifier."""


def read_released(
    path: Path, latent_shape: tuple[int, int, int] = LATENT_SHAPE
) -> LatentClassifier:
    """Reads a released `.pt` file: tensors and plain numbers only, on the CPU, in float32.

    Args:
        path: the file.
        latent_shape: (C, h, w) of one latent.

    Raises:
        ReleasedClassifierError: if it has anything that could run code, or other tensors.
    """
    try:
        with torch.serialization.safe_globals(_PLAIN_NUMBERS):
            content = torch.load(path, map_location="cpu", weights_only=True)
    # torch's errors for files that are no pickles, truncated, or hold more than numbers.
    except (EOFError, OSError, RuntimeError, UnpicklingError) as error:
        raise ReleasedClassifierError(
            f"{path}: It cannot be read as tensors and numbers alone: "
            f"{str(error).splitlines()[0]} Give a file as the paper's authors released it."
        ) from error
    state = content.get(STATE) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not isinstance(state.get(ALPHAS), torch.Tensor):
        raise ReleasedClassifierError(
            f"{path}: It holds no {STATE} with {ALPHAS}. Give a file as the paper's authors "
            "released it."
        )
    with torch.device("meta"):
        classifier = LatentClassifier(latent_shape, torch.empty(len(state[ALPHAS])))
    wanted = {name: tuple(tensor.shape) for name, tensor in classifier.state_dict().items()}
    found = {NAMES.get(name, name): tuple(tensor.shape) for name, tensor in state.items()}
    if found != wanted:
        raise ReleasedClassifierError(
            f"{path}: Its tensors, by our names, are {found}, not {wanted}. Give a file as the "
            "paper's authors released it."
        )
    classifier.load_state_dict(
        {NAMES[name]: tensor.float() for name, tensor in state.items()}, assign=True
    )
    return classifier.eval().requires_grad_(False)
