"""A `Plan` lists every image of a run before the first is generated."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.trajectory import BASE, SUBMISSION, Trajectory
from erasebench.errors import RequestError
from erasebench.evaluation.plan.selection import RETENTION, Selection
from erasebench.probes.probe import Probe
from erasebench.probes.registry import probes_of, registered
from erasebench.protocol import Protocol
from erasebench.protocol.retention import retention_questions
from erasebench.results.outcome import OutcomeKey
from erasebench.results.record import NOTHING, Trial


@dataclass(frozen=True)
class Plan:
    """The images of one run, in order.

    Attributes:
        protocol: gives each trial its meaning.
        subject: named weights under test.
        encoder_edited: whether their text encoder differs from the base's.
        trials: one per image. Those of one target and prompt index are neighbours, since they share
            UNet calls; equal images of two cells are adjacent, since they share all calls.
    """

    protocol: Protocol
    subject: str
    encoder_edited: bool
    trials: tuple[Trial, ...]

    @cached_property
    def probes(self) -> dict[str, Probe]:
        """All probes by name, in the order of tables."""
        return registered(self.protocol)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of protocol digest, subject, and each trial with its trajectory in order, hex.

        It includes probe versions above 1.
        """
        content = hashlib.sha256(f"{self.protocol.digest} {self.subject}\n".encode())
        for name in dict.fromkeys(trial.probe for trial in self.trials):
            if (version := self.probes[name].version) != 1:
                content.update(f"{name} version {version}\n".encode())
        for trial, trajectory in self.trajectories.items():
            key = trial.model_dump_json(exclude_defaults=True)
            content.update(f"{key} {self.setting(trial)} {trajectory.canonical()}\n".encode())
        return content.hexdigest()

    @cached_property
    def probe_targets(self) -> tuple[tuple[str, str], ...]:
        """Each probe with each of its targets, target by target."""
        order = list(self.probes)
        pairs = dict.fromkeys((trial.probe, trial.target) for trial in self.trials)
        targets = list(dict.fromkeys(target for _, target in pairs))
        return tuple(sorted(pairs, key=lambda pair: (targets.index(pair[1]), order.index(pair[0]))))

    @property
    def questions(self) -> Iterator[OutcomeKey]:
        """The question of each trial, in order; the draws of one question share it."""
        for trial in self.trials:
            setting = self.setting(trial)
            yield trial.erased, trial.target, trial.probe, trial.prompt_index, setting

    def indices(self, probe: str, target: str) -> tuple[int, ...]:
        """The prompt indices of a probe and target, ascending."""
        pair = probe, target
        found = {one.prompt_index for one in self.trials if (one.probe, one.target) == pair}
        return tuple(sorted(found))

    def only(self, probes: Collection[str]) -> Plan:
        """The part of the plan with these probes."""
        return replace(self, trials=tuple(one for one in self.trials if one.probe in probes))

    def batches(self, size: int) -> tuple[tuple[Trial, ...], ...]:
        """The trials in batches of `size` neighbours; the last may be smaller."""
        return tuple(self.trials[at : at + size] for at in range(0, len(self.trials), size))

    @cached_property
    def trajectories(self) -> dict[Trial, Trajectory]:
        """The trajectory of each trial, in order."""
        return {
            trial: self.probes[trial.probe].trajectory(
                self.protocol,
                CONCEPTS[trial.target],
                trial.prompt_index,
                trial.variant,
                self.subject,
            )
            for trial in self.trials
        }

    def setting(self, trial: Trial) -> str:
        """The setting of a trial's variant; empty for a mere redraw."""
        return self.probes[trial.probe].settings(self.protocol)[trial.variant]


def submission_plan(protocol: Protocol, selection: Selection, *, encoder_edited: bool) -> Plan:
    """All images of a submission: of its erased concepts, and of other concepts for retention.

    Args:
        protocol: fixes sizes and grids.
        selection: the part of the suite to run.
        encoder_edited: whether the submission's text encoder differs from the base's.

    Raises:
        RequestError: if no selected probe applies to a concept.
    """
    trials: list[Trial] = []
    for concept in selection.concepts:
        own = _probed(protocol, selection, concept, selection.probes, encoder_edited=encoder_edited)
        if selection.retention:
            own += retention_trials(protocol, selection, concept)
        if not own:
            model = "" if encoder_edited else " of a model with the base's encoder"
            raise RequestError(
                f"{', '.join(selection.probes)} cannot be used for {concept}: its kind, "
                f"{CONCEPTS[concept].kind}{model}, needs other probes. See `erasebench list "
                "probes`."
            )
        trials += own
    return _plan(protocol, SUBMISSION, trials, encoder_edited=encoder_edited)


def base_plans(protocol: Protocol, selection: Selection) -> dict[str, Plan]:
    """All images of the original model that a submission is compared with.

    The same questions as the submission's, each context also without the concept's name, and the
    floors that the protocol takes from the original model.

    One plan per erased concept and one for retention, by these names, so that every submission can
    share them. The `erased` of a ceiling is its concept; that of retention is `NOTHING`.
    """
    plans = {}
    probes = probes_of(protocol, selection.probes)
    for concept in selection.concepts:
        references = [
            other
            for name in selection.probes
            for other in (probes[name].reference, probes[name].floor)
            if other in probes
        ]
        # Without duplicates: several probes may share one on the base.
        names = dict.fromkeys(probes[n].on_base or n for n in (*selection.probes, *references))
        if probed := _probed(protocol, selection, concept, names, encoder_edited=False):
            plans[concept] = _plan(protocol, BASE, probed, encoder_edited=False)
    if selection.retention:
        trials = retention_trials(protocol, selection, NOTHING)
        plans[RETENTION] = _plan(protocol, BASE, trials, encoder_edited=False)
    return plans


def _probed(
    protocol: Protocol,
    selection: Selection,
    concept: str,
    names: Iterable[str],
    *,
    encoder_edited: bool,
) -> list[Trial]:
    """The trials of an erased concept with these probes."""
    probes = registered(protocol)
    return [
        Trial(erased=concept, probe=name, target=concept, prompt_index=index, variant=variant)
        for name in names
        if probes[name].applies_to(CONCEPTS[concept])
        for index in selection.indices(protocol.prompts)
        for variant in probes[name].variants(protocol, encoder_edited=encoder_edited)
    ]


def _plan(
    protocol: Protocol, subject: str, trials: Iterable[Trial], *, encoder_edited: bool
) -> Plan:
    """Sorts the trials as `Plan` promises."""
    targets = [*CONCEPTS, NOTHING]
    probes = list(registered(protocol))
    ordered = sorted(
        trials,
        key=lambda trial: (
            targets.index(trial.target),
            trial.prompt_index,
            probes.index(trial.probe),
            trial.variant,
            trial.erased,
        ),
    )
    return Plan(protocol, subject, encoder_edited, tuple(ordered))


def retention_trials(protocol: Protocol, selection: Selection, erased: str) -> list[Trial]:
    """The trials of retention, one image per question and prompt index.

    Args:
        protocol: fixes sizes and grids.
        selection: limits the prompt indices.
        erased: the erased concept, or `NOTHING`.
    """
    allowed, probes = selection.indices(protocol.retention_prompts), probes_of(protocol)
    conditions = [name for name in protocol.ranked_probes if probes[name].retention_condition]
    return [
        Trial(
            erased=erased,
            probe=probe,
            target=target,
            prompt_index=prompt_index,
            variant=probes[probe].retention_variant(protocol, prompt_index),
        )
        for (target, probe), indices in retention_questions(protocol, erased, conditions).items()
        for prompt_index in indices
        if prompt_index in allowed
    ]
