"""A subject's UNet behind the unedited base's text encoder."""

from __future__ import annotations

from erasebench.diffusion.trajectory import BASE
from erasebench.probes.context import Context


def with_base_encoder(subject: str) -> str:
    """Name of the weights that have the subject's UNet and the base's text encoder."""
    return f"{subject}, base's encoder"


def add_with_base_encoder(context: Context) -> str:
    """Adds these weights to the pipeline, where they are not there yet; returns their name."""
    name = with_base_encoder(context.subject)
    if name not in context.pipeline:
        context.pipeline.add_mixed(name, unet=context.subject, text_encoder=BASE)
    return name
