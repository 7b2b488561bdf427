"""A protocol runs on the models that it pins, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from erasebench.diffusion.pipeline import load_base
from erasebench.errors import ProtocolError
from erasebench.protocol import Protocol
from erasebench.submission.pin import check_pins, pin_of
from tests.tiny import tiny_pipeline_folder


def test_the_pinned_model_passes(protocol: Protocol) -> None:
    """A model with the pinned tensors is accepted silently."""
    check_pins(protocol.base)


def test_a_model_with_other_tensors_is_refused(protocol: Protocol, tmp_path: Path) -> None:
    """A base of the same shapes and other values is not loaded under the pinned one's name."""
    tiny_pipeline_folder(tmp_path, seed=5)
    swapped = replace(protocol, base=replace(protocol.base, source=str(tmp_path)))

    with pytest.raises(ProtocolError, match="Install the package again"):
        load_base(swapped, torch.device("cpu"))


def test_a_missing_model_is_named(protocol: Protocol) -> None:
    """The error names a missing model."""
    with pytest.raises(ProtocolError, match="judge: The model is missing"):
        check_pins(protocol.judge.model)


@pytest.mark.parametrize("file", ["scheduler/scheduler_config.json", "tokenizer/merges.txt"])
def test_a_model_with_other_configs_is_refused(tmp_path: Path, file: str) -> None:
    """Another schedule or tokenizer makes other pictures with the same tensors."""
    folder = tiny_pipeline_folder(tmp_path)
    pin = pin_of(folder)
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{path.read_text() if path.exists() else ''}\n")

    with pytest.raises(ProtocolError, match="configs or tokenizer files"):
        check_pins(pin)
