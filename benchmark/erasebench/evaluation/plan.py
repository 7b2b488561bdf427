"""The plan of a run: every picture that may be drawn, known before the first is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.trajectory import BASE, SUBMISSION, Trajectory
from erasebench.errors import RequestError
from erasebench.evaluation.retention import retention_trials
from erasebench.evaluation.selection import RETENTION, Selection
from erasebench.probes.probe import Probe
from erasebench.probes.registry import probes_of
from erasebench.protocol import Protocol
from erasebench.results.trial import NOTHING, Trial


@dataclass(frozen=True)
class Plan:
    """What one run draws, in order.

    Attributes:
        protocol: fixes what each trial means.
        subject: named weights under test.
        trials: every picture. All of one target and prompt index are neighbours, since they share
            calls of the UNet, and equal pictures of two cells lie side by side, since they share
            all of them.
    """

    protocol: Protocol
    subject: str
    trials: tuple[Trial, ...]

    @cached_property
    def probes(self) -> dict[str, Probe]:
        """The protocol's probes by name."""
        return probes_of(self.protocol)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the protocol's digest, and of the trials and what each draws in order, hex."""
        content = hashlib.sha256(f"{self.protocol.digest} {self.subject}\n".encode())
        for trial in self.trials:
            setting = self.settings(trial.probe)[trial.variant]
            drawn = f"{trial.model_dump_json()} {setting} {self.trajectory(trial)!r}\n"
            content.update(drawn.encode())
        return content.hexdigest()

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


def submission_plan(protocol: Protocol, selection: Selection) -> Plan:
    """All that is drawn from a submission: its erased concepts, and what must be left of others.

    Raises:
        RequestError: if no probe asked for applies to a concept.
    """
    trials: list[Trial] = []
    for concept in selection.concepts:
        asked = _probed(protocol, selection, concept, selection.probes)
        if selection.retention:
            asked += retention_trials(protocol, selection, concept)
        if not asked:
            raise RequestError(
                f"{concept} cannot be asked for by {', '.join(selection.probes)}: "
                f"a {CONCEPTS[concept].kind} needs other probes; see `erasebench list probes`."
            )
        trials += asked
    return _plan(protocol, SUBMISSION, trials)


def base_plans(protocol: Protocol, selection: Selection) -> dict[str, Plan]:
    """All that is drawn from the unedited base to stand beside a submission.

    It is asked what the submission is, and in each context also for nothing.

    One plan per erased concept and one for retention, by these names, so that each serves every
    submission that needs it. A ceiling's `erased` is its concept; where the base is asked for what
    must be left, it is `NOTHING`.
    """
    plans = {}
    for concept in selection.concepts:
        probes = probes_of(protocol)
        references = [
            reference for name in selection.probes if (reference := probes[name].reference)
        ]
        if probed := _probed(protocol, selection, concept, (*selection.probes, *references)):
            plans[concept] = _plan(protocol, BASE, probed)
    if selection.retention:
        plans[RETENTION] = _plan(protocol, BASE, retention_trials(protocol, selection, NOTHING))
    return plans


def _probed(
    protocol: Protocol, selection: Selection, concept: str, names: Iterable[str]
) -> list[Trial]:
    """Every trial that asks an erased concept for itself by the probes of these names."""
    probes = probes_of(protocol)
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
        for variant in range(len(probes[name].settings(protocol)))
    ]


def _plan(protocol: Protocol, subject: str, trials: Iterable[Trial]) -> Plan:
    """Puts the trials into the order that `Plan` promises."""
    targets = [*CONCEPTS, NOTHING]
    probes = list(probes_of(protocol))
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
    return Plan(protocol, subject, tuple(ordered))
