"""Rejects low-rank adapters in kohya's naming, with a command that converts them.

Kohya's trainer replaces the dots of a module's name by underscores, as in
`lora_unet_mid_block_attentions_0_proj_in`, which is ambiguous. Diffusers knows the modules, and its
loader restores the dots.
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
"""Diffusers returns alpha separately; in the file it has its module's name."""


def check_not_kohya(header: Header) -> None:
    """Rejects an adapter in kohya's naming.

    Raises:
        CheckpointError: if it is one; contains the command that converts it.
    """
    if not any(_NAME.match(name) for name in header.tensors):
        return
    old = header.path
    names = [printed(Path(name)) for name in (old.name, f"{old.stem}-diffusers{TENSORS}")]
    raise CheckpointError(
        old,
        "A LoRA in kohya's naming (lora_unet_…, lora_te_…) is not supported. Convert it to the "
        "naming of diffusers, in the file's folder, and use the new file: "
        f'python -c "{_CONVERSION}" {shlex.join(names)}',
    )
