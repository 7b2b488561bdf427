"""Relearning: the subject after fine-tuning on a few images of the concept."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.context import Context, Preparation
from erasebench.probes.probe import Effort, Probe
from erasebench.protocol import Protocol

_COPIES = 6
"""Copies of the UNet in its progress on disk.

The weights and two moments of AdamW, in the old file and in the new one that replaces it.
"""


class Relearning(Probe):
    """The standard prompt after the subject's UNet was fine-tuned on a few images by the base.

    Not ranked: a model trained without the concept also learns it from images. Only the comparison
    with the retrained model after the same updates shows how much is memory.

    Deviation: the paper has no such probe.
    """

    name = "relearning"
    family = "optimised"
    unoptimised = False
    control = "standard_prompt"
    summary = "The prompt, after fine-tuning the UNet on a few images of the concept."
    base_pictures = ("example",)

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single variant, without a setting."""
        return ("",)

    def effort(self, protocol: Protocol, indices: int, *, encoder_edited: bool) -> Effort:
        """The recipe's updates."""
        recipe = protocol.relearning
        return Effort(updates=recipe.updates, rows=recipe.updates * recipe.batch, unets=_COPIES)

    def prepare(self, context: Context) -> Preparation:
        """Fine-tunes the UNet and adds the weights to the pipeline."""
        from erasebench.optimisation.fine_tuning import fine_tune_unet

        protocol = context.protocol
        tuned = fine_tune_unet(
            context.pipeline,
            context.subject,
            context.target.prompt,
            context.pictures["example"][: protocol.relearning_pictures],
            context.noise,
            protocol.relearning,
            context.folder / "fine_tuning.progress",
            stream="relearning",
            label=f"relearning {context.target.prompt!r}",
        )
        name = _relearned(context.subject, context.target)
        context.pipeline.add_weights(name, tuned, of=context.subject)
        return Preparation()

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt, from the prompt index's start latent."""
        return Trajectory(
            prompt=target.prompt,
            weights=_relearned(subject, target),
            start=prompt_start(prompt_index),
        )


def _relearned(subject: str, target: Concept) -> str:
    return f"{subject}, shown {target.name}"
