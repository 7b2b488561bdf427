"""Peak memory of the base's models, estimated without running them.

The models are built of tensors without content, and every tensor that a call creates is counted
until it is freed. Memory that allocators keep in addition is not counted: 10 to 20 % in practice.
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
    """Free bytes on a device; None if unknown."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # Freed by torch, but still reserved.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if _MEMINFO.exists():
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    if "SC_AVPHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def weights_size(pipeline: LoadedPipeline) -> int:
    """Bytes of all weights in a pipeline; shared tensors are counted once."""
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
    """Peak bytes of a UNet call, without the weights.

    Args:
        pipeline: holds the base.
        rows: of the call.
    """
    return _of_call(pipeline, rows, gradient=False)


def gradient_memory(pipeline: LoadedPipeline, rows: int) -> int:
    """Peak bytes of a UNet call and its backward pass to the prompt, without the weights.

    Args:
        pipeline: holds the base.
        rows: of the call.
    """
    return _of_call(pipeline, rows, gradient=True)


def decoding_memory(pipeline: LoadedPipeline) -> int:
    """Peak bytes of decoding one image, without the weights."""
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
    """A module with tensors of shape and dtype alone, in inference mode."""
    tensors = {
        name: torch.empty(tensor.shape, dtype=dtype) for name, tensor in module.state_dict().items()
    }
    module.load_state_dict(tensors, assign=True)
    return module.eval().requires_grad_(False)


class _Counted(TorchDispatchMode):
    """Counts the bytes of every tensor from its creation until it is freed.

    Attributes:
        peak: the maximum, in bytes.
    """

    def __init__(self) -> None:
        """Starts at zero."""
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
        """Runs an operation and counts its new tensors."""
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
