"""Broken and hostile files: each ends in an error of its own, which is short, in little memory.

What a header alone may hold wrong is in `test_header.py`; diffs and LoRAs are in
`test_hostile_edits.py`. Here a checkpoint is opened as a user's would be, and read to the end.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from erasebench.errors import (
    CheckpointError,
    EmptyDiffError,
    NonFiniteError,
    PickleRefusedError,
    TensorMismatchError,
)
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.header import LONGEST_HEADER
from tests.hub.client_process import Client
from tests.layouts import save_original, save_shards
from tests.submission.broken import INDEX, Cases, Ground, diff, index, link, matrix, raw, saved
from tests.submission.conftest import KEY, UNET_FILE, Copies

CASES = Cases()

# Files that are not what they are called.


@CASES(PickleRefusedError, "can run code")
def _pickle_renamed(at: Ground) -> Path:
    pipeline = at.copies.pipeline()
    torch.save({"a": torch.zeros(1)}, pipeline / UNET_FILE)
    return pipeline


@CASES(PickleRefusedError, "can run code")
def _plain_pickle_renamed(at: Ground) -> Path:
    path = at.copies.folder / "model.safetensors"
    path.write_bytes(pickle.dumps({"a": 1}, protocol=4))
    return path


@CASES(PickleRefusedError, "cp -r -- .* && python -c")
def _folder_of_pickles(at: Ground) -> Path:
    pipeline = at.copies.pipeline()
    (pipeline / UNET_FILE).rename((pipeline / UNET_FILE).with_suffix(".bin"))
    return pipeline


@CASES(CheckpointError, "Not a file")
def _pipe(at: Ground) -> Path:
    pipeline = at.copies.pipeline()
    (pipeline / UNET_FILE).unlink()
    os.mkfifo(pipeline / UNET_FILE)
    return pipeline


@CASES(CheckpointError, "does not start with a header")
def _empty(at: Ground) -> Path:
    path = at.copies.folder / "model.safetensors"
    path.touch()
    return path


@CASES(CheckpointError, "does not start with a header")
def _web_page(at: Ground) -> Path:
    path = at.copies.folder / "model.safetensors"
    path.write_text("<!DOCTYPE html><title>404</title>")
    return path


@CASES(CheckpointError, "Download it again")
def _truncated(at: Ground) -> Path:
    path = at.copies.folder / "model.safetensors"
    path.write_bytes(save(at.copies.unet())[:-100])
    return path


# Headers that promise what is not there.


@CASES(CheckpointError, r"its header should end at byte \d+, but the file ends at")
def _header_longer_than_the_file(at: Ground) -> Path:
    path = at.copies.folder / "model.safetensors"
    path.write_bytes((1 << 40).to_bytes(8, "little") + b"{}")
    return path


@CASES(CheckpointError, "starts at byte")
def _overlapping_offsets(at: Ground) -> Path:
    entry = '{"dtype":"F32","shape":[2],"data_offsets":[%d,%d]}'
    header = f'{{"a":{entry % (0, 8)},"b":{entry % (4, 12)}}}'
    return raw(at.copies, header, bytes(12))


@CASES(CheckpointError, "does not fit its shape")
def _vast_shape(at: Ground) -> Path:
    header = '{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4]}}'
    return raw(at.copies, header, bytes(4))


@CASES(CheckpointError, "the file at")
def _vast_shape_with_its_offsets(at: Ground) -> Path:
    size = 4 * 10**12
    header = f'{{"a":{{"dtype":"F32","shape":[{10**12}],"data_offsets":[0,{size}]}}}}'
    return raw(at.copies, header, bytes(4))


@CASES(TensorMismatchError, "unknown")
def _vast_shape_of_nothing(at: Ground) -> Path:
    return raw(at.copies, '{"a":{"dtype":"F32","shape":[1000000000000,0],"data_offsets":[0,0]}}')


@CASES(CheckpointError, "the entry of 'a' must have")
def _million_dimensions(at: Ground) -> Path:
    shape = ",".join(["4611686018427387904"] * 200_000)
    header = f'{{"a":{{"dtype":"F32","shape":[{shape}],"data_offsets":[0,4]}}}}'
    return raw(at.copies, header, bytes(4))


@CASES(TensorMismatchError, r"60000 unknown \(")
def _many_tensors(at: Ground) -> Path:
    entry = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    return raw(at.copies, "{" + ",".join(f'"t{i}":{entry}' for i in range(60_000)) + "}")


@CASES(CheckpointError, "the entry of 'a' must have")
def _header_of_the_greatest_length(at: Ground) -> Path:
    return _dense(at, LONGEST_HEADER)


@CASES(CheckpointError, r"bytes; the limit is \d+")
def _header_of_four_times_that_length(at: Ground) -> Path:
    return _dense(at, 16 * 1024 * 1024)


def _dense(at: Ground, size: int) -> Path:
    """A header that takes thirty times its bytes when it is read."""
    return raw(at.copies, '{"a":[' + "{}," * ((size - 10) // 3) + "{}]}")


@CASES(CheckpointError, "has 'a' twice")
def _duplicate_keys(at: Ground) -> Path:
    entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    return raw(at.copies, f'{{"a":{entry},"a":{entry}}}', bytes(4))


# Tensors that are no edit of the base.


@CASES(NonFiniteError, "1 tensors contain NaN")
def _not_a_number(at: Ground) -> Path:
    tensors = at.copies.unet()
    tensors[KEY][0, 0] = torch.nan
    return saved(at.copies, tensors)


@CASES(NonFiniteError, "1 tensors contain NaN")
def _infinite_where_computed(at: Ground) -> Path:
    return diff(at.copies, at.base.digest, "replace", **{"": matrix(at.base).double() * 1e300})


@CASES(TensorMismatchError, "missing")
def _half_a_text_encoder(at: Ground) -> Path:
    tensors = at.copies.text_encoder()
    return saved(at.copies, {name: tensors[name] for name in sorted(tensors)[::2]})


@CASES(EmptyDiffError, "No tensor differs")
def _nothing_changed(at: Ground) -> Path:
    return save_shards(at.copies.folder / "shards", at.copies.unet())


@CASES(CheckpointError, "is F8_E4M3|not plain floating-point")
def _quantised(at: Ground) -> Path:
    tensors = at.copies.unet()
    return saved(at.copies, tensors | {KEY: tensors[KEY].to(torch.float8_e4m3fn)})


@CASES(CheckpointError, "unknown name.*label_emb")
def _other_architecture(at: Ground) -> Path:
    return saved(at.copies, {"model.diffusion_model.label_emb.0.0.weight": torch.ones(1)})


@CASES(TensorMismatchError, r"misshaped \(unet\.conv_in\.weight is \[1\]")
def _original_of_other_shapes(at: Ground) -> Path:
    tensors = at.copies.unet() | {"conv_in.weight": torch.ones(1)}
    return save_original(at.copies.folder / "x.safetensors", tensors, None, layers=1)


# Shards and links that lead elsewhere.


@CASES(CheckpointError, "without a path")
def _index_that_leads_out(at: Ground) -> Path:
    return index(at.copies, '{"weight_map": {"a": "../../secret.safetensors"}}')


@CASES(CheckpointError, "without a path")
def _index_with_an_absolute_path(at: Ground) -> Path:
    return index(at.copies, '{"weight_map": {"a": "/etc/secret.safetensors"}}')


@CASES(CheckpointError, "without a path")
def _index_of_something_else(at: Ground) -> Path:
    return index(at.copies, '{"weight_map": {"a": "weights.bin"}}')


@CASES(CheckpointError, "is missing")
def _index_of_a_missing_shard(at: Ground) -> Path:
    return index(at.copies, '{"weight_map": {"a": "missing.safetensors"}}')


@CASES(CheckpointError, "'a' twice")
def _index_with_two_meanings(at: Ground) -> Path:
    return index(at.copies, '{"weight_map": {"a": "x.safetensors", "a": "y.safetensors"}}')


@CASES(CheckpointError, "not JSON")
def _index_nested_for_ever(at: Ground) -> Path:
    return index(at.copies, '{"weight_map":' + "[" * 100_000)


@CASES(CheckpointError, "The index has")
def _index_of_two_gigabytes(at: Ground) -> Path:
    folder = index(at.copies, "")
    with (folder / INDEX).open("wb") as file:
        file.truncate(2 << 30)
    return folder


@CASES(CheckpointError, "leads out of the given folder")
def _shard_that_is_a_link_out(at: Ground) -> Path:
    folder = save_shards(at.copies.folder / "shards", at.copies.unet())
    shard = next(folder.glob("*.safetensors"))
    shard.rename(at.copies.folder / "elsewhere")
    shard.symlink_to(at.copies.folder / "elsewhere")
    return folder


@CASES(CheckpointError, "leads out of the given folder")
def _index_that_is_a_link_out(at: Ground) -> Path:
    folder = save_shards(at.copies.folder / "shards", at.copies.unet())
    (folder / INDEX).rename(at.copies.folder / "elsewhere")
    (folder / INDEX).symlink_to(at.copies.folder / "elsewhere")
    return folder


@CASES(CheckpointError, "leads out of the given folder")
def _weights_that_are_a_link_out(at: Ground) -> Path:
    return link(at.copies, UNET_FILE, at.copies.source / UNET_FILE)


@CASES(CheckpointError, "leads out of the given folder")
def _part_that_is_a_link_out(at: Ground) -> Path:
    return link(at.copies, UNET_FILE.parent, at.copies.source / UNET_FILE.parent)


@CASES(CheckpointError, "leads out of the given folder")
def _link_that_climbs_out(at: Ground) -> Path:
    return link(at.copies, UNET_FILE, Path("..", "..", "..", "x.safetensors"))


@CASES(CheckpointError, "Not a file")
def _link_to_itself(at: Ground) -> Path:
    return link(at.copies, UNET_FILE, Path(UNET_FILE.name))


@CASES(CheckpointError, "Not a file")
def _link_to_nothing(at: Ground) -> Path:
    return link(at.copies, UNET_FILE, Path("nothing.safetensors"))


@pytest.mark.parametrize("name", CASES)
def test_it_ends_in_an_error_of_its_own(
    name: str, copies: Copies, base: BaseTensors, apart: Client
) -> None:
    """Each is refused for its own reason."""
    CASES.check(name, Ground(copies, base, apart))


def test_there_are_many() -> None:
    """The set does not shrink unnoticed."""
    assert len(CASES) >= 35
