"""An adapter's settings: what of them says how it is merged.

They stand in the file's metadata (diffusers) or in `adapter_config.json` beside the file (PEFT).
Settings that ask for another merge than that of a plain LoRA are refused.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from erasebench.errors import CheckpointError, quoted
from erasebench.submission.header import Header, unique_names
from erasebench.submission.names import PARTS
from erasebench.submission.weights_file import inside

_METADATA = "lora_adapter_metadata"
"""Metadata key under which diffusers keeps an adapter's settings.

What a pipeline saves has each after its part's name, `unet.lora_alpha`; what a model alone saves
has plain names.
"""

CONFIG: Final = "adapter_config.json"
"""Where PEFT keeps them."""

LONGEST_CONFIG: Final = 256 * 1024
"""Bytes of that file; it has about one thousand."""


class AdapterSettings(BaseModel):
    """What of an adapter's settings changes how it is merged; whatever else stands there may."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    peft_type: Literal["LORA"] = "LORA"
    lora_alpha: float | None = Field(None, allow_inf_nan=False)
    use_rslora: Literal[False] = False
    use_dora: Literal[False] = False
    fan_in_fan_out: Literal[False] = False
    bias: Literal["none"] = "none"
    # Of the others, such as PiSSA, OLoRA, CorDA and LoftQ, training begins by rewriting the base.
    init_lora_weights: Literal[True, False, "gaussian", "eva", "orthogonal"] = True
    modules_to_save: None = None
    alpha_pattern: dict[str, float] = Field(default_factory=dict, max_length=0)


def settings_of(header: Header, root: Path) -> dict[str, AdapterSettings]:
    """The settings of the parts that have any, in the file's metadata or in what lies beside it.

    Args:
        header: of the adapter's file.
        root: what was given: the file, or a folder outside which no settings are read.

    Raises:
        CheckpointError: if they cannot be read, lie elsewhere, are there twice, or ask for a merge
            of another kind.
    """
    config = header.path.with_name(CONFIG)
    # A link to nothing, or to itself, is settings that cannot be read, and not none.
    if not os.path.lexists(config):
        content = _parsed(header.path, header.metadata.get(_METADATA, "{}"))
        own = _by_part(header.path, content)
        return {part: _checked(header.path, found) for part, found in own.items() if found}
    if _METADATA in header.metadata:
        raise CheckpointError(
            header.path,
            f"It has settings in its metadata and in {CONFIG} beside it. Keep one of them.",
        )
    inside(config, root if root.is_dir() else root.parent)
    return dict.fromkeys(PARTS, _checked(config, _parsed(config, _config_text(config))))


def _config_text(config: Path) -> str:
    try:
        # Opening a pipe would wait for who writes into it.
        if not config.is_file() or config.stat().st_size > LONGEST_CONFIG:
            raise CheckpointError(
                config, f"This is no file of at most {LONGEST_CONFIG} bytes, as PEFT writes it."
            )
        return config.read_bytes().decode(errors="replace")
    except OSError as error:
        raise CheckpointError(
            config, f"It cannot be read: {error.strerror}. Check the file and its permissions."
        ) from error


def _by_part(path: Path, content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Settings out of metadata by the part that they are for; without any part's name, for all."""
    starts = {part: f"{part}." for part in PARTS}
    plain = [name for name in sorted(content) if not name.startswith(tuple(starts.values()))]
    if len(plain) == len(content):
        return dict.fromkeys(PARTS, content)
    if plain:
        raise CheckpointError(
            path,
            f"Some of its settings name the part that they are for ({PARTS[0]}.lora_alpha), and "
            f"{quoted(plain[0])} names none of {' and '.join(PARTS)}, so it is not clear what it "
            "is for. Save the adapter again with save_lora_weights.",
        )
    return {
        part: {
            name.removeprefix(start): value
            for name, value in content.items()
            if name.startswith(start)
        }
        for part, start in starts.items()
    }


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        content = json.loads(text, object_pairs_hook=unique_names)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            path, f"Its settings are not JSON, or ambiguous ({error}). Save the adapter again."
        ) from error
    if not isinstance(content, dict):
        raise CheckpointError(path, "Its settings are no JSON object. Save the adapter again.")
    return content


def _checked(path: Path, content: dict[str, Any]) -> AdapterSettings:
    try:
        return AdapterSettings.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise CheckpointError(
            path,
            f"Its settings say {quoted(where)} is {quoted(first['input'])}, and only a plain "
            "LoRA with one alpha is merged. Merge this adapter into the weights and give those, or "
            "a diff that `erasebench diff make` writes of them.",
        ) from error
