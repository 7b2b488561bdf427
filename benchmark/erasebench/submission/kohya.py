"""Low-rank adapters in the naming of kohya's trainer, which are told how to be converted.

It writes a module's dots as underscores, `lora_unet_mid_block_attentions_0_proj_in`, so that a name
alone does not say where its words end. Diffusers knows which there are, and its loader gives them
back their dots.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from erasebench.errors import CheckpointError
from erasebench.errors.wording import printed
from erasebench.submission.header import TENSORS, Header

_NAME = re.compile(r"lora_(unet|te[12]?)_")

_CONVERSION = (
    "import sys, torch; from diffusers import StableDiffusionPipeline; "
    "from safetensors.torch import save_file; old, new = sys.argv[1:]; "
    "tensors, alphas = StableDiffusionPipeline.lora_state_dict(old)[:2]; "
    "save_file(tensors | {name.replace('.down.weight.alpha', '.alpha'): torch.tensor(value) "
    "for name, value in alphas.items()}, new)"
)
"""Diffusers keeps alpha apart; in the file it stands under its module's name."""


def check_not_kohya(header: Header) -> None:
    """Refuses an adapter in this naming.

    Raises:
        CheckpointError: if it is one; holds the command that converts it.
    """
    if not any(_NAME.match(name) for name in header.tensors):
        return
    old = header.path
    names = [printed(Path(name)) for name in (old.name, f"{old.stem}-diffusers{TENSORS}")]
    raise CheckpointError(
        old,
        "It is a LoRA in kohya's naming (lora_unet_…, lora_te_…), which is not read. Write it in "
        "that of diffusers, in the file's folder, and give the new file: "
        f'python -c "{_CONVERSION}" {shlex.join(names)}',
    )
