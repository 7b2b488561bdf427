"""A tiny base, and edits of it in every layout."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from erasebench.protocol import Protocol
from erasebench.submission.base_tensors import BaseTensors, open_base
from tests.hub.client_process import Client, client_of
from tests.tiny import pinned, tiny_pipeline_folder, tiny_protocol

UNET_FILE = Path("unet", "diffusion_pytorch_model.safetensors")
TEXT_FILE = Path("text_encoder", "model.safetensors")

KEY = "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight"
"""A tensor that erasures change, as it is named in the UNet's file."""


IMPORTED = (
    "erasebench.cli.main",
    "erasebench.cli.diff",
    "erasebench.submission.inspect_checkpoint",
)
"""What `diff show` imports, so that no command's memory is that of imports."""


@pytest.fixture(scope="session")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    """A protocol whose base exists; its judges do not."""
    world = tmp_path_factory.mktemp("world")
    tiny_pipeline_folder(world / "base")
    return tiny_protocol(world)


@pytest.fixture(scope="session")
def other_protocol(tmp_path_factory: pytest.TempPathFactory, protocol: Protocol) -> Protocol:
    """A protocol whose base has the same shapes and other values."""
    world = tmp_path_factory.mktemp("other")
    tiny_pipeline_folder(world / "base", seed=1)
    return replace(protocol, name="other", base=pinned(world / "base"))


@pytest.fixture(scope="session")
def base(protocol: Protocol) -> BaseTensors:
    """The base's tensors."""
    return open_base(protocol)


@dataclass(frozen=True)
class Copies:
    """Makes copies of the base in a fresh folder."""

    source: Path
    folder: Path

    def unet(self) -> dict[str, torch.Tensor]:
        """The base's UNet, as in its file."""
        return load_file(self.source / UNET_FILE)

    def text_encoder(self) -> dict[str, torch.Tensor]:
        """The base's text encoder, as in its file."""
        return load_file(self.source / TEXT_FILE)

    def pipeline(
        self,
        unet: Mapping[str, torch.Tensor] | None = None,
        text_encoder: Mapping[str, torch.Tensor] | None = None,
    ) -> Path:
        """A pipeline folder like the base's, with other tensors where they are given."""
        copy = self.folder / "pipeline"
        shutil.copytree(self.source, copy)
        for tensors, file in ((unet, UNET_FILE), (text_encoder, TEXT_FILE)):
            if tensors is not None:
                save_file(dict(tensors), copy / file)
        return copy

    def unet_file(self, tensors: Mapping[str, torch.Tensor]) -> Path:
        """A file with a UNet's tensors."""
        path = self.folder / "unet.safetensors"
        save_file(dict(tensors), path)
        return path


@pytest.fixture
def copies(protocol: Protocol, tmp_path: Path) -> Copies:
    """Copies of the base, made in the test's folder."""
    return Copies(protocol.base.folder, tmp_path)


@pytest.fixture(scope="session")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Runs commands, each in a process of its own, whose memory is known; there is no network."""
    home = tmp_path_factory.mktemp("home")
    with client_of("http://127.0.0.1:9", home, offline=True, imported=IMPORTED) as client:
        yield client


@pytest.fixture
def edited_unet(copies: Copies) -> dict[str, torch.Tensor]:
    """The base's UNet with one tensor doubled."""
    tensors = copies.unet()
    return tensors | {KEY: tensors[KEY] * 2}
