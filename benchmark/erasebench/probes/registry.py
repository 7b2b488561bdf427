"""Every probe by name, and the probes of a protocol.

A new probe is one module and one entry of `PROBES`. Until a protocol lists it, it is run only with
`--probe`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from erasebench.errors import UnknownNameError
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
from erasebench.protocol.retention import OTHER_WORDS, PLAIN
from erasebench.results.facts import ProbeFacts


def _completions(protocol: Protocol) -> tuple[DiffusionCompletion, ...]:
    return tuple(DiffusionCompletion(start_step) for start_step in protocol.completion_starts)


PROBES: tuple[Probe | Callable[[Protocol], Iterable[Probe]], ...] = (
    StandardPrompt(),
    IndirectPrompt(),
    EncoderSwap(),
    PaintedPrompt(),
    Resampling(),
    Stochastic(),
    Noise(),
    _completions,
    InpaintingProbe("crop"),
    InpaintingProbe("whole"),
    ClassifierGuidance(),
    GuidanceNoise(),
    TextualInversion(),
    RandomPrefix(),
    UnlearnDiffAtk(),
    Relearning(),
)
"""All probes, in the order of tables.

A function returns the probes of a parameter whose values the protocol gives. References and floors
are derived from these and have no entry.
"""


def registered(protocol: Protocol) -> dict[str, Probe]:
    """All probes by name, in the order of tables, whether or not the protocol lists them.

    Args:
        protocol: gives the values of their parameters.
    """
    asked = [
        probe
        for entry in PROBES
        for probe in ([entry] if isinstance(entry, Probe) else entry(protocol))
    ]
    beside: list[Probe] = [HandOver(probe) for probe in _completions(protocol)]
    beside += [Unprompted(probe) for probe in asked if probe.reference is not None]
    beside.sort(key=lambda probe: probe.stands_for_retrain)
    return {probe.name: probe for probe in (*asked, *beside)}


def probes_of(protocol: Protocol, also: Iterable[str] = ()) -> dict[str, Probe]:
    """The probes of a protocol by name, in the order of tables.

    They are the probes that it ranks and shows, those that measure retention, and the controls,
    references and floors of all these. A protocol without a retrained model has the probes of the
    original model that replace it.

    Args:
        protocol: lists them.
        also: further probes, added with their controls, references and floors.

    Raises:
        UnknownNameError: if no probe has a name; suggests the nearest.
    """
    every = registered(protocol)
    wanted = [*protocol.ranked_probes, *protocol.shown_probes, PLAIN, *OTHER_WORDS, *also]
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in every:
            raise UnknownNameError("probe", name, tuple(every))
        probe = every[name]
        if name in found or (probe.stands_for_retrain and protocol.retrain):
            continue
        found.add(name)
        follow = (
            probe.control,
            probe.shown_control,
            probe.reference,
            probe.floor,
            probe.on_base,
        )
        wanted += [other for other in follow if other is not None]
    return {name: probe for name, probe in every.items() if name in found}


def unlisted(protocol: Protocol) -> tuple[str, ...]:
    """The probes for erased concepts that a protocol does not list."""
    listed = probes_of(protocol)
    return tuple(
        name
        for name, probe in registered(protocol).items()
        if probe.erased_asked and name not in listed
    )


def facts_of(protocol: Protocol, also: Iterable[str] = ()) -> tuple[ProbeFacts, ...]:
    """The facts of every probe of a protocol, in the order of tables.

    Args:
        protocol: lists them.
        also: see `probes_of`.

    Raises:
        UnknownNameError: see `probes_of`.
    """
    probes = probes_of(protocol, also)
    return tuple(
        ProbeFacts(
            name=name,
            version=probe.version,
            family=probe.family,
            summary=probe.summary,
            control=probe.control,
            shown_control=probe.shown_control,
            reference=probe.reference if probe.reference in probes else None,
            floor=probe.floor if probe.floor in probes else None,
            asks_for=probe.asks_for,
            view=probe.view,
            settings=tuple(dict.fromkeys(probe.settings(protocol))),
            of_edited_encoders=probe.of_edited_encoders,
            ranked=(ranked := name in protocol.ranked_probes),
            floor_is_control=probe.floor_is_control,
            unoptimised=probe.unoptimised,
            on_base=probe.on_base,
            retention_condition=probe.retention_condition and ranked,
        )
        for name, probe in probes.items()
    )
