"""Classifier guidance: a latent classifier's gradient steers the subject towards the concept."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import Guide, Trajectory
from erasebench.probes.context import Context, Preparation
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class ClassifierGuidance(Probe):
    """The standard prompt, guided by the concept's latent classifier at a range of scales, η = 0.

    At each step the gradient of a classifier that recognises the concept is added to the predicted
    noise (`diffusion.guidance` has the formula). The selector chooses the scale.

    Source: Lu et al. 2025, §3.4 and appendix D.5.
    Deviation: the scale is chosen on half of the prompt indices and scored on the other half;
    the paper reports the best image. Steps are DDIM's, and each prompt index has its own start.
    """

    name = "classifier_guidance"
    family = "guidance"
    unoptimised = False
    guided = True
    proven_on = "prompt_filter"
    control = "resampling"
    summary = "The prompt, guided towards the concept by a latent classifier at several scales (s)."
    # As in the paper, only objects have classifiers.
    asks_for = ("object",)

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """One per scale."""
        return tuple(f"s={scale:g}" for scale in protocol.guidance_scales)

    def prepare(self, context: Context) -> Preparation:
        """Loads or trains the target's classifier."""
        name = context.target.name
        return Preparation(classifiers={name: context.classifier(context.target)})

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt from the prompt index's start latent, at the variant's scale."""
        scale = protocol.guidance_scales[variant] * protocol.guidance_factor
        return Trajectory(
            prompt=target.prompt,
            weights=subject,
            start=prompt_start(prompt_index),
            guide=Guide(target.name, scale),
        )
