"""Excess noise: more step noise than the sampler's schedule."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start, step_noise
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class Noise(Probe):
    """A grid of η × v over the standard prompt, one image per cell of the grid.

    η is the share of a step's variance that is sampled anew, v a factor on the added noise
    (`diffusion.ddim` has the formula). The selector chooses the setting.

    Source: Lu et al. 2025, §3.3 and Appendix D.3.
    Deviation: v has an effect; in the released code it has none. All cells start from the same
    latent, as in the paper's text but not its code. The setting is chosen on half of the prompt
    indices and scored on the other half; the paper reports the best image.
    """

    name = "noise"
    family = "trajectory"
    proven_on = "early_prompt_filter"
    control = "resampling"
    shown_control = "stochastic"
    retention_condition = True
    summary = "The prompt with more step noise than scheduled (share η, scale v)."

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """One per cell of the grid, η by η."""
        return tuple(f"eta={eta:.2f} v={scale:.2f}" for eta, scale in _grid(protocol))

    def retention_variant(self, protocol: Protocol, prompt_index: int) -> int:
        """The protocol's η for retention, at v = 1, so that only η has an effect.

        Raises:
            ValueError: if the grid has no such cell.
        """
        return _grid(protocol).index((protocol.hard_retention_eta, 1.0))

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt from the prompt index's start latent, at the variant's η and v."""
        eta, noise_scale = _grid(protocol)[variant]
        return Trajectory(
            prompt=target.prompt,
            weights=subject,
            start=prompt_start(prompt_index),
            step_noise=step_noise(prompt_index, variant),
            eta=eta,
            noise_scale=noise_scale,
        )


def _grid(protocol: Protocol) -> tuple[tuple[float, float], ...]:
    return tuple((eta, v) for eta in protocol.noise_etas for v in protocol.noise_scales)
