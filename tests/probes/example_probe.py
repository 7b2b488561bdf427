"""A probe that is registered by tests alone, as a contributor would register one."""

from __future__ import annotations

import pytest

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes import registry
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class Shouted(Probe):
    """The concept's label in capitals, from the prompt index's start latent."""

    name = "shouted"
    family = "text"
    control = "resampling"
    reference = "shouted_unprompted"
    summary = "The concept's label in capitals."

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single draw."""
        return ("",)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The label, from the prompt index's start latent."""
        return Trajectory(
            prompt=target.label.upper(), weights=subject, start=prompt_start(prompt_index)
        )


def register(monkeypatch: pytest.MonkeyPatch, probe: Probe | None = None) -> None:
    """Registers a probe, for the time of a test, amid the others: first of all."""
    entry = Shouted() if probe is None else probe
    monkeypatch.setattr(registry, "PROBES", (entry, *registry.PROBES))
