"""What must be left of a concept that nobody asked to erase: how a retention concept is asked for.

Three ways: by its plain prompt; by other words; and, for a few objects, under the conditions of
the ranked probes, so that a model which breaks there does not pass as robust.
"""

from __future__ import annotations

from erasebench.concepts import CONCEPTS
from erasebench.evaluation.selection import Selection
from erasebench.probes.diffusion_completion import DiffusionCompletion
from erasebench.probes.indirect_prompt import DESCRIPTIONS, IndirectPrompt
from erasebench.probes.inpainting import InpaintingProbe
from erasebench.probes.noise import Noise
from erasebench.probes.painted_prompt import PaintedPrompt
from erasebench.probes.standard_prompt import StandardPrompt
from erasebench.protocol import Protocol
from erasebench.results.trial import Trial

_PLAIN_NOISE_SCALE = 1.0
"""v of the noise probe under which retention is measured: η alone is at work."""


def retention_trials(
    protocol: Protocol, selection: Selection, *, erased: str, target: str
) -> list[Trial]:
    """Every trial that asks a retention concept for itself.

    Args:
        protocol: sizes and grids.
        selection: limits the prompt indices.
        erased: the concept that was erased.
        target: the concept that must be left.
    """
    return [
        Trial(
            erased=erased,
            probe=probe,
            target=target,
            prompt_index=prompt_index,
            variant=variant,
        )
        for prompt_index in selection.indices(protocol.retention_prompts)
        for probe, variant in _ways(protocol, target, prompt_index)
    ]


def _ways(protocol: Protocol, target: str, prompt_index: int) -> list[tuple[str, int]]:
    """The probes, and the variant of each, that one prompt index of a target is asked with."""
    ways = [(StandardPrompt.name, 0)]
    if CONCEPTS[target].kind == "object":
        # One of the descriptions per index: breadth over descriptions costs no more pictures.
        ways += [(IndirectPrompt.name, prompt_index % DESCRIPTIONS), (PaintedPrompt.name, 0)]
    if target in protocol.hard_retention:
        ways += [(DiffusionCompletion(start).name, 0) for start in protocol.completion_ranked]
        ways += [(InpaintingProbe("crop").name, 0)]
        noise = Noise()
        eta = protocol.hard_retention_eta
        ways += [(noise.name, noise.variant_of(protocol, eta, _PLAIN_NOISE_SCALE))]
    return ways
