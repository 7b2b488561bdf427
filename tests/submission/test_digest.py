"""Digests of tensors."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from erasebench.submission.digest import combined, digest_in_file, model_digest
from erasebench.submission.header import read_header
from erasebench.submission.tensors import digest_of

TENSORS = {"a": torch.arange(4.0).reshape(2, 2), "b": torch.ones(3, dtype=torch.float16)}


def _of_file(path: Path) -> str:
    entries = read_header(path).tensors
    return combined(digest_in_file(name, entry) for name, entry in entries.items())


def test_digest_by_hand() -> None:
    """The digest is SHA-256 of one line a tensor: name, dtype, shape, SHA-256 of its bytes."""
    content = hashlib.sha256(b"\x00\x3c" * 3).hexdigest()
    line = f'["b", "F16", [3], "{content}"]\n'

    assert digest_of({"b": TENSORS["b"]}) == hashlib.sha256(line.encode()).hexdigest()


def test_digest_is_of_tensors_not_of_files(tmp_path: Path) -> None:
    """Metadata and the order of names do not matter; memory and file agree."""
    for name, metadata in (("x", {"one": "1", "two": "2"}), ("y", {"two": "2"})):
        save_file(TENSORS, tmp_path / name, metadata)

    assert (tmp_path / "x").read_bytes() != (tmp_path / "y").read_bytes()
    assert _of_file(tmp_path / "x") == _of_file(tmp_path / "y")
    assert _of_file(tmp_path / "x") == digest_of(dict(reversed(TENSORS.items())))


@pytest.mark.parametrize(
    "other",
    [
        {"a": TENSORS["a"]},
        {"a": TENSORS["a"], "c": TENSORS["b"]},
        {"a": TENSORS["a"].reshape(4), "b": TENSORS["b"]},
        {"a": TENSORS["a"].T, "b": TENSORS["b"]},
        {"a": TENSORS["a"], "b": TENSORS["b"].float()},
    ],
    ids=["fewer", "renamed", "reshaped", "transposed", "widened"],
)
def test_digest_sees_every_difference(other: dict[str, torch.Tensor]) -> None:
    """Names, shapes, dtypes, values and their order in memory all count."""
    assert digest_of(other) != digest_of(TENSORS)


def test_model_digest_names_tensors_after_their_folder(tmp_path: Path) -> None:
    """A pipeline's digest is that of all its parts, each named by its folder."""
    for part in ("unet", "vae"):
        (tmp_path / part).mkdir()
        save_file({"a": TENSORS["a"]}, tmp_path / part / "model.safetensors")

    named = {"unet.a": TENSORS["a"], "vae.a": TENSORS["a"]}
    assert model_digest(tmp_path) == digest_of(named)
    assert model_digest(tmp_path / "vae") == digest_of({"a": TENSORS["a"]})


def test_model_digest_of_nothing_is_an_error(tmp_path: Path) -> None:
    """A mistyped folder does not get the digest of an empty set."""
    with pytest.raises(FileNotFoundError):
        model_digest(tmp_path)
