"""How a checkpoint is broken, and the check that what is broken is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from erasebench.errors import CheckpointError
from erasebench.exits import EXPECTED_FAILURE
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.card import METADATA_KEY
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.load_changes import load_changed_tensors
from tests.hub.client_process import Client
from tests.layouts import save_shards
from tests.submission.conftest import KEY, UNET_FILE, Copies

NAME = f"unet.{KEY}"
"""The tensor that cases edit."""

INDEX = "diffusion_pytorch_model.safetensors.index.json"

MOST_MEMORY = 160 * 1024 * 1024
"""Bytes by which a refusal may make a process grow that has only imported.

The header of the greatest length that is read takes 120 MB, whatever else is refused 60.
"""


@dataclass(frozen=True)
class Ground:
    """What a case is made of, and a client that runs each command in a process of its own."""

    copies: Copies
    base: BaseTensors
    apart: Client


Broken = Callable[[Ground], Path]


class Cases(dict[str, tuple[Broken, type[CheckpointError], str]]):
    """Ways to break a checkpoint by name, each with the error that it must end in."""

    def __call__(self, error: type[CheckpointError], reason: str) -> Callable[[Broken], Broken]:
        """Adds the decorated way, under its function's name."""

        def add(broken: Broken) -> Broken:
            self[broken.__name__.strip("_")] = (broken, error, reason)
            return broken

        return add

    def check(self, name: str, ground: Ground) -> None:
        """Opened and read, it is refused with the reason, in one short line and little memory."""
        broken, error, reason = self[name]
        path = broken(ground)
        there = _files(ground.copies.folder)

        with pytest.raises(error, match=reason) as caught:
            load_changed_tensors(open_checkpoint(path), ground.base)

        assert type(caught.value) is error
        assert len(str(caught.value)) < 2_000
        assert str(caught.value).isprintable()
        answer = ground.apart.run("diff", "show", path, "--base", ground.base.folder)
        assert answer.exit_code == EXPECTED_FAILURE
        assert answer.stderr.startswith("error: ")
        assert answer.grown < MOST_MEMORY
        assert _files(ground.copies.folder) == there


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def raw(copies: Copies, header: str, content: bytes = b"") -> Path:
    """A file of a header and bytes, named as a UNet's."""
    path = copies.folder / UNET_FILE.name
    path.write_bytes(len(header).to_bytes(8, "little") + header.encode() + content)
    return path


def saved(copies: Copies, tensors: Mapping[str, torch.Tensor]) -> Path:
    """A file of tensors, as it should be."""
    path = copies.folder / "model.safetensors"
    save_file(dict(tensors), path)
    return path


def diff(copies: Copies, base: str, kind: str, **tensors: torch.Tensor) -> Path:
    """A diff whose tensors are for one matrix, by the endings of their names."""
    path = copies.folder / "diff.safetensors"
    header = json.dumps({"schema_version": 1, "kind": kind, "base": base})
    named = {NAME + (f".{end}" if end else ""): tensor for end, tensor in tensors.items()}
    save_file(named, path, {METADATA_KEY: header})
    return path


def index(copies: Copies, text: str) -> Path:
    """Shards of the base's UNet with an index of other content."""
    folder = save_shards(copies.folder / "shards", copies.unet())
    (folder / INDEX).write_text(text)
    return folder


def link(copies: Copies, inside: Path, target: Path) -> Path:
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


def matrix(base: BaseTensors) -> torch.Tensor:
    """Ones in the shape of the tensor that cases edit."""
    return torch.ones(base.tensors[NAME].shape)
