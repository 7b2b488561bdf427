"""Broken and hostile diffs and LoRAs: each ends in an error of its own, in little memory.

What a LoRA's names alone may hold wrong is in `test_lora.py`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from erasebench.errors import CheckpointError, NonFiniteError, TensorMismatchError, WrongBaseError
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.card import METADATA_KEY
from tests.hub.client_process import Client
from tests.submission.broken import NAME, Cases, Ground, diff, matrix, raw, saved
from tests.submission.conftest import Copies

FACTORS = {"unet.a.lora_A.weight": torch.ones(1, 4), "unet.a.lora_B.weight": torch.ones(4, 1)}

CASES = Cases()

# Diffs.


@CASES(WrongBaseError, "made for base ffffffffffff")
def _wrong_base(at: Ground) -> Path:
    return diff(at.copies, "f" * 64, "sparse", indices=torch.tensor([0]), values=torch.ones(1))


@CASES(CheckpointError, "no .values")
def _places_without_values(at: Ground) -> Path:
    return diff(at.copies, at.base.digest, "sparse", indices=torch.tensor([0]))


@CASES(CheckpointError, "not ascending")
def _place_beyond_the_end(at: Ground) -> Path:
    last = matrix(at.base).numel()
    places = torch.tensor([0, last])
    return diff(at.copies, at.base.digest, "sparse", indices=places, values=torch.ones(2))


@CASES(CheckpointError, "268435456 indices for a tensor of")
def _gigabytes_of_places(at: Ground) -> Path:
    count = 1 << 28
    middle, end = 8 * count, 10 * count
    entries = {
        f"{NAME}.indices": {"dtype": "I64", "shape": [count], "data_offsets": [0, middle]},
        f"{NAME}.values": {"dtype": "F16", "shape": [count], "data_offsets": [middle, end]},
    }
    said = {"schema_version": 1, "kind": "sparse", "base": at.base.digest}
    header = json.dumps({"__metadata__": {METADATA_KEY: json.dumps(said)}} | entries)
    path = raw(at.copies, header)
    os.truncate(path, path.stat().st_size + end)
    return path


@CASES(CheckpointError, "not ascending")
def _place_before_the_start(at: Ground) -> Path:
    places = torch.tensor([-1, 0])
    return diff(at.copies, at.base.digest, "sparse", indices=places, values=torch.ones(2))


@CASES(CheckpointError, "not ascending")
def _one_place_twice(at: Ground) -> Path:
    places = torch.tensor([3, 3])
    return diff(at.copies, at.base.digest, "sparse", indices=places, values=torch.ones(2))


@CASES(CheckpointError, "indices I32 or I64")
def _places_between_places(at: Ground) -> Path:
    return diff(at.copies, at.base.digest, "sparse", indices=torch.ones(1), values=torch.ones(1))


@CASES(CheckpointError, "vectors of equal length")
def _more_values_than_places(at: Ground) -> Path:
    return diff(
        at.copies, at.base.digest, "sparse", indices=torch.tensor([0]), values=torch.ones(2)
    )


@CASES(CheckpointError, "not plain floating-point")
def _whole_numbers_as_values(at: Ground) -> Path:
    one = torch.tensor([1])
    return diff(at.copies, at.base.digest, "sparse", indices=one, values=one.clone())


@CASES(CheckpointError, "complete and in two parts")
def _tensor_in_two_ways(at: Ground) -> Path:
    parts = {"indices": torch.tensor([0]), "values": torch.ones(1), "": matrix(at.base)}
    return diff(at.copies, at.base.digest, "sparse", **parts)


@CASES(CheckpointError, "They must be \\(out, rank\\)")
def _factors_that_do_not_fit(at: Ground) -> Path:
    out, width = at.base.tensors[NAME].shape
    up, down = torch.ones(out, 2), torch.ones(3, width)
    return diff(at.copies, at.base.digest, "low_rank", up=up, down=down)


@CASES(CheckpointError, "a rank that the tensor can have")
def _rank_without_bound(at: Ground) -> Path:
    out, width = at.base.tensors[NAME].shape
    up, down = torch.ones(out, 10_000), torch.ones(10_000, width)
    return diff(at.copies, at.base.digest, "low_rank", up=up, down=down)


@CASES(TensorMismatchError, "misshaped")
def _factors_of_another_tensor(at: Ground) -> Path:
    return diff(at.copies, at.base.digest, "low_rank", up=torch.ones(3, 1), down=torch.ones(1, 5))


@CASES(NonFiniteError, "1 tensors contain NaN")
def _factors_that_overflow(at: Ground) -> Path:
    out, width = at.base.tensors[NAME].shape
    up, down = torch.full((out, 1), 1e30), torch.full((1, width), 1e30)
    return diff(at.copies, at.base.digest, "low_rank", up=up, down=down)


# LoRA.


@CASES(TensorMismatchError, "1 unknown")
def _adapter_of_another_model(at: Ground) -> Path:
    return saved(at.copies, FACTORS)


@CASES(NonFiniteError, "1 tensors contain NaN")
def _alpha_that_is_no_number(at: Ground) -> Path:
    out, width = at.base.tensors[NAME].shape
    stem = NAME.removesuffix(".weight")
    factors = {"lora_A.weight": torch.ones(1, width), "lora_B.weight": torch.ones(out, 1)}
    named = {f"{stem}.{name}": tensor for name, tensor in factors.items()}
    return saved(at.copies, named | {f"{stem}.alpha": torch.tensor(torch.nan)})


@CASES(CheckpointError, "must be one number")
def _alpha_of_many_numbers(at: Ground) -> Path:
    return saved(at.copies, FACTORS | {"unet.a.alpha": torch.ones(3)})


@CASES(CheckpointError, "settings are not JSON")
def _settings_nested_for_ever(at: Ground) -> Path:
    (at.copies.folder / "adapter_config.json").write_text("[" * 100_000)
    return saved(at.copies, FACTORS)


@CASES(CheckpointError, "Not a file of at most")
def _settings_that_never_end(at: Ground) -> Path:
    os.mkfifo(at.copies.folder / "adapter_config.json")
    return saved(at.copies, FACTORS)


@CASES(CheckpointError, "Not a file of at most")
def _settings_of_a_gigabyte(at: Ground) -> Path:
    with (at.copies.folder / "adapter_config.json").open("wb") as file:
        file.truncate(1 << 30)
    return saved(at.copies, FACTORS)


@CASES(CheckpointError, "setting 'lora_alpha' is inf")
def _settings_with_infinity(at: Ground) -> Path:
    (at.copies.folder / "adapter_config.json").write_text('{"lora_alpha": Infinity}')
    return saved(at.copies, FACTORS)


def _adapter_with_a_link(at: Ground, target: Path) -> Path:
    folder = at.copies.folder / "adapter"
    folder.mkdir()
    saved(at.copies, FACTORS).rename(folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").symlink_to(target)
    return folder


@CASES(CheckpointError, "leads out of the given folder")
def _settings_that_are_a_link_out(at: Ground) -> Path:
    secret = at.copies.folder / "secret"
    secret.write_text('{"lora_alpha": "hunter2"}')
    return _adapter_with_a_link(at, secret)


@CASES(CheckpointError, "Not a file of at most")
def _settings_that_are_a_link_to_itself(at: Ground) -> Path:
    return _adapter_with_a_link(at, Path("adapter_config.json"))


@CASES(CheckpointError, "Cannot be read: Input/output error|leads out")
def _settings_that_the_system_will_not_read(at: Ground) -> Path:
    return _adapter_with_a_link(at, Path("/proc/self/mem"))


@CASES(CheckpointError, "setting 'lora_alpha' is '<{78}…")
def _settings_of_many_letters(at: Ground) -> Path:
    (at.copies.folder / "adapter_config.json").write_text(json.dumps({"lora_alpha": "<" * 10_000}))
    return saved(at.copies, FACTORS)


@pytest.mark.parametrize("name", CASES)
def test_it_ends_in_an_error_of_its_own(
    name: str, copies: Copies, base: BaseTensors, apart: Client
) -> None:
    """Each is refused for its own reason."""
    CASES.check(name, Ground(copies, base, apart))


def test_there_are_many() -> None:
    """The set does not shrink unnoticed."""
    assert len(CASES) >= 20
