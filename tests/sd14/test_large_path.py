"""The large path: Stable Diffusion 1.4's exact shapes, from an address on the Hub to records."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import torch

from tests.hub.hub_server import serving
from tests.sd14.conftest import travelled
from tests.sd14.process import PROBES
from tests.sd14.published import publish
from tests.sd14.sizes import FULL

GIGABYTE = 1e9

IDLE = 0.5
"""Load of the machine, in running processes, up to which a wall time says something."""

PARAMETERS = 859_520_964
"""Of the UNet of Stable Diffusion 1.4."""


def native_dtype() -> str:
    """The smallest dtype for which this processor has instructions; without them it is slower."""
    has_bfloat16 = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bfloat16" if has_bfloat16 else "float32"


@pytest.mark.slow
def test_the_large_path(tmp_path: Path) -> None:
    """From an address to judged records in 12 GB and, on an idle machine, ten minutes.

    Base, judges and an erased pipeline are fetched, compared, and asked by every kind of probe.

    The models are those of `sd14-v1` in every shape, with random weights: two UNets of which every
    tensor differs, text encoder, VAE, the two ImageNet classifiers and CLIP.
    """
    idle = os.getloadavg()[0] < IDLE
    began = time.perf_counter()
    with serving() as hub:
        publish(hub, tmp_path / "published", FULL)
        report = travelled(hub, "full", native_dtype(), tmp_path, threads=os.cpu_count() or 1)
    seconds = time.perf_counter() - began

    card = report["weight_change"]
    unet = [group for group in card["groups"] if group["part"] == "unet"]
    assert sum(group["values"] for group in unet) == PARAMETERS
    assert all(group["tensors_changed"] for group in unet)
    assert any(group["effective_rank"] > 100 for group in unet if group["effective_rank"])
    records = report["records"]
    assert [record["trial"]["probe"] for record in records] == list(PROBES)
    assert all(0 < record["judge_probability"] < 1 for record in records)
    # All but the attack's, which had no try after its one update, and shows the plain prompt.
    assert len({record["picture_digest"] for record in records}) == len(PROBES) - 1
    assert report["peak_bytes"] < 12 * GIGABYTE
    if idle:
        assert seconds < 600
