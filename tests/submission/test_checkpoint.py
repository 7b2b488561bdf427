"""How a checkpoint was given."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from erasebench.errors import CheckpointError, PickleRefusedError
from erasebench.submission.card import Card
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.diff_writer import write_diff
from erasebench.submission.header import PICKLE_SUFFIXES
from tests.submission.conftest import KEY, TEXT_FILE, UNET_FILE, Copies


def test_every_layout_gives_canonical_names(copies: Copies) -> None:
    """Pipeline folder, UNet folder and UNet file name the same tensors in the same way."""
    pipeline = copies.pipeline()
    unet = {f"unet.{name}" for name in copies.unet()}
    text_encoder = {f"text_encoder.{name}" for name in copies.text_encoder()}

    given = {
        path: open_checkpoint(pipeline / path) for path in (Path(), UNET_FILE.parent, UNET_FILE)
    }

    assert [checkpoint.layout for checkpoint in given.values()] == ["pipeline", "unet", "unet"]
    assert set(given[Path()].tensors) == unet | text_encoder
    assert set(given[UNET_FILE.parent].tensors) == unet
    assert set(given[UNET_FILE].tensors) == unet


def test_old_text_encoders_are_understood(copies: Copies) -> None:
    """The old prefix is stripped and position indices are passed over."""
    new = copies.text_encoder()
    old = {f"text_model.{name}": tensor for name, tensor in new.items()}
    old["text_model.embeddings.position_ids"] = torch.arange(32)

    found = open_checkpoint(copies.pipeline(text_encoder=old)).tensors

    assert {name for name in found if name.startswith("text_encoder.")} == {
        f"text_encoder.{name}" for name in new
    }


def test_a_tensor_under_two_names_is_refused(copies: Copies) -> None:
    """An old and a new name for one tensor would leave open which of them counts."""
    tensors = copies.text_encoder()
    name = "final_layer_norm.bias"

    with pytest.raises(CheckpointError, match="under two names"):
        open_checkpoint(
            copies.pipeline(text_encoder=tensors | {f"text_model.{name}": tensors[name].clone()})
        )


def test_a_long_name_is_cut_off_where_it_is_told(copies: Copies) -> None:
    """Of the few hundred letters that a name may have, a line of a message shows eighty."""
    name = "x" * 400
    twice = {f"text_model.{name}": torch.zeros(1), name: torch.zeros(1)}
    part = copies.pipeline(text_encoder=copies.text_encoder() | twice)
    single = {f"cond_stage_model.transformer.{own}": tensor for own, tensor in twice.items()}
    save_file(single, copies.folder / "single.safetensors")

    for path in (part, copies.folder / "single.safetensors"):
        with pytest.raises(CheckpointError, match="under two names") as caught:
            open_checkpoint(path)
        assert "x" * 100 not in str(caught.value)


def test_nothing_else_of_a_pipeline_is_read(copies: Copies) -> None:
    """VAE, scheduler, tokenizer and index may be broken or hostile: they are not looked at."""
    pipeline = copies.pipeline()
    for path in ("vae/config.json", "model_index.json", "scheduler/scheduler_config.json"):
        (pipeline / path).write_text("?")
    (pipeline / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"?")
    (pipeline / "unet" / "config.json").unlink()

    assert open_checkpoint(pipeline).layout == "pipeline"


@pytest.mark.parametrize("prefix", ["", "text_model."])
def test_a_text_encoder_alone_is_one_part(copies: Copies, prefix: str) -> None:
    """A folder or a file of a text encoder is known by its names, old or new."""
    tensors = copies.text_encoder()
    saved = {f"{prefix}{name}": tensor for name, tensor in tensors.items()}
    pipeline = copies.pipeline(text_encoder=saved)

    for path in (TEXT_FILE.parent, TEXT_FILE):
        checkpoint = open_checkpoint(pipeline / path)
        assert checkpoint.layout == "text_encoder"
        assert set(checkpoint.tensors) == {f"text_encoder.{name}" for name in tensors}


def test_the_command_for_pickles_makes_a_checkpoint_of_ones_own(
    copies: Copies, tmp_path: Path
) -> None:
    """The command in the message converts a copy, which opens; the original stays."""
    pipeline = copies.pipeline()
    for file, name in ((UNET_FILE, UNET_FILE.stem), (TEXT_FILE, "pytorch_model")):
        tensors = load_file(pipeline / file)
        (pipeline / file).unlink()
        torch.save(tensors, (pipeline / file).with_name(f"{name}.bin"))
    with pytest.raises(PickleRefusedError) as caught:
        open_checkpoint(pipeline)
    command = str(caught.value).partition("convert it: ")[2]
    here = shlex.quote(str(Path(sys.executable).parent))

    subprocess.run(["bash", "-c", f"PATH={here}:$PATH; {command}"], cwd=tmp_path, check=True)

    assert open_checkpoint(tmp_path / "pipeline-safetensors").layout == "pipeline"
    assert not list(pipeline.rglob("unet/*.safetensors"))


@pytest.mark.parametrize("suffix", PICKLE_SUFFIXES)
def test_a_pipeline_of_pickles_is_refused(copies: Copies, suffix: str) -> None:
    """Where weights are there as a pickle only, the error names it and how to convert it."""
    pipeline = copies.pipeline()
    weights = pipeline / UNET_FILE
    weights.unlink()
    torch.save({}, weights.with_suffix(suffix))

    with pytest.raises(PickleRefusedError, match=rf"diffusion_pytorch_model\{suffix}"):
        open_checkpoint(pipeline)


def test_a_folder_with_one_diff_is_that_diff(tmp_path: Path) -> None:
    """As `erasebench erase` writes it: the file, and a card for readers next to it."""
    write_diff(tmp_path / "x.safetensors", {"unet.a": torch.ones(1)}, "0", Card(concept="church"))
    (tmp_path / "x.card.json").write_text("{}")
    checkpoint = open_checkpoint(tmp_path)

    assert (checkpoint.layout, checkpoint.concept) == ("diff", "church")
    assert set(checkpoint.tensors) == {"unet.a"}


def test_a_lone_variant_serves_and_the_standard_name_goes_first(copies: Copies) -> None:
    """A file of another name is used if it is the only one, and not next to the standard one."""
    pipeline = copies.pipeline()
    variant = pipeline / "text_encoder" / "model.fp16.safetensors"
    save_file({"a": torch.zeros(1)}, variant)
    assert "text_encoder.a" not in open_checkpoint(pipeline).tensors

    (pipeline / TEXT_FILE).unlink()
    assert "text_encoder.a" in open_checkpoint(pipeline).tensors

    variant.with_name("other.safetensors").write_bytes(variant.read_bytes())
    with pytest.raises(CheckpointError, match="ambiguous"):
        open_checkpoint(pipeline)


@pytest.mark.parametrize("place", [Path(), UNET_FILE.parent, UNET_FILE])
def test_quantised_weights_are_refused_by_their_header(copies: Copies, place: Path) -> None:
    """Before a tensor is read, and whatever the base is."""
    tensors = copies.unet()
    pipeline = copies.pipeline(tensors | {KEY: tensors[KEY].to(torch.int8)})

    with pytest.raises(CheckpointError, match=f"1 tensors .*'unet.{KEY[:20]}.*is I8"):
        open_checkpoint(pipeline / place)


def test_a_quantised_factor_is_refused(tmp_path: Path) -> None:
    """An edit is of floating-point numbers like what it changes."""
    path = tmp_path / "lora.safetensors"
    factors = {"unet.a.lora_A.weight": torch.ones(1, 2), "unet.a.lora_B.weight": torch.ones(2, 1)}
    save_file({name: tensor.to(torch.int8) for name, tensor in factors.items()}, path)

    with pytest.raises(CheckpointError, match=r"2 tensors .*'unet\.a\.weight' is I8"):
        open_checkpoint(path)


@pytest.mark.parametrize("content", [None, "empty folder"])
def test_nothing_there_says_what_may_be_given(tmp_path: Path, content: str | None) -> None:
    """A wrong path and an empty folder are answered with what would be accepted."""
    path = tmp_path / "x"
    if content:
        path.mkdir()

    with pytest.raises(CheckpointError, match="pipeline folder"):
        open_checkpoint(path)


def test_a_name_that_no_file_can_have_is_an_expected_error() -> None:
    """The system's own refusal, in words."""
    with pytest.raises(CheckpointError, match="File name too long"):
        open_checkpoint(Path("x" * 300))


@pytest.mark.parametrize("kind", ["LoRA", "diff"])
def test_an_edit_beside_the_parts_is_refused(copies: Copies, kind: str) -> None:
    """Neither is passed over silently; a single-file copy of the parts is."""
    pipeline = copies.pipeline()
    name = "cond_stage_model.transformer.text_model.final_layer_norm.bias"
    save_file({name: torch.ones(1)}, pipeline / "model.safetensors")
    assert open_checkpoint(pipeline).layout == "pipeline"

    path = pipeline / "x.safetensors"
    if kind == "LoRA":
        save_file({"unet.a.lora_A.weight": torch.ones(1, 1)}, path)
    else:
        write_diff(path, {"unet.a": torch.ones(1)}, "0", Card(concept="church"))
    with pytest.raises(CheckpointError, match=f"A {kind} next to folders"):
        open_checkpoint(pipeline)
