"""The prompt with ordinary stochastic sampling, shown next to excess noise."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start, step_noise
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class Stochastic(Probe):
    """Redraws of the standard prompt from its start latent at η = 1, v = 1.

    Source: Lu et al. 2025, Table 5 (`DDIM1`), the baseline that excess noise must exceed.
    Deviation: step noise is seeded and shared with the variants of `noise`.
    """

    name = "stochastic"
    family = "control"
    summary = "The prompt with ordinary step noise (η = 1), averaged."

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """One variant per redraw, without a setting."""
        return ("",) * protocol.redraws

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt from the prompt index's start latent, with the variant's step noise."""
        return Trajectory(
            prompt=target.prompt,
            weights=subject,
            start=prompt_start(prompt_index),
            step_noise=step_noise(prompt_index, variant),
            eta=1.0,
        )
