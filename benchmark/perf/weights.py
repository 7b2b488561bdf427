"""Memory and time to open, check and measure an erased UNet with the shapes of SD 1.4.

    .venv/bin/python benchmark/perf/weights.py

Another process writes base and erased checkpoint as fp16 files of random weights, so that only
reading is measured: opening both by their headers, reading and checking all tensors, and the
weight-change card with its effective ranks. In the worst case every tensor is changed.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file

from erasebench.submission.base_tensors import base_named
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.load_changes import load_changes

UNET = {
    "sample_size": 64,
    "block_out_channels": (320, 640, 1280, 1280),
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
    "layers_per_block": 2,
}
GIGA = 10**9


def main() -> None:
    """Parses, writes, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--changed", default="", help="Only tensors whose names hold this.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    if given.write is not None:
        _write(given.write, given.changed)
        return
    with tempfile.TemporaryDirectory() as name:
        words = [sys.executable, __file__, "--write", name, "--changed", given.changed]
        subprocess.run(words, check=True)  # noqa: S603  (it runs this script)
        _measure(Path(name))


def _measure(folder: Path) -> None:
    before, begun = _peak(), time.process_time()
    base = base_named(str(folder / "base"))
    checkpoint = open_checkpoint(folder / "erased")
    opened, checked = _peak(), time.process_time()
    changes = load_changes(checkpoint, base)
    done = time.process_time()

    assert changes.card is not None
    kept = sum(tensor.nbytes for tensor in changes.tensors.values())
    values = sum(tensor.numel() for tensor in changes.tensors.values())
    print(f"{changes.card.tensors_changed} tensors changed, {values / 1e6:.0f} M values")
    print(f"opened in {checked - begun:.1f} s of processor time, {(opened - before) / GIGA:.2f} GB")
    print(f"read, checked and measured in {done - checked:.0f} s of processor time")
    print(f"peak {_peak() / GIGA:.2f} GB, of which {before / GIGA:.2f} GB before the first file")
    print(f"kept {kept / GIGA:.2f} GB, two fp32 copies {8 * values / GIGA:.2f} GB")
    for group in changes.card.groups:
        if group.effective_rank is not None:
            rank = f"{group.effective_rank:.0f} of {group.possible_rank:.0f}"
            print(f"  {group.part} {group.group}: change {group.relative_change:.3f}, rank {rank}")


def _peak() -> int:
    """Most memory that this process ever held, in bytes."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _write(folder: Path, changed: str) -> None:
    """Writes both models; the text encoder is a stump, and is not edited."""
    from diffusers import UNet2DConditionModel  # noqa: PLC0415  (the measured process lacks it)

    with torch.device("meta"):
        unet = UNet2DConditionModel(**UNET)
    shapes = {name: tensor.shape for name, tensor in unet.state_dict().items()}
    weights = _random(shapes, 0.03, seed=0)
    stump = {"final_layer_norm.weight": torch.ones(768, dtype=torch.float16)}
    _save(folder / "base" / "text_encoder" / "model.safetensors", stump)
    _save(folder / "base" / "unet" / "diffusion_pytorch_model.safetensors", weights)
    for name, noise in _random(shapes, 0.001, seed=1).items():
        if changed in name:
            weights[name] += noise
    _save(folder / "erased" / "unet" / "diffusion_pytorch_model.safetensors", weights)


def _random(
    shapes: Mapping[str, torch.Size], deviation: float, seed: int
) -> dict[str, torch.Tensor]:
    """One row of random numbers, of which each tensor takes what it needs, begun anew at its end.

    Its length is prime, so that no two rows of a matrix are alike.
    """
    row = torch.randn(1_000_003, generator=torch.Generator().manual_seed(seed))
    row = (deviation * row).half()
    return {
        name: row.repeat(-(-shape.numel() // len(row)))[: shape.numel()].view(shape).clone()
        for name, shape in shapes.items()
    }


def _save(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    path.parent.mkdir(parents=True)
    save_file(dict(tensors), path)


if __name__ == "__main__":
    main()
