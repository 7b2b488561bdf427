"""How much memory the base's models take at work, found without running them.

The models are built of tensors without content, which know their shapes, and every tensor that a
call makes is counted until it is let go. What allocators keep in addition is not seen: a tenth or
two, by experience.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE

_MEMINFO = Path("/proc/meminfo")

_Module = TypeVar("_Module", bound=torch.nn.Module)


def free_memory(device: torch.device) -> int | None:
    """Bytes that are free on a device; None where it does not say."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # What torch has let go of, and not given back.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if _MEMINFO.exists():
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    if "SC_AVPHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def weights_size(pipeline: LoadedPipeline) -> int:
    """Bytes of all weights in a pipeline, those that sets share counted once."""
    modules: list[torch.nn.Module] = [pipeline.vae]
    for name in pipeline.names:
        own = pipeline.weights(name)
        modules += [own.unet, own.text_encoder]
    tensors = (tensor for module in modules for tensor in module.state_dict().values())
    storages = {
        tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors
    }
    return sum(storages.values())


def drawing_memory(pipeline: LoadedPipeline, rows: int) -> int:
    """Bytes that a UNet call needs at its peak beside the weights.

    Args:
        pipeline: holds the base.
        rows: of the call.
    """
    return _of_call(pipeline, rows, gradient=False)


def gradient_memory(pipeline: LoadedPipeline, rows: int) -> int:
    """Bytes that a UNet call with the gradient on its prompt needs, there and back.

    Args:
        pipeline: holds the base.
        rows: of the call.
    """
    return _of_call(pipeline, rows, gradient=True)


def decoding_memory(pipeline: LoadedPipeline) -> int:
    """Bytes that decoding one picture needs at its peak beside the weights."""
    counted = _Counted()
    with FakeTensorMode():
        vae = _without_content(AutoencoderKL.from_config(pipeline.vae.config), pipeline.dtype)
        latent = torch.empty((1, *pipeline.latent_shape), dtype=pipeline.dtype)
        with torch.no_grad(), counted:
            vae.decode(latent, return_dict=False)
    return counted.peak


def _of_call(pipeline: LoadedPipeline, rows: int, *, gradient: bool) -> int:
    own = pipeline.weights(BASE)
    counted = _Counted()
    with FakeTensorMode():
        unet = _without_content(UNet2DConditionModel.from_config(own.unet.config), pipeline.dtype)
        if own.unet.is_gradient_checkpointing:
            unet.enable_gradient_checkpointing()
        latents = torch.empty((rows, *pipeline.latent_shape), dtype=pipeline.dtype)
        words = (rows, pipeline.tokenizer.model_max_length, unet.config.cross_attention_dim)
        embeddings = torch.empty(words, dtype=pipeline.dtype, requires_grad=gradient)
        timesteps = torch.empty(rows, dtype=torch.int64)
        with torch.set_grad_enabled(gradient), counted:
            (predicted,) = unet(
                latents, timesteps, encoder_hidden_states=embeddings, return_dict=False
            )
            if gradient:
                predicted.float().square().mean().backward()
    return counted.peak


def _without_content(module: _Module, dtype: torch.dtype) -> _Module:
    """A module whose tensors know their shape and dtype alone, fit for inference."""
    tensors = {
        name: torch.empty(tensor.shape, dtype=dtype) for name, tensor in module.state_dict().items()
    }
    module.load_state_dict(tensors, assign=True)
    return module.eval().requires_grad_(False)


class _Counted(TorchDispatchMode):
    """Counts the bytes of every tensor that is made, until it is let go.

    Attributes:
        peak: the most that there was at once.
    """

    def __init__(self) -> None:
        """Nothing was made yet."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = 0
        self._now = 0
        self._known: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401  (the signature is torch's)
        """Runs an operation and counts what it has made."""
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        if storage in self._known:
            return
        self._known.add(storage)
        size = storage.nbytes()
        self._now += size
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._let_go, size)

    def _let_go(self, size: int) -> None:
        self._now -= size
