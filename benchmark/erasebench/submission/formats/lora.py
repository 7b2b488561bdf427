"""Low-rank adapters in the naming of diffusers and PEFT, merged from their tensors.

An adapter has two factors per changed module, whose weight becomes `W + alpha / rank · up · down`.
Supported names, for the UNet's module `x.to_k`:

- diffusers: `unet.x.to_k.lora_A.weight` (down) and `….lora_B.weight` (up); `….lora.down.weight`;
  `….lora_linear_layer.down.weight`; and of old `unet.x.processor.to_k_lora.down.weight`;
- PEFT: `base_model.model.x.to_k.lora_A.weight` and `….lora_B.weight`;
- in both, alpha of one module as a tensor: the same name ending in `.alpha`.

Alpha of all modules may be in the file's metadata (diffusers) or in `adapter_config.json` next to
the file (PEFT). Without settings it equals the rank, as in diffusers; settings without alpha are an
error, since PEFT's default is another. Other names, and variants that are merged differently, are
errors.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from erasebench.errors import CheckpointError, quoted
from erasebench.errors.wording import printed
from erasebench.submission.edit import LowRank, check_factors
from erasebench.submission.formats.lora_settings import settings_of
from erasebench.submission.header import TENSORS, Header, TensorEntry
from erasebench.submission.layout import part_named
from erasebench.submission.tensor_names import PARTS, TEXT_ENCODER, canonical_name, part_of

_PEFT_PREFIX = "base_model.model."

_ENDINGS = {
    ".lora_A.weight": "down",
    ".lora_B.weight": "up",
    ".down.weight": "down",
    ".up.weight": "up",
    ".alpha": "alpha",
}

_OLD = re.compile(r"(.+?)(?:\.processor)?\.to_(q|k|v|out)_lora")
_OLD_UNET = {"q": "to_q", "k": "to_k", "v": "to_v", "out": "to_out.0"}
_OLD_TEXT = {"q": "q_proj", "k": "k_proj", "v": "v_proj", "out": "out_proj"}


def is_lora(names: Iterable[str]) -> bool:
    """Whether a file is a low-rank adapter: a name contains `lora`."""
    return any("lora" in name for name in names)


def lora_edits(header: Header, root: Path) -> dict[str, LowRank]:
    """The factors for each tensor that an adapter changes, by canonical name.

    Args:
        header: of the adapter's file; its settings may be next to it.
        root: the given file or folder; settings outside it are not read.

    Raises:
        CheckpointError: if a name is unknown, a factor is missing, two do not fit, alpha is given
            twice, the settings are invalid or outside the root, or the adapter is a variant that is
            merged differently.
    """
    check_not_kohya(header)
    named: dict[str, dict[str, TensorEntry]] = {}
    for name, entry in header.tensors.items():
        meaning = _meaning(name)
        if meaning is None:
            raise CheckpointError(
                header.path,
                f"The LoRA has an unknown name, {quoted(name)}. Supported are the names of "
                "diffusers (unet.….lora_A.weight, …to_k_lora.down.weight) and PEFT "
                "(base_model.model.….lora_A.weight). Merge other adapters into the weights, e.g. "
                "with fuse_lora() and unload_lora() before save_pretrained.",
            )
        canonical, role = meaning
        roles = named.setdefault(canonical, {})
        if role in roles:
            raise CheckpointError(
                header.path, f"{quoted(canonical)} has two factors {role!r}. Keep one."
            )
        roles[role] = entry
    # None if the settings of a part have no alpha.
    alphas = {part: own.lora_alpha for part, own in settings_of(header, root).items()}
    return {
        canonical: _low_rank(header.path, canonical, roles, alphas)
        for canonical, roles in named.items()
    }


def _meaning(name: str) -> tuple[str, str] | None:
    """The tensor that a name in the file belongs to, and its role: `up`, `down` or `alpha`."""
    ending = next((ending for ending in _ENDINGS if name.endswith(ending)), None)
    if ending is None:
        return None
    stem = name.removesuffix(ending).removeprefix(_PEFT_PREFIX)
    part, _, rest = stem.partition(".")
    if part not in PARTS:
        part, rest = part_named([stem]), stem
    old = _OLD.fullmatch(rest)
    if old is not None:
        rest = f"{old[1]}.{(_OLD_TEXT if part == TEXT_ENCODER else _OLD_UNET)[old[2]]}"
    elif ending in {".down.weight", ".up.weight", ".alpha"}:
        plain = rest.removesuffix(".lora").removesuffix(".lora_linear_layer")
        if plain == rest and ending != ".alpha":
            return None
        rest = plain
    return canonical_name(part, f"{rest}.weight"), _ENDINGS[ending]


def _low_rank(
    path: Path, canonical: str, roles: Mapping[str, TensorEntry], alphas: Mapping[str, float | None]
) -> LowRank:
    if not {"up", "down"} <= roles.keys():
        raise CheckpointError(
            path,
            f"{quoted(canonical)} has only {' and '.join(sorted(roles))}; both factors are needed, "
            "up (lora_B) and down (lora_A). Save the adapter again.",
        )
    up, down = roles["up"], roles["down"]
    check_factors(path, canonical, up, down)
    part = part_of(canonical)
    own, common = roles.get("alpha"), alphas.get(part)
    if own is None:
        if part in alphas and common is None:
            raise CheckpointError(
                path,
                f"The settings have no lora_alpha, and {quoted(canonical)} has no alpha, so the "
                "scale is unknown. Add the lora_alpha of the training to the settings.",
            )
        return LowRank(up, down, common)
    if common is not None:
        raise CheckpointError(
            path,
            f"Alpha of {quoted(canonical)} is given as a tensor and in the settings. Keep one.",
        )
    if own.shape not in {(), (1,)}:
        raise CheckpointError(
            path,
            f"Alpha of {quoted(canonical)} has shape {quoted(list(own.shape))}; it must be one "
            "number. Save the adapter again.",
        )
    return LowRank(up, down, own)


_KOHYA = re.compile(r"lora_(unet|te[12]?)_")

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
    if not any(_KOHYA.match(name) for name in header.tensors):
        return
    old = header.path
    names = [printed(Path(name)) for name in (old.name, f"{old.stem}-diffusers{TENSORS}")]
    raise CheckpointError(
        old,
        "A LoRA in kohya's naming (lora_unet_…, lora_te_…) is not supported. Convert it to the "
        "naming of diffusers, in the file's folder, and use the new file: "
        f'python -c "{_CONVERSION}" {shlex.join(names)}',
    )
