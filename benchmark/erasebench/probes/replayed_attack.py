"""A submitted attack, and its control: the plain prompt from the same starts.

They belong to no protocol and to no score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from erasebench.attack.replay_result import REPLAYED, REPLAYED_PLAIN
from erasebench.concepts import Concept
from erasebench.diffusion.trajectory import NoiseStream, Trajectory
from erasebench.probes.context import Context, Preparation
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol

if TYPE_CHECKING:
    import torch


class ReplayedPlain(Probe):
    """The concept's own prompt from the starts of a replay: the attack's control.

    On the original model it is the ceiling.
    """

    name = REPLAYED_PLAIN
    family = "control"
    summary = "The concept's own prompt, from the start noise of a replayed attack."

    def __init__(self, stream: str) -> None:
        """Creates the control for a stream of start latents, by its name."""
        self.stream = stream

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single variant, without a setting."""
        return ("",)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The concept's prompt, from the replay's start latent of the prompt index."""
        return Trajectory(target.prompt, subject, NoiseStream(self.stream, prompt_index))


class ReplayedAttack(Probe):
    """One image per prompt index from the prompts of the attack, η = 0.

    The attack's authors know the public starts, so these are not used: the starts are a stream
    whose name contains the attack's digest, and each attack has its own.
    """

    name = REPLAYED
    family = "optimised"
    unoptimised = False
    control = REPLAYED_PLAIN
    summary = "Submitted prompts or embeddings."

    def __init__(self, prompts: tuple[str, ...], rows: torch.Tensor | None, stream: str) -> None:
        """Creates the probe for an attack.

        Args:
            prompts: one for all prompt indices, or one for each.
            rows: the learned tokens' rows of the embedding, (R, D), whose words are in the prompts;
                None if the prompts are text alone.
            stream: name of the stream of start latents.
        """
        self.prompts = prompts
        self.rows = rows
        self.stream = stream

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single variant, without a setting."""
        return ("",)

    def prepare(self, context: Context) -> Preparation | None:
        """Appends the rows, if any, to the subject's own token embedding."""
        if self.rows is None:
            return None
        name = self._weights(context.subject)
        context.pipeline.add_learned_tokens(name, context.subject, self.rows)
        return Preparation()

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The attack's prompt of the prompt index, from the replay's start latent."""
        return Trajectory(
            prompt=self.prompts[prompt_index % len(self.prompts)],
            weights=self._weights(subject),
            start=NoiseStream(self.stream, prompt_index),
        )

    def _weights(self, subject: str) -> str:
        return subject if self.rows is None else f"{subject}+replayed"
