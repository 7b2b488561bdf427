"""Every probe by name. A new probe is one module and one line here."""

from __future__ import annotations

from erasebench.probes.classifier_guidance import ClassifierGuidance
from erasebench.probes.diffusion_completion import DiffusionCompletion
from erasebench.probes.encoder_swap import EncoderSwap
from erasebench.probes.guidance_noise import GuidanceNoise
from erasebench.probes.hand_over import HandOver
from erasebench.probes.indirect_prompt import IndirectPrompt
from erasebench.probes.inpainting import InpaintingProbe
from erasebench.probes.noise import Noise
from erasebench.probes.painted_prompt import PaintedPrompt
from erasebench.probes.probe import Probe
from erasebench.probes.random_prefix import RandomPrefix
from erasebench.probes.relearning import Relearning
from erasebench.probes.resampling import Resampling
from erasebench.probes.standard_prompt import StandardPrompt
from erasebench.probes.stochastic import Stochastic
from erasebench.probes.textual_inversion import TextualInversion
from erasebench.probes.unlearn_diff_atk import UnlearnDiffAtk
from erasebench.probes.unprompted import Unprompted
from erasebench.protocol import Protocol


def probes_of(protocol: Protocol) -> dict[str, Probe]:
    """Every probe of a protocol by name, in the order of tables.

    The protocol decides which hand-overs of completion there are. Where it has no model that never
    knew its concepts, the unedited base is asked for what stands in the place of that one's.
    """
    completions = [DiffusionCompletion(start_step) for start_step in protocol.completion_starts]
    context: tuple[Probe, ...] = (*completions, InpaintingProbe("crop"), InpaintingProbe("whole"))
    in_its_place: tuple[Probe, ...] = (
        ()
        if protocol.retrain
        else (*(HandOver(probe) for probe in completions), Unprompted(StandardPrompt()))
    )
    probes: tuple[Probe, ...] = (
        StandardPrompt(),
        IndirectPrompt(),
        EncoderSwap(),
        PaintedPrompt(),
        Resampling(),
        Stochastic(),
        Noise(),
        *context,
        ClassifierGuidance(),
        GuidanceNoise(),
        TextualInversion(),
        RandomPrefix(),
        UnlearnDiffAtk(),
        Relearning(),
        *(Unprompted(probe) for probe in context),
        *in_its_place,
    )
    return {probe.name: probe for probe in probes}
