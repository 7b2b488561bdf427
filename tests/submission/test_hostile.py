"""Broken and hostile files: each ends in an error of its own, which is short, in little memory.

What a header alone may hold wrong is in `test_header.py`, and what a LoRA's names may in
`test_lora.py`; here a checkpoint is opened as a user's would be, and read to the end.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file

from erasebench.errors import (
    CheckpointError,
    EmptyDiffError,
    NonFiniteError,
    PickleRefusedError,
    TensorMismatchError,
    WrongBaseError,
)
from erasebench.submission.base import BaseTensors
from erasebench.submission.card import METADATA_KEY
from erasebench.submission.changed import load_changed_tensors
from erasebench.submission.checkpoint import open_checkpoint
from tests.layouts import save_original, save_shards
from tests.submission.conftest import KEY, UNET_FILE, Copies

NAME = f"unet.{KEY}"
INDEX = "diffusion_pytorch_model.safetensors.index.json"
FACTORS = {"unet.a.lora_A.weight": torch.ones(1, 4), "unet.a.lora_B.weight": torch.ones(4, 1)}
MEGABYTES = 300
"""What a refusal may take, by far the most for reading a header of the largest size."""


@dataclass(frozen=True)
class Ground:
    """What a case is made of."""

    copies: Copies
    base: BaseTensors


Broken = Callable[[Ground], Path]
CASES: dict[str, tuple[Broken, type[CheckpointError], str]] = {}


def case(error: type[CheckpointError], reason: str) -> Callable[[Broken], Broken]:
    """Adds a way to break a checkpoint, with the error that it must end in."""

    def add(broken: Broken) -> Broken:
        CASES[broken.__name__.strip("_")] = (broken, error, reason)
        return broken

    return add


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def _raw(copies: Copies, header: str, content: bytes = b"") -> Path:
    """A file of a header and bytes, named as a UNet's."""
    path = copies.folder / UNET_FILE.name
    path.write_bytes(len(header).to_bytes(8, "little") + header.encode() + content)
    return path


def _saved(copies: Copies, tensors: Mapping[str, torch.Tensor]) -> Path:
    path = copies.folder / "model.safetensors"
    save_file(dict(tensors), path)
    return path


def _diff(copies: Copies, base: str, kind: str, **tensors: torch.Tensor) -> Path:
    """A diff whose tensors are for one matrix, by the endings of their names."""
    path = copies.folder / "diff.safetensors"
    header = json.dumps({"schema_version": 1, "kind": kind, "base": base})
    named = {NAME + (f".{end}" if end else ""): tensor for end, tensor in tensors.items()}
    save_file(named, path, {METADATA_KEY: header})
    return path


def _index(copies: Copies, text: str) -> Path:
    """Shards of the base's UNet with an index of other content."""
    folder = save_shards(copies.folder / "shards", copies.unet())
    (folder / INDEX).write_text(text)
    return folder


def _link(copies: Copies, inside: Path, target: Path) -> Path:
    """A copy of the base in which one path is a link to another place."""
    pipeline = copies.pipeline()
    path = pipeline / inside
    if path.is_dir():
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    else:
        path.unlink()
    path.symlink_to(target)
    return pipeline


def _matrix(base: BaseTensors) -> torch.Tensor:
    return torch.ones(base.tensors[NAME].shape)


# Files that are not what they are called.


@case(PickleRefusedError, "can run code")
def _pickle_renamed(at: Ground) -> Path:
    pipeline = at.copies.pipeline()
    torch.save({"a": torch.zeros(1)}, pipeline / UNET_FILE)
    return pipeline


@case(PickleRefusedError, "can run code")
def _plain_pickle_renamed(at: Ground) -> Path:
    path = at.copies.folder / "model.safetensors"
    path.write_bytes(pickle.dumps({"a": 1}, protocol=4))
    return path


@case(PickleRefusedError, "cp -rL -- .* && python -c")
def _folder_of_pickles(at: Ground) -> Path:
    pipeline = at.copies.pipeline()
    (pipeline / UNET_FILE).rename((pipeline / UNET_FILE).with_suffix(".bin"))
    return pipeline


@case(CheckpointError, "no file")
def _pipe(at: Ground) -> Path:
    pipeline = at.copies.pipeline()
    (pipeline / UNET_FILE).unlink()
    os.mkfifo(pipeline / UNET_FILE)
    return pipeline


@case(CheckpointError, "does not begin with a header")
def _empty(at: Ground) -> Path:
    path = at.copies.folder / "model.safetensors"
    path.touch()
    return path


@case(CheckpointError, "does not begin with a header")
def _web_page(at: Ground) -> Path:
    path = at.copies.folder / "model.safetensors"
    path.write_text("<!DOCTYPE html><title>404</title>")
    return path


@case(CheckpointError, "download is complete")
def _truncated(at: Ground) -> Path:
    path = at.copies.folder / "model.safetensors"
    path.write_bytes(save(at.copies.unet())[:-100])
    return path


# Headers that promise what is not there.


@case(CheckpointError, r"its header should end at byte \d+, the file ends at")
def _header_longer_than_the_file(at: Ground) -> Path:
    path = at.copies.folder / "model.safetensors"
    path.write_bytes((1 << 40).to_bytes(8, "little") + b"{}")
    return path


@case(CheckpointError, "begins at byte")
def _overlapping_offsets(at: Ground) -> Path:
    entry = '{"dtype":"F32","shape":[2],"data_offsets":[%d,%d]}'
    header = f'{{"a":{entry % (0, 8)},"b":{entry % (4, 12)}}}'
    return _raw(at.copies, header, bytes(12))


@case(CheckpointError, "too many or few for its shape")
def _vast_shape(at: Ground) -> Path:
    header = '{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4]}}'
    return _raw(at.copies, header, bytes(4))


@case(CheckpointError, "the file at")
def _vast_shape_with_its_offsets(at: Ground) -> Path:
    size = 4 * 10**12
    header = f'{{"a":{{"dtype":"F32","shape":[{10**12}],"data_offsets":[0,{size}]}}}}'
    return _raw(at.copies, header, bytes(4))


@case(TensorMismatchError, "unknown")
def _vast_shape_of_nothing(at: Ground) -> Path:
    return _raw(at.copies, '{"a":{"dtype":"F32","shape":[1000000000000,0],"data_offsets":[0,0]}}')


@case(CheckpointError, "the entry of 'a' is not")
def _million_dimensions(at: Ground) -> Path:
    shape = ",".join(["4611686018427387904"] * 500_000)
    header = f'{{"a":{{"dtype":"F32","shape":[{shape}],"data_offsets":[0,4]}}}}'
    return _raw(at.copies, header, bytes(4))


@case(TensorMismatchError, r"100000 unknown \(")
def _many_tensors(at: Ground) -> Path:
    entry = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    return _raw(at.copies, "{" + ",".join(f'"t{i}":{entry}' for i in range(100_000)) + "}")


@case(CheckpointError, "names 'a' twice")
def _duplicate_keys(at: Ground) -> Path:
    entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    return _raw(at.copies, f'{{"a":{entry},"a":{entry}}}', bytes(4))


# Tensors that are no edit of the base.


@case(NonFiniteError, "1 tensors hold NaN")
def _not_a_number(at: Ground) -> Path:
    tensors = at.copies.unet()
    tensors[KEY][0, 0] = torch.nan
    return _saved(at.copies, tensors)


@case(NonFiniteError, "1 tensors hold NaN")
def _infinite_where_computed(at: Ground) -> Path:
    return _diff(at.copies, at.base.digest, "replace", **{"": _matrix(at.base).double() * 1e300})


@case(TensorMismatchError, "missing")
def _half_a_text_encoder(at: Ground) -> Path:
    tensors = at.copies.text_encoder()
    return _saved(at.copies, {name: tensors[name] for name in sorted(tensors)[::2]})


@case(EmptyDiffError, "No tensor differs")
def _nothing_changed(at: Ground) -> Path:
    return save_shards(at.copies.folder / "shards", at.copies.unet())


@case(CheckpointError, "is F8_E4M3|not plain floating-point")
def _quantised(at: Ground) -> Path:
    tensors = at.copies.unet()
    return _saved(at.copies, tensors | {KEY: tensors[KEY].to(torch.float8_e4m3fn)})


@case(CheckpointError, "label_emb.*is no name")
def _other_architecture(at: Ground) -> Path:
    return _saved(at.copies, {"model.diffusion_model.label_emb.0.0.weight": torch.ones(1)})


@case(TensorMismatchError, r"misshaped \(unet\.conv_in\.weight is \[1\]")
def _original_of_other_shapes(at: Ground) -> Path:
    tensors = at.copies.unet() | {"conv_in.weight": torch.ones(1)}
    return save_original(at.copies.folder / "x.safetensors", tensors, None, layers=1)


# Diffs.


@case(WrongBaseError, "made against base ffffffffffff")
def _wrong_base(at: Ground) -> Path:
    return _diff(at.copies, "f" * 64, "sparse", indices=torch.tensor([0]), values=torch.ones(1))


@case(CheckpointError, "no .values")
def _places_without_values(at: Ground) -> Path:
    return _diff(at.copies, at.base.digest, "sparse", indices=torch.tensor([0]))


@case(CheckpointError, "not ascending")
def _place_beyond_the_end(at: Ground) -> Path:
    last = _matrix(at.base).numel()
    places = torch.tensor([0, last])
    return _diff(at.copies, at.base.digest, "sparse", indices=places, values=torch.ones(2))


@case(CheckpointError, "names 268435456 places in a tensor of")
def _gigabytes_of_places(at: Ground) -> Path:
    count = 1 << 28
    middle, end = 8 * count, 10 * count
    entries = {
        f"{NAME}.indices": {"dtype": "I64", "shape": [count], "data_offsets": [0, middle]},
        f"{NAME}.values": {"dtype": "F16", "shape": [count], "data_offsets": [middle, end]},
    }
    said = {"schema_version": 1, "kind": "sparse", "base": at.base.digest}
    header = json.dumps({"__metadata__": {METADATA_KEY: json.dumps(said)}} | entries)
    path = _raw(at.copies, header)
    os.truncate(path, path.stat().st_size + end)
    return path


@case(CheckpointError, "not ascending")
def _place_before_the_start(at: Ground) -> Path:
    places = torch.tensor([-1, 0])
    return _diff(at.copies, at.base.digest, "sparse", indices=places, values=torch.ones(2))


@case(CheckpointError, "not ascending")
def _one_place_twice(at: Ground) -> Path:
    places = torch.tensor([3, 3])
    return _diff(at.copies, at.base.digest, "sparse", indices=places, values=torch.ones(2))


@case(CheckpointError, "indices one of I32, I64")
def _places_between_places(at: Ground) -> Path:
    return _diff(at.copies, at.base.digest, "sparse", indices=torch.ones(1), values=torch.ones(1))


@case(CheckpointError, "one row of the same length")
def _more_values_than_places(at: Ground) -> Path:
    return _diff(
        at.copies, at.base.digest, "sparse", indices=torch.tensor([0]), values=torch.ones(2)
    )


@case(CheckpointError, "not plain floating-point")
def _whole_numbers_as_values(at: Ground) -> Path:
    one = torch.tensor([1])
    return _diff(at.copies, at.base.digest, "sparse", indices=one, values=one.clone())


@case(CheckpointError, "whole and in parts")
def _tensor_in_two_ways(at: Ground) -> Path:
    parts = {"indices": torch.tensor([0]), "values": torch.ones(1), "": _matrix(at.base)}
    return _diff(at.copies, at.base.digest, "sparse", **parts)


@case(CheckpointError, "cannot be multiplied")
def _factors_that_do_not_fit(at: Ground) -> Path:
    out, width = at.base.tensors[NAME].shape
    up, down = torch.ones(out, 2), torch.ones(3, width)
    return _diff(at.copies, at.base.digest, "low_rank", up=up, down=down)


@case(CheckpointError, "a rank that the tensor cannot have")
def _rank_without_bound(at: Ground) -> Path:
    out, width = at.base.tensors[NAME].shape
    up, down = torch.ones(out, 10_000), torch.ones(10_000, width)
    return _diff(at.copies, at.base.digest, "low_rank", up=up, down=down)


@case(TensorMismatchError, "misshaped")
def _factors_of_another_tensor(at: Ground) -> Path:
    return _diff(at.copies, at.base.digest, "low_rank", up=torch.ones(3, 1), down=torch.ones(1, 5))


@case(NonFiniteError, "1 tensors hold NaN")
def _factors_that_overflow(at: Ground) -> Path:
    out, width = at.base.tensors[NAME].shape
    up, down = torch.full((out, 1), 1e30), torch.full((1, width), 1e30)
    return _diff(at.copies, at.base.digest, "low_rank", up=up, down=down)


# LoRA.


@case(TensorMismatchError, "1 unknown")
def _adapter_of_another_model(at: Ground) -> Path:
    return _saved(at.copies, FACTORS)


@case(NonFiniteError, "1 tensors hold NaN")
def _alpha_that_is_no_number(at: Ground) -> Path:
    out, width = at.base.tensors[NAME].shape
    stem = NAME.removesuffix(".weight")
    factors = {"lora_A.weight": torch.ones(1, width), "lora_B.weight": torch.ones(out, 1)}
    named = {f"{stem}.{name}": tensor for name, tensor in factors.items()}
    return _saved(at.copies, named | {f"{stem}.alpha": torch.tensor(torch.nan)})


@case(CheckpointError, "must be one number")
def _alpha_of_many_numbers(at: Ground) -> Path:
    return _saved(at.copies, FACTORS | {"unet.a.alpha": torch.ones(3)})


@case(CheckpointError, "settings are not JSON")
def _settings_nested_for_ever(at: Ground) -> Path:
    (at.copies.folder / "adapter_config.json").write_text("[" * 100_000)
    return _saved(at.copies, FACTORS)


@case(CheckpointError, "no file of at most")
def _settings_that_never_end(at: Ground) -> Path:
    os.mkfifo(at.copies.folder / "adapter_config.json")
    return _saved(at.copies, FACTORS)


@case(CheckpointError, "no file of at most")
def _settings_of_a_gigabyte(at: Ground) -> Path:
    with (at.copies.folder / "adapter_config.json").open("wb") as file:
        file.truncate(1 << 30)
    return _saved(at.copies, FACTORS)


@case(CheckpointError, "settings say 'lora_alpha' is inf")
def _settings_with_infinity(at: Ground) -> Path:
    (at.copies.folder / "adapter_config.json").write_text('{"lora_alpha": Infinity}')
    return _saved(at.copies, FACTORS)


# Shards and links that lead elsewhere.


@case(CheckpointError, "named without any path")
def _index_that_leads_out(at: Ground) -> Path:
    return _index(at.copies, '{"weight_map": {"a": "../../secret.safetensors"}}')


@case(CheckpointError, "named without any path")
def _index_with_an_absolute_path(at: Ground) -> Path:
    return _index(at.copies, '{"weight_map": {"a": "/etc/secret.safetensors"}}')


@case(CheckpointError, "named without any path")
def _index_of_something_else(at: Ground) -> Path:
    return _index(at.copies, '{"weight_map": {"a": "weights.bin"}}')


@case(CheckpointError, "which is not there")
def _index_of_a_missing_shard(at: Ground) -> Path:
    return _index(at.copies, '{"weight_map": {"a": "missing.safetensors"}}')


@case(CheckpointError, "'a' twice")
def _index_with_two_meanings(at: Ground) -> Path:
    return _index(at.copies, '{"weight_map": {"a": "x.safetensors", "a": "y.safetensors"}}')


@case(CheckpointError, "not JSON")
def _index_nested_for_ever(at: Ground) -> Path:
    return _index(at.copies, '{"weight_map":' + "[" * 100_000)


@case(CheckpointError, "an index of shards at most")
def _index_of_two_gigabytes(at: Ground) -> Path:
    folder = _index(at.copies, "")
    with (folder / INDEX).open("wb") as file:
        file.truncate(2 << 30)
    return folder


@case(CheckpointError, "leads out of the folder")
def _shard_that_is_a_link_out(at: Ground) -> Path:
    folder = save_shards(at.copies.folder / "shards", at.copies.unet())
    shard = next(folder.glob("*.safetensors"))
    shard.rename(at.copies.folder / "elsewhere")
    shard.symlink_to(at.copies.folder / "elsewhere")
    return folder


@case(CheckpointError, "leads out of the folder")
def _index_that_is_a_link_out(at: Ground) -> Path:
    folder = save_shards(at.copies.folder / "shards", at.copies.unet())
    (folder / INDEX).rename(at.copies.folder / "elsewhere")
    (folder / INDEX).symlink_to(at.copies.folder / "elsewhere")
    return folder


@case(CheckpointError, "leads out of the folder")
def _weights_that_are_a_link_out(at: Ground) -> Path:
    return _link(at.copies, UNET_FILE, at.copies.source / UNET_FILE)


@case(CheckpointError, "leads out of the folder")
def _part_that_is_a_link_out(at: Ground) -> Path:
    return _link(at.copies, UNET_FILE.parent, at.copies.source / UNET_FILE.parent)


@case(CheckpointError, "leads out of the folder")
def _link_that_climbs_out(at: Ground) -> Path:
    return _link(at.copies, UNET_FILE, Path("..", "..", "..", "x.safetensors"))


@case(CheckpointError, "This is no file")
def _link_to_itself(at: Ground) -> Path:
    return _link(at.copies, UNET_FILE, Path(UNET_FILE.name))


@case(CheckpointError, "This is no file")
def _link_to_nothing(at: Ground) -> Path:
    return _link(at.copies, UNET_FILE, Path("nothing.safetensors"))


# Every one of them.


@pytest.mark.parametrize("name", CASES)
def test_it_ends_in_an_error_of_its_own(name: str, copies: Copies, base: BaseTensors) -> None:
    """Opened and read, it is refused with the reason, in one short line and little memory."""
    broken, error, reason = CASES[name]
    path = broken(Ground(copies, base))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    there = _files(copies.folder)

    with pytest.raises(error, match=reason) as caught:
        load_changed_tensors(open_checkpoint(path), base)

    assert type(caught.value) is error
    assert len(str(caught.value)) < 2_000
    assert str(caught.value).isprintable()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024
    assert _files(copies.folder) == there


def test_there_are_many() -> None:
    """The set does not shrink unnoticed."""
    assert len(CASES) >= 40
