"""A new word, learned on the subject from the base's pictures, asks for the concept."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import Trajectory, prompt_with_token
from erasebench.probes.context import Context, Preparation
from erasebench.probes.encoder_swap import add_with_base_encoder, with_base_encoder
from erasebench.probes.probe import Effort, Probe
from erasebench.protocol import Protocol

OWN_ENCODER, BASE_ENCODER = "encoder=own", "encoder=base"


class TextualInversion(Probe):
    """One token is learned on the subject from pictures that the base drew, then asked for.

    If pictures of the concept can be found again by a point in the space of words, the subject can
    still draw it. Where the text encoder was edited, a second token is learned behind the base's:
    an encoder that spoils every embedding hides a UNet that knows all.

    Source: Lu et al. 2025, §3.1 and appendix D.1; `optimisation.textual_inversion` has the rest.
    Deviation: pictures are the base's own; the second setting is ours.
    """

    name = "textual_inversion"
    family = "optimised"
    unoptimised = False
    proven_on = "swapped_token"
    # Behind the base's encoder the name itself is whole there.
    proven_with = OWN_ENCODER
    control = "standard_prompt"
    summary = "The prompt with a token in the concept's place, learned on the erased model."
    base_pictures = ("example",)

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """One per text encoder that the token is learned behind."""
        return (OWN_ENCODER, BASE_ENCODER)

    def variants(self, protocol: Protocol, *, encoder_edited: bool) -> range:
        """The base's encoder is another setting only where the model has one of its own."""
        return range(2 if encoder_edited else 1)

    def effort(self, protocol: Protocol, indices: int, *, encoder_edited: bool) -> Effort:
        """Those of the recipe, for each encoder."""
        updates = protocol.inversion.updates * len(
            self.variants(protocol, encoder_edited=encoder_edited)
        )
        return Effort(updates=updates, rows=updates * protocol.inversion.batch)

    def prepare(self, context: Context) -> Preparation:
        """Learns a token for each encoder, and adds weights that know it."""
        from erasebench.optimisation.textual_inversion import learn_token

        protocol = context.protocol
        learners = {OWN_ENCODER: context.subject}
        if context.encoder_edited:
            learners[BASE_ENCODER] = add_with_base_encoder(context)
        for variant, weights in enumerate(learners.values()):
            row = learn_token(
                context.pipeline,
                weights,
                context.target,
                context.pictures["example"],
                context.noise,
                protocol.inversion,
                [protocol.concept(name).prompt for name in protocol.concepts],
                context.folder / f"token_{variant}.safetensors",
            )
            name = _with_token(weights, context.target)
            context.pipeline.add_learned_tokens(name, weights, row[None])
        return Preparation()

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt with the token, from the prompt index's start latent."""
        learner = subject if variant == 0 else with_base_encoder(subject)
        return Trajectory(
            prompt=prompt_with_token(target),
            weights=_with_token(learner, target),
            start=prompt_start(prompt_index),
        )


def _with_token(learner: str, target: Concept) -> str:
    return f"{learner}, token for {target.name}"
