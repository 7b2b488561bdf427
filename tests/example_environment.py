"""An environment that a run may have had."""

from __future__ import annotations

from erasebench.results.result import Environment

ENVIRONMENT = Environment(
    erasebench="0.1.0",
    python="3.11.0",
    torch="2.13.0",
    diffusers="0.42.0",
    transformers="5.23.0",
    platform="Linux x86_64",
    device="cpu",
    dtype="float32",
    threads=2,
    batch_size=64,
)
