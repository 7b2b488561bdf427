"""Rounding that depends on the batch, larger than a processor's.

A matrix product is cut into blocks, and the cut depends on the number of rows. So the last digits
of one row depend on the size of its batch and on its place there. For which sizes they do depends
on the processor: results that are equal on one differ on another. Here the output of every layer is
disturbed by batch size and place. An equal batch still gives equal bytes. A batch of one stays as
it is.

`pytest --perturb-batches` runs tests under this rounding. A test that fails only then compares
results of different batches too strictly; `tests.agreement` has the tolerances.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache

import torch
from torch.nn.modules.module import register_module_forward_hook

VARIABLE = "ERASEBENCH_PERTURB_BATCHES"
"""Environment variable: the relative size. The option sets it, and other processes read it."""

RELATIVE = 3e-7
"""Largest relative change of a layer's output; that of latents is about 1e-5 after all steps."""

_PRODUCTS = (torch.nn.Linear, torch.nn.Conv2d)


@contextmanager
def perturbed_batches(relative: float = RELATIVE) -> Iterator[None]:
    """Disturbs the float32 output of every linear layer and convolution."""

    def disturb(module: torch.nn.Module, _: object, output: torch.Tensor) -> torch.Tensor | None:
        if not isinstance(module, _PRODUCTS) or output.dtype != torch.float32:
            return None
        # Subclasses of tensors only count memory.
        if type(output) is not torch.Tensor or output.ndim < 2 or len(output) == 1:
            return None
        return output * (1 + relative * _noise(output.shape)).to(output.device)

    handle = register_module_forward_hook(disturb)
    try:
        yield
    finally:
        handle.remove()


def perturbed_if_asked() -> AbstractContextManager[None]:
    """The same where the environment asks for it, and nothing elsewhere."""
    relative = os.environ.get(VARIABLE)
    return nullcontext() if relative is None else perturbed_batches(float(relative))


def call_perturbed_if_asked(function: Callable[..., object], *arguments: object) -> None:
    """Calls a function so, as the target of a new process."""
    with perturbed_if_asked():
        function(*arguments)


@lru_cache(maxsize=256)
def _noise(shape: torch.Size) -> torch.Tensor:
    """Numbers in [-1, 1), the same for equal shapes."""
    generator = torch.Generator().manual_seed(shape[0])
    return 2 * torch.rand(shape, generator=generator) - 1
