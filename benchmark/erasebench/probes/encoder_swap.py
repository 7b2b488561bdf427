"""Encoder swap: the subject's UNet with the original text encoder."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import BASE, Trajectory
from erasebench.probes.context import Context, Preparation
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class EncoderSwap(Probe):
    """The standard prompt, encoded by the base's text encoder, denoised by the subject's UNet.

    An erasure in the text encoder alone is undone by the public original file. If the encoder was
    not edited, the probe is not applicable.

    Deviation: the paper has no such probe.
    """

    name = "encoder_swap"
    family = "text"
    proven_on = "swapped_token"
    control = "standard_prompt"
    on_base = "standard_prompt"
    summary = "The concept's own prompt in the original text encoder; only if it was edited."
    of_edited_encoders = True

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single variant, without a setting."""
        return ("",)

    def prepare(self, context: Context) -> Preparation:
        """Adds weights with the subject's UNet and the base's text encoder."""
        add_with_base_encoder(context)
        return Preparation()

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt, from the prompt index's start latent."""
        return Trajectory(
            prompt=target.prompt,
            weights=with_base_encoder(subject),
            start=prompt_start(prompt_index),
        )


def with_base_encoder(subject: str) -> str:
    """Name of the weights with the subject's UNet and the base's text encoder."""
    return f"{subject}, base's encoder"


def add_with_base_encoder(context: Context) -> str:
    """Adds these weights to the pipeline unless present; returns their name."""
    name = with_base_encoder(context.subject)
    if name not in context.pipeline.names:
        context.pipeline.add_mixed(name, unet=context.subject, text_encoder=BASE)
    return name
