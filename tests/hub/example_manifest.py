"""A manifest as it should be, in YAML."""

from __future__ import annotations

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHA256 = "ab" * 32

MANIFEST = f"""\
schema_version: 1
name: ESD-x
method: esd_x
paper: https://arxiv.org/abs/2303.07345
code: https://github.com/rohitgandikota/erasing
licence: MIT
contact: "@somebody"
base: pictogram-v1
cost:
  hardware: 1 x A6000
  hours: 1.5
training_data: prompts alone, no pictures
checkpoints:
  church:
    repo: some-org/esdx_church
    revision: {COMMIT}
    layout: pipeline
    files:
      unet/diffusion_pytorch_model.safetensors:
        size: 3438167536
        sha256: {SHA256}
  van_gogh:
    repo: some-org/erased
    revision: unpinned
    path: van_gogh/weights.safetensors
    layout: unet
"""
"""Every key, one checkpoint that is pinned and one that is not."""
