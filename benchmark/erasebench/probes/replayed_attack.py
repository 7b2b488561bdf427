"""An attack that somebody handed in as data, and the plain prompt from the same starts.

No protocol asks by them: they are no part of a suite, and of no score.
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
    """The concept's own prompt from the starts of a replay: what the attack must exceed.

    Asked of the unedited base, it is the ceiling.
    """

    name = REPLAYED_PLAIN
    family = "control"
    summary = "The concept's own prompt, from the start noise of a replayed attack."

    def __init__(self, stream: str) -> None:
        """Takes the name of the stream of start latents."""
        self.stream = stream

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single draw."""
        return ("",)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The concept's prompt, from the replay's start latent of the prompt index."""
        return Trajectory(target.prompt, subject, NoiseStream(self.stream, prompt_index))


class ReplayedAttack(Probe):
    """One picture per prompt index from the prompts of the attack, η = 0.

    Whoever made the attack knew the public starts, so none of them is used: the starts are a
    stream whose name holds the attack's digest, and another attack has others.
    """

    name = REPLAYED
    family = "optimised"
    unoptimised = False
    control = REPLAYED_PLAIN
    summary = "Submitted prompts or embeddings."

    def __init__(self, prompts: tuple[str, ...], rows: torch.Tensor | None, stream: str) -> None:
        """Takes what is asked.

        Args:
            prompts: one for all prompt indices, or one for each.
            rows: learned tokens' rows of the embedding, (R, D), whose words are in the prompts;
                None where these are text alone.
            stream: name of the stream of start latents.
        """
        self.prompts = prompts
        self.rows = rows
        self.stream = stream

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single draw."""
        return ("",)

    def prepare(self, context: Context) -> Preparation | None:
        """Puts the rows under the subject's own token embedding, where there are any."""
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
