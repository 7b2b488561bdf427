"""Low-rank adapters, in the key styles of diffusers and of PEFT; merged by us from their tensors.

An adapter holds for each module that it changes two factors, and the module's weight becomes
`W + alpha / rank · up · down`. The names understood are, for the UNet's module `x.to_k`:

- diffusers: `unet.x.to_k.lora_A.weight` (down) and `….lora_B.weight` (up); `….lora.down.weight`;
  `….lora_linear_layer.down.weight`; and of old `unet.x.processor.to_k_lora.down.weight`;
- PEFT: `base_model.model.x.to_k.lora_A.weight` and `….lora_B.weight`;
- with either, alpha of one module as a tensor: the same name ending in `.alpha`.

Alpha of all modules may stand in the file's metadata (diffusers) or in `adapter_config.json` beside
the file (PEFT). Without any settings it is the rank, as for diffusers; settings that do not say it
are an error, since the rank is not what PEFT takes in its place. Any other name is an error, and so
is a variant that is merged in another way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from erasebench.errors import CheckpointError, quoted
from erasebench.submission.edit import LowRank, check_factors
from erasebench.submission.header import Header, TensorEntry
from erasebench.submission.kohya import check_not_kohya
from erasebench.submission.layout import part_named
from erasebench.submission.lora_settings import settings_of
from erasebench.submission.names import PARTS, TEXT_ENCODER, canonical_name, part_of

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


@dataclass(frozen=True)
class _Key:
    """What a name in the file means: one of the factors, or alpha, of one module's weight."""

    canonical: str
    role: str


def is_lora(names: Iterable[str]) -> bool:
    """Whether a file is a low-rank adapter: something in it is called so."""
    return any("lora" in name for name in names)


def lora_edits(header: Header, root: Path) -> dict[str, LowRank]:
    """The factors for each tensor that an adapter changes, by canonical name.

    Args:
        header: of the adapter's file, beside which its settings are looked for.
        root: what was given: the file, or a folder outside which no settings are read.

    Raises:
        CheckpointError: if a name is not understood, a factor is missing, two do not fit, alpha is
            given twice, its settings cannot be read or lie elsewhere, or the adapter is of a
            variant that is merged in another way.
    """
    check_not_kohya(header)
    named: dict[str, dict[str, TensorEntry]] = {}
    for name, entry in header.tensors.items():
        key = _key(name)
        if key is None:
            raise CheckpointError(
                header.path,
                f"It is a LoRA, and {quoted(name)} is no name that is understood. The names of "
                "diffusers (unet.….lora_A.weight, …to_k_lora.down.weight) and of PEFT "
                "(base_model.model.….lora_A.weight) are; merge any other adapter into the weights "
                "and give those.",
            )
        roles = named.setdefault(key.canonical, {})
        if key.role in roles:
            raise CheckpointError(
                header.path,
                f"It holds two factors {key.role!r} for {quoted(key.canonical)}."
                " Keep the one that counts.",
            )
        roles[key.role] = entry
    alphas = _alphas(header, root)
    return {
        canonical: _low_rank(header.path, canonical, roles, alphas)
        for canonical, roles in named.items()
    }


def _key(name: str) -> _Key | None:
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
    elif ending in {".down.weight", ".up.weight"}:
        plain = rest.removesuffix(".lora").removesuffix(".lora_linear_layer")
        if plain == rest:
            return None
        rest = plain
    elif ending == ".alpha":
        rest = rest.removesuffix(".lora").removesuffix(".lora_linear_layer")
    return _Key(canonical_name(part, f"{rest}.weight"), _ENDINGS[ending])


def _low_rank(
    path: Path,
    canonical: str,
    roles: Mapping[str, TensorEntry],
    alphas: Mapping[str, float | None],
) -> LowRank:
    if not {"up", "down"} <= roles.keys():
        raise CheckpointError(
            path,
            f"For {quoted(canonical)} it holds only {' and '.join(sorted(roles))}; a change has "
            "both factors, up (lora_B) and down (lora_A). Save the adapter again.",
        )
    up, down = roles["up"], roles["down"]
    check_factors(path, canonical, up, down)
    part = part_of(canonical)
    own, common = roles.get("alpha"), alphas.get(part)
    if own is None:
        if part in alphas and common is None:
            raise CheckpointError(
                path,
                f"Its settings have no lora_alpha, and {quoted(canonical)} no alpha of its own, so "
                "its scale is unknown. Put lora_alpha there, as it was in the training.",
            )
        return LowRank(up, down, common)
    if common is not None:
        raise CheckpointError(
            path,
            f"It gives alpha for {quoted(canonical)} as a tensor and in its settings. Keep one.",
        )
    if own.shape not in {(), (1,)}:
        raise CheckpointError(
            path,
            f"Alpha for {quoted(canonical)} has shape {quoted(list(own.shape))}, and must be "
            "one number.",
        )
    return LowRank(up, down, own)


def _alphas(header: Header, root: Path) -> dict[str, float | None]:
    """Alpha of every module of each part that has settings; None where these do not say it."""
    return {part: own.lora_alpha for part, own in settings_of(header, root).items()}
