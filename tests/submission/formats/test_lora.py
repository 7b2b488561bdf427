"""Low-rank adapters."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from erasebench.errors import CheckpointError, TensorMismatchError
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.tensors import read_tensor
from tests.layouts import save_shards

ATTENTION = "down_blocks.1.attentions.0.transformer_blocks.0.attn2"
CONVOLUTION = "down_blocks.0.resnets.0.conv1"
TEXT = "encoder.layers.0.self_attn"
RANK = 2

STYLES: dict[str, dict[str, str]] = {
    "diffusers": {
        "unet.X.to_k": "unet.X.to_k.lora_A.weight unet.X.to_k.lora_B.weight unet.X.to_k.alpha",
        "unet.X.to_out.0": "unet.X.to_out.0.lora_A.weight unet.X.to_out.0.lora_B.weight "
        "unet.X.to_out.0.alpha",
        "text_encoder.T.q_proj": "text_encoder.text_model.T.q_proj.lora_A.weight "
        "text_encoder.text_model.T.q_proj.lora_B.weight text_encoder.text_model.T.q_proj.alpha",
    },
    "layers": {
        "unet.X.to_k": "unet.X.to_k.lora.down.weight unet.X.to_k.lora.up.weight "
        "unet.X.to_k.lora.alpha",
        "unet.X.to_out.0": "unet.X.to_out.0.lora.down.weight unet.X.to_out.0.lora.up.weight "
        "unet.X.to_out.0.alpha",
        "text_encoder.T.q_proj": "text_encoder.text_model.T.q_proj.lora_linear_layer.down.weight "
        "text_encoder.text_model.T.q_proj.lora_linear_layer.up.weight "
        "text_encoder.text_model.T.q_proj.lora_linear_layer.alpha",
    },
    "processors": {
        "unet.X.to_k": "unet.X.processor.to_k_lora.down.weight "
        "unet.X.processor.to_k_lora.up.weight unet.X.processor.to_k_lora.alpha",
        "unet.X.to_out.0": "X.processor.to_out_lora.down.weight X.processor.to_out_lora.up.weight "
        "X.processor.to_out_lora.alpha",
        "text_encoder.T.q_proj": "text_encoder.T.to_q_lora.down.weight "
        "text_encoder.T.to_q_lora.up.weight text_encoder.T.to_q_lora.alpha",
    },
    "peft": {
        "unet.X.to_k": "base_model.model.X.to_k.lora_A.weight "
        "base_model.model.X.to_k.lora_B.weight base_model.model.X.to_k.alpha",
        "unet.X.to_out.0": "base_model.model.X.to_out.0.lora_A.weight "
        "base_model.model.X.to_out.0.lora_B.weight base_model.model.X.to_out.0.alpha",
        "text_encoder.T.q_proj": "base_model.model.text_model.T.q_proj.lora_A.weight "
        "base_model.model.text_model.T.q_proj.lora_B.weight "
        "base_model.model.text_model.T.q_proj.alpha",
    },
}
"""Per style: module → its names for down, up and alpha; X is an attention, T the text encoder."""

PLACES = ("pipeline's metadata", "model's metadata", "config")
"""Where settings are: in what `save_lora_weights` of a pipeline writes, in what `save_lora_adapter`
of a model writes, or in PEFT's file beside the adapter."""


def _full(name: str) -> str:
    return name.replace("X", ATTENTION).replace("T.", f"{TEXT}.")


def _factors(base: BaseTensors, module: str, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    out, *others = base.tensors[f"{module}.weight"].shape
    generator = torch.Generator().manual_seed(seed)
    ones = (1,) * (len(others) - 1)
    return (
        torch.randn((RANK, *others), generator=generator),
        torch.randn((out, RANK, *ones), generator=generator),
    )


def _merged(base: BaseTensors, module: str, down: Any, up: Any, scale: float) -> torch.Tensor:
    """The sum by numpy, in float64."""
    unedited = read_tensor(base.tensors[f"{module}.weight"]).numpy().astype(np.float64)
    down, up = (factor.numpy().astype(np.float64) for factor in (down, up))
    product = np.tensordot(up.reshape(len(up), RANK), down, axes=1)
    return torch.from_numpy(unedited + scale * product).float()


@pytest.mark.parametrize("alpha", [None, 1.0, 6.0])
@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_names_is_merged_alike(
    base: BaseTensors, tmp_path: Path, style: str, alpha: float | None
) -> None:
    """`W + alpha / rank · up · down`, with alpha the rank where it is not given."""
    tensors, wanted = {}, {}
    for seed, (module, names) in enumerate(STYLES[style].items()):
        down, up = _factors(base, _full(module), seed)
        scale = 1.0 if alpha is None else alpha / RANK
        wanted[f"{_full(module)}.weight"] = _merged(base, _full(module), down, up, scale)
        for name, tensor in zip(map(_full, names.split()), (down, up, alpha), strict=True):
            if tensor is not None:
                tensors[name] = torch.as_tensor(tensor)
    path = tmp_path / "pytorch_lora_weights.safetensors"
    save_file(tensors, path)

    checkpoint = open_checkpoint(tmp_path)
    changed = load_changed_tensors(checkpoint, base)

    assert checkpoint.layout == "lora"
    assert changed.keys() == wanted.keys()
    for name, tensor in changed.items():
        assert tensor.dtype == torch.float32
        torch.testing.assert_close(tensor, wanted[name], rtol=1e-6, atol=1e-7)


def _save(
    base: BaseTensors, path: Path, metadata: dict[str, str] | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """An adapter of one convolution, with its file's metadata."""
    down, up = _factors(base, f"unet.{CONVOLUTION}", 0)
    name = f"unet.{CONVOLUTION}.lora_"
    save_file({f"{name}A.weight": down, f"{name}B.weight": up}, path, metadata)
    return down, up


def test_a_convolution_is_merged(base: BaseTensors, tmp_path: Path) -> None:
    """Its down factor is a convolution of its size, and its up factor one of 1 × 1."""
    down, up = _save(base, tmp_path / "lora.safetensors")

    changed = load_changed_tensors(open_checkpoint(tmp_path), base)

    wanted = _merged(base, f"unet.{CONVOLUTION}", down, up, 1.0)
    torch.testing.assert_close(changed[f"unet.{CONVOLUTION}.weight"], wanted, rtol=1e-6, atol=1e-7)


def test_an_adapter_of_a_model_alone_names_no_part(base: BaseTensors, tmp_path: Path) -> None:
    """As `save_lora_adapter` of a UNet writes it: neither its tensors nor its settings do."""
    down, up = _factors(base, f"unet.{CONVOLUTION}", 0)
    tensors = {f"{CONVOLUTION}.lora_A.weight": down, f"{CONVOLUTION}.lora_B.weight": up}
    settings = json.dumps({"r": RANK, "lora_alpha": 4 * RANK, "init_lora_weights": True})
    save_file(tensors, tmp_path / "x.safetensors", {"lora_adapter_metadata": settings})

    changed = load_changed_tensors(open_checkpoint(tmp_path / "x.safetensors"), base)

    wanted = _merged(base, f"unet.{CONVOLUTION}", down, up, 4.0)
    torch.testing.assert_close(changed[f"unet.{CONVOLUTION}.weight"], wanted, rtol=1e-6, atol=1e-7)


def _save_with(base: BaseTensors, folder: Path, place: str, settings: dict[str, Any]) -> Path:
    """The same adapter with settings in one of the `PLACES`; gives its file."""
    metadata = None
    if place == "config":
        (folder / "adapter_config.json").write_text(json.dumps(settings))
    else:
        start = "unet." if place == "pipeline's metadata" else ""
        own = {f"{start}{name}": value for name, value in settings.items()}
        metadata = {"lora_adapter_metadata": json.dumps(own)}
    path = folder / "adapter_model.safetensors"
    _save(base, path, metadata)
    return path


@pytest.mark.parametrize("place", PLACES)
def test_alpha_is_found_in_the_settings(base: BaseTensors, tmp_path: Path, place: str) -> None:
    """Diffusers stores it in the file's metadata, PEFT in a file next to it."""
    settings = {"r": RANK, "lora_alpha": 8, "peft_type": "LORA", "target_modules": ["x"]}
    _save_with(base, tmp_path, place, settings)
    down, up = _factors(base, f"unet.{CONVOLUTION}", 0)

    changed = load_changed_tensors(open_checkpoint(tmp_path), base)

    wanted = _merged(base, f"unet.{CONVOLUTION}", down, up, 8 / RANK)
    torch.testing.assert_close(changed[f"unet.{CONVOLUTION}.weight"], wanted, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "setting",
    [
        {"use_dora": True},
        {"use_rslora": True},
        {"fan_in_fan_out": True},
        {"bias": "all"},
        {"modules_to_save": ["conv_in"]},
        {"alpha_pattern": {"to_k": 3}},
        {"peft_type": "LOHA"},
        {"lora_alpha": "many"},
        {"init_lora_weights": "pissa"},
        {"init_lora_weights": "olora"},
        {"init_lora_weights": "corda"},
        {"init_lora_weights": "loftq"},
    ],
    ids=lambda setting: "_".join(map(str, *setting.items())),
)
def test_a_variant_that_is_merged_otherwise_is_refused(
    base: BaseTensors, tmp_path: Path, setting: dict[str, Any], place: str
) -> None:
    """Merging it as a plain LoRA would give other weights than its author's."""
    _save_with(base, tmp_path, place, {"lora_alpha": 2} | setting)

    with pytest.raises(CheckpointError, match=f"The setting '{next(iter(setting))}"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("unet.mid_lora_down.weight", "unknown name"),
        ("unet.a.lora_A.weight unet.a.lora_B.weight unet.a.lora_B.bias", "'unet.a.lora_B.bias'"),
        ("unet.a.lora_A.weight unet.a.lora_B.weight unet.a.lora_magnitude_vector", "magnitude"),
        ("unet.a.lora_A.weight unet.a.lora_B.weight unet.b.down.weight", "'unet.b.down.weight'"),
        ("unet.a.lora_A.weight unet.a.lora_B.weight unet.conv_in.weight", "unet.conv_in.weight"),
        ("unet.a.lora_A.weight", "only down"),
        ("unet.a.lora_A.weight unet.a.lora.down.weight", "two factors 'down'"),
    ],
)
def test_what_is_not_understood_is_an_error(tmp_path: Path, names: str, reason: str) -> None:
    """No tensor of an adapter is passed over."""
    path = tmp_path / "lora.safetensors"
    save_file({name: torch.ones(2, 2) for name in names.split()}, path)

    with pytest.raises(CheckpointError, match=reason):
        open_checkpoint(path)


def _save_as_kohya_does(base: BaseTensors, path: Path) -> dict[str, torch.Tensor]:
    """An adapter in kohya's naming; gives the tensors that it is meant to make."""
    modules = (
        f"unet.{ATTENTION}.to_k",
        f"unet.{ATTENTION}.to_out.0",
        f"text_encoder.{TEXT}.q_proj",
    )
    tensors, wanted = {}, {}
    for seed, module in enumerate(modules):
        down, up = _factors(base, module, seed)
        part, _, rest = module.partition(".")
        start = "lora_unet_" if part == "unet" else "lora_te_text_model_"
        name = start + rest.replace(".", "_")
        tensors |= {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}
        tensors[f"{name}.alpha"] = torch.tensor(6.0)
        wanted[f"{module}.weight"] = _merged(base, module, down, up, 6 / RANK)
    save_file(tensors, path)
    return wanted


def _command_for(path: Path) -> str:
    with pytest.raises(CheckpointError, match="A LoRA in kohya's naming") as caught:
        open_checkpoint(path)
    return str(caught.value).partition("use the new file: ")[2]


def test_kohya_s_names_are_refused_with_a_command(base: BaseTensors, tmp_path: Path) -> None:
    """By the format's name; the command compiles, and a shell reads the file's name as one word."""
    path = tmp_path / "own lora.safetensors"
    _save_as_kohya_does(base, path)
    python, option, program, *files = shlex.split(_command_for(path))

    assert [python, option] == ["python", "-c"]
    compile(program, "program", "exec")
    assert files == [path.name, "own lora-diffusers.safetensors"]


@pytest.mark.slow
def test_the_command_for_kohya_s_names_gives_the_same_adapter(
    base: BaseTensors, tmp_path: Path
) -> None:
    """What diffusers makes of it is merged as it was meant."""
    path = tmp_path / "own lora.safetensors"
    wanted = _save_as_kohya_does(base, path)
    command = _command_for(path)
    here = shlex.quote(str(Path(sys.executable).parent))
    subprocess.run(["bash", "-c", f"PATH={here}:$PATH; {command}"], cwd=tmp_path, check=True)

    changed = load_changed_tensors(
        open_checkpoint(tmp_path / "own lora-diffusers.safetensors"), base
    )
    assert changed.keys() == wanted.keys()
    for name, tensor in changed.items():
        torch.testing.assert_close(tensor, wanted[name], rtol=1e-6, atol=1e-7)


def test_a_module_that_the_base_lacks_is_named(base: BaseTensors, tmp_path: Path) -> None:
    """A LoRA of another architecture does not become one of the modules that happen to fit."""
    path = tmp_path / "lora.safetensors"
    _save(base, path)
    name = "unet.down_blocks.9.attn.to_k.lora_"
    down, up = torch.ones(1, 8), torch.ones(8, 1)
    save_file({f"{name}A.weight": down, f"{name}B.weight": up}, path)

    with pytest.raises(TensorMismatchError) as caught:
        load_changed_tensors(open_checkpoint(path), base)

    assert caught.value.unknown == ("unet.down_blocks.9.attn.to_k.weight",)


def test_alpha_in_two_places_is_refused(base: BaseTensors, tmp_path: Path) -> None:
    """Neither of two numbers is preferred silently."""
    down, up = _save(base, tmp_path / "adapter_model.safetensors")
    (tmp_path / "adapter_config.json").write_text('{"lora_alpha": 2}')
    module = f"unet.{CONVOLUTION}"
    tensors = {f"{module}.lora_A.weight": down, f"{module}.lora_B.weight": up}
    save_file(
        tensors | {f"{module}.alpha": torch.tensor(3.0)}, tmp_path / "adapter_model.safetensors"
    )

    with pytest.raises(CheckpointError, match="as a tensor and in the settings"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize("start", [True, False, "gaussian"])
def test_how_factors_began_does_not_matter(
    base: BaseTensors, tmp_path: Path, start: bool | str
) -> None:
    """As long as training left the base as it was."""
    settings = {"lora_alpha": 2, "init_lora_weights": start}
    (tmp_path / "adapter_config.json").write_text(json.dumps(settings))
    _save(base, tmp_path / "adapter_model.safetensors")

    assert open_checkpoint(tmp_path).layout == "lora"


def test_settings_in_metadata_and_beside_it_are_refused(base: BaseTensors, tmp_path: Path) -> None:
    """Even where both say the same."""
    (tmp_path / "adapter_config.json").write_text('{"lora_alpha": 2}')
    metadata = {"lora_adapter_metadata": '{"unet.lora_alpha": 2}'}
    _save(base, tmp_path / "adapter_model.safetensors", metadata)

    with pytest.raises(CheckpointError, match="in the metadata and in"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize("place", PLACES)
def test_settings_that_do_not_say_alpha_are_refused(
    base: BaseTensors, tmp_path: Path, place: str
) -> None:
    """The rank is not what was trained with."""
    _save_with(base, tmp_path, place, {"r": RANK})

    with pytest.raises(CheckpointError, match="The settings have no lora_alpha"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize("odd", ["lora_alpha", "unet", "text_encoder_2.lora_alpha"])
def test_settings_with_and_without_a_part_are_not_chosen_between(
    base: BaseTensors, tmp_path: Path, odd: str
) -> None:
    """What is for no part that is known might be for any."""
    metadata = {"lora_adapter_metadata": json.dumps({"unet.lora_alpha": 8, odd: 2})}
    _save(base, tmp_path / "adapter_model.safetensors", metadata)

    with pytest.raises(CheckpointError, match=f"'{odd}' does not start with unet or text_encoder"):
        open_checkpoint(tmp_path)


def test_no_settings_in_metadata_are_none(base: BaseTensors, tmp_path: Path) -> None:
    """An empty object says as little as none, and alpha is the rank."""
    down, up = _save(base, tmp_path / "lora.safetensors", {"lora_adapter_metadata": "{}"})
    changed = load_changed_tensors(open_checkpoint(tmp_path), base)

    wanted = _merged(base, f"unet.{CONVOLUTION}", down, up, 1.0)
    torch.testing.assert_close(changed[f"unet.{CONVOLUTION}.weight"], wanted, rtol=1e-6, atol=1e-7)


def test_an_adapter_in_shards_is_refused(base: BaseTensors, tmp_path: Path) -> None:
    """Its settings would be passed over, and it be merged at another scale."""
    whole = _save_with(base, tmp_path, "config", {"r": RANK, "lora_alpha": 8})
    folder = save_shards(tmp_path / "adapter", load_file(whole), "adapter_model")
    (tmp_path / "adapter_config.json").rename(folder / "adapter_config.json")

    with pytest.raises(CheckpointError, match="A sharded LoRA"):
        open_checkpoint(folder)


def test_a_file_alone_has_its_settings_beside_it(base: BaseTensors, tmp_path: Path) -> None:
    """Whether the folder or the file is named, alpha is the same; a link out of it is refused."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    path = folder / "adapter_model.safetensors"
    down, up = _save(base, path)
    (folder / "adapter_config.json").write_text('{"lora_alpha": 8}')
    changed = load_changed_tensors(open_checkpoint(path), base)
    wanted = _merged(base, f"unet.{CONVOLUTION}", down, up, 8 / RANK)
    torch.testing.assert_close(changed[f"unet.{CONVOLUTION}.weight"], wanted, rtol=1e-6, atol=1e-7)

    (folder / "adapter_config.json").rename(tmp_path / "elsewhere")
    (folder / "adapter_config.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match="leads out of the given folder"):
        open_checkpoint(path)
