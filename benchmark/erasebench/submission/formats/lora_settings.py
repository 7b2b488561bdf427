"""The settings of an adapter that affect how it is merged.

They are in the file's metadata (diffusers) or in `adapter_config.json` next to the file (PEFT).
Only plain LoRAs are supported; other settings are rejected.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from erasebench.errors import CheckpointError, quoted
from erasebench.submission.header import Header, readable, unique_names
from erasebench.submission.tensor_names import PARTS
from erasebench.submission.weights_file import inside

_METADATA = "lora_adapter_metadata"
"""Metadata key of an adapter's settings in diffusers.

A pipeline saves them with the part's name, `unet.lora_alpha`; a single model without.
"""

CONFIG: Final = "adapter_config.json"
"""File of PEFT's settings."""

LONGEST_CONFIG: Final = 256 * 1024
"""Maximum bytes of that file; usual is about one thousand."""


class AdapterSettings(BaseModel):
    """Settings that affect how an adapter is merged; others are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    peft_type: Literal["LORA"] = "LORA"
    lora_alpha: float | None = Field(None, allow_inf_nan=False)
    use_rslora: Literal[False] = False
    use_dora: Literal[False] = False
    fan_in_fan_out: Literal[False] = False
    bias: Literal["none"] = "none"
    # With others, such as PiSSA, OLoRA, CorDA and LoftQ, training first changes the base.
    init_lora_weights: Literal[True, False, "gaussian", "eva", "orthogonal"] = True
    modules_to_save: None = None
    alpha_pattern: dict[str, float] = Field(default_factory=dict, max_length=0)


def settings_of(header: Header, root: Path) -> dict[str, AdapterSettings]:
    """The settings of each part that has any, from the metadata or the file next to it.

    Args:
        header: of the adapter's file.
        root: the given file or folder; settings outside it are not read.

    Raises:
        CheckpointError: if they are invalid, outside the root, given twice, or not of a plain LoRA.
    """
    config = header.path.with_name(CONFIG)
    # A broken link counts as unreadable settings, not as none.
    if not os.path.lexists(config):
        content = _parsed(header.path, header.metadata.get(_METADATA, "{}"))
        own = _by_part(header.path, content)
        return {part: _checked(header.path, found) for part, found in own.items() if found}
    if _METADATA in header.metadata:
        raise CheckpointError(
            header.path, f"There are settings in the metadata and in {CONFIG}. Keep one of them."
        )
    inside(config, root if root.is_dir() else root.parent)
    return dict.fromkeys(PARTS, _checked(config, _parsed(config, _config_text(config))))


def _config_text(config: Path) -> str:
    with readable(config):
        # Opening a pipe would block.
        if not config.is_file() or config.stat().st_size > LONGEST_CONFIG:
            raise CheckpointError(
                config, f"Not a file of at most {LONGEST_CONFIG} bytes, as PEFT writes it."
            )
        return config.read_bytes().decode(errors="replace")


def _by_part(path: Path, content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Settings in the metadata by part; without names of parts, for all."""
    named: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    plain = []
    for name in sorted(content):
        part, dot, setting = name.partition(".")
        if dot and part in named:
            named[part][setting] = content[name]
        else:
            plain.append(name)
    if len(plain) == len(content):
        return dict.fromkeys(PARTS, content)
    if plain:
        raise CheckpointError(
            path,
            f"Some settings start with a part ({PARTS[0]}.lora_alpha), but {quoted(plain[0])} does "
            f"not start with {' or '.join(PARTS)}. Save the adapter again with save_lora_weights.",
        )
    return named


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        content = json.loads(text, object_pairs_hook=unique_names)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            path, f"The settings are not JSON, or ambiguous ({error}). Save the adapter again."
        ) from error
    if not isinstance(content, dict):
        raise CheckpointError(path, "The settings are not a JSON object. Save the adapter again.")
    return content


def _checked(path: Path, content: dict[str, Any]) -> AdapterSettings:
    try:
        return AdapterSettings.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise CheckpointError(
            path,
            f"The setting {quoted(where)} is {quoted(first['input'])}; only a plain LoRA with one "
            "alpha is supported. Merge the adapter into the weights, and use those or a diff.",
        ) from error
