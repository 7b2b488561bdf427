"""A `Plan` lists every sample of a run, known before the first one is generated."""

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
    """What one run draws, in order.

    Attributes:
        protocol: fixes what each trial means.
        subject: named weights under test.
        encoder_edited: whether their text encoder is another than the base's.
        trials: every picture. All of one target and prompt index are neighbours, since they share
            calls of the UNet, and equal pictures of two cells lie side by side, since they share
            all of them.
    """

    protocol: Protocol
    subject: str
    encoder_edited: bool
    trials: tuple[Trial, ...]

    @cached_property
    def probes(self) -> dict[str, Probe]:
        """Every probe by name, in the order of tables."""
        return registered(self.protocol)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of protocol digest, subject, and each trial with its trajectory in order, hex.

        A probe's version is part of it from the second on.
        """
        content = hashlib.sha256(f"{self.protocol.digest} {self.subject}\n".encode())
        for name in dict.fromkeys(trial.probe for trial in self.trials):
            if (version := self.probes[name].version) != 1:
                content.update(f"{name} version {version}\n".encode())
        for trial in self.trials:
            setting = self.settings(trial.probe)[trial.variant]
            key = trial.model_dump_json(exclude_defaults=True)
            content.update(f"{key} {setting} {self.trajectory(trial).canonical()}\n".encode())
        return content.hexdigest()

    @cached_property
    def asked(self) -> tuple[tuple[str, str], ...]:
        """Every probe with every target that it is asked about, target by target."""
        order = list(self.probes)
        pairs = dict.fromkeys((trial.probe, trial.target) for trial in self.trials)
        targets = list(dict.fromkeys(target for _, target in pairs))
        return tuple(sorted(pairs, key=lambda pair: (targets.index(pair[1]), order.index(pair[0]))))

    @property
    def questions(self) -> Iterator[OutcomeKey]:
        """What each trial answers, in order; all draws of one question answer the same."""
        for trial in self.trials:
            setting = self.settings(trial.probe)[trial.variant]
            yield trial.erased, trial.target, trial.probe, trial.prompt_index, setting

    def indices(self, probe: str, target: str) -> tuple[int, ...]:
        """The prompt indices at which a probe asks for a target, rising."""
        return tuple(
            sorted(
                {
                    trial.prompt_index
                    for trial in self.trials
                    if (trial.probe, trial.target) == (probe, target)
                }
            )
        )

    def only(self, probes: Collection[str]) -> Plan:
        """The part of it that asks by some of its probes."""
        return replace(self, trials=tuple(one for one in self.trials if one.probe in probes))

    def batches(self, size: int) -> tuple[tuple[Trial, ...], ...]:
        """The trials cut into runs of `size` neighbours; the last may be shorter."""
        return tuple(self.trials[at : at + size] for at in range(0, len(self.trials), size))

    def trajectory(self, trial: Trial) -> Trajectory:
        """What is drawn for a trial."""
        return self.probes[trial.probe].trajectory(
            self.protocol,
            CONCEPTS[trial.target],
            trial.prompt_index,
            trial.variant,
            self.subject,
        )

    def settings(self, probe: str) -> tuple[str, ...]:
        """The setting of each variant of a probe; empty strings for mere redraws."""
        return self.probes[probe].settings(self.protocol)


def submission_plan(protocol: Protocol, selection: Selection, *, encoder_edited: bool) -> Plan:
    """All that is drawn from a submission: its erased concepts, and what must be left of others.

    Args:
        protocol: sizes and grids.
        selection: which part of the suite is run.
        encoder_edited: whether the submission's text encoder is another than the base's.

    Raises:
        RequestError: if no probe asked for applies to a concept.
    """
    trials: list[Trial] = []
    for concept in selection.concepts:
        asked = _probed(
            protocol, selection, concept, selection.probes, encoder_edited=encoder_edited
        )
        if selection.retention:
            asked += retention_trials(protocol, selection, concept)
        if not asked:
            whose = "" if encoder_edited else " of a model with the base's encoder"
            raise RequestError(
                f"{concept} cannot be asked for by {', '.join(selection.probes)}: "
                f"its kind, {CONCEPTS[concept].kind}{whose}, needs other probes; "
                "see `erasebench list probes`."
            )
        trials += asked
    return _plan(protocol, SUBMISSION, trials, encoder_edited=encoder_edited)


def base_plans(protocol: Protocol, selection: Selection) -> dict[str, Plan]:
    """All that is drawn from the unedited base to stand beside a submission.

    It is asked what the submission is, in each context also for nothing, and for the floors that
    the protocol takes of it.

    One plan per erased concept and one for retention, by these names, so that each serves every
    submission that needs it. A ceiling's `erased` is its concept; where the base is asked for what
    must be left, it is `NOTHING`.
    """
    plans = {}
    probes = probes_of(protocol, selection.probes)
    for concept in selection.concepts:
        references = [
            beside
            for name in selection.probes
            for beside in (probes[name].reference, probes[name].floor)
            if beside in probes
        ]
        # Each once, also where one is another of the base.
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
    """Every trial that asks an erased concept for itself by the probes of these names."""
    probes = registered(protocol)
    return [
        Trial(
            erased=concept,
            probe=name,
            target=concept,
            prompt_index=prompt_index,
            variant=variant,
        )
        for name in names
        if probes[name].applies_to(CONCEPTS[concept])
        for prompt_index in selection.indices(protocol.prompts)
        for variant in probes[name].variants(protocol, encoder_edited=encoder_edited)
    ]


def _plan(
    protocol: Protocol, subject: str, trials: Iterable[Trial], *, encoder_edited: bool
) -> Plan:
    """Puts the trials into the order that `Plan` promises."""
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
    """Every trial that asks what must be left for itself, one picture per question and index.

    Args:
        protocol: sizes and grids.
        selection: limits the prompt indices.
        erased: the concept that was erased, or `NOTHING`.
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
