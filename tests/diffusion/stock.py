"""The library's own pipeline on the tiny base: what our loop must agree with."""

from __future__ import annotations

from diffusers import DDIMScheduler, StableDiffusionPipeline

from erasebench.protocol import Protocol


def stock_pipeline(protocol: Protocol) -> StableDiffusionPipeline:
    """A fresh stock pipeline with the stock DDIM scheduler."""
    pipeline = StableDiffusionPipeline.from_pretrained(
        protocol.base.folder, safety_checker=None, low_cpu_mem_usage=False
    )
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
