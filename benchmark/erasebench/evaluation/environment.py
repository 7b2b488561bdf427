"""What a run runs on."""

from __future__ import annotations

import platform

import diffusers
import torch
import transformers

from erasebench import __version__
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.results.result import Environment


def environment_of(pipeline: LoadedPipeline, batch_size: int) -> Environment:
    """Software, machine, device, dtype, threads and batch size of a run."""
    return Environment(
        erasebench=__version__,
        python=platform.python_version(),
        torch=torch.__version__,
        diffusers=diffusers.__version__,
        transformers=transformers.__version__,
        platform=f"{platform.system()} {platform.machine()}",
        device=str(pipeline.device),
        accelerator=(
            torch.cuda.get_device_name(pipeline.device) if pipeline.device.type == "cuda" else None
        ),
        dtype=str(pipeline.dtype).removeprefix("torch."),
        threads=torch.get_num_threads(),
        batch_size=batch_size,
    )
