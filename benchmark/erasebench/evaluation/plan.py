"""The plan of a run: every picture that may be drawn, known before the first is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.trajectory import BASE, SUBMISSION, Trajectory
from erasebench.errors import ErasebenchError
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
        """SHA-256 of the protocol's digest, the subject and the trials in order, hex."""
        content = hashlib.sha256(f"{self.protocol.digest} {self.subject}\n".encode())
        for trial in self.trials:
            content.update(trial.model_dump_json().encode() + b"\n")
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
        ErasebenchError: if no probe asked for applies to a concept.
    """
    trials: list[Trial] = []
    for concept in selection.concepts:
        asked = _probed(protocol, selection, concept)
        if selection.retention:
            for other in protocol.retention:
                if other != concept:
                    asked += retention_trials(protocol, selection, erased=concept, target=other)
        if not asked:
            raise ErasebenchError(
                f"{concept} cannot be asked for by {', '.join(selection.probes)}: "
                f"a {CONCEPTS[concept].kind} needs other probes; see `erasebench list probes`."
            )
        trials += asked
    return _plan(protocol, SUBMISSION, trials)


def base_plans(protocol: Protocol, selection: Selection) -> dict[str, Plan]:
    """All that is drawn from the unedited base to stand beside a submission.

    One plan per erased concept and one for retention, by these names, so that each serves every
    submission that needs it. A ceiling's `erased` is its concept; where the base is asked for what
    must be left, it is `NOTHING`.
    """
    plans = {}
    for concept in selection.concepts:
        if probed := _probed(protocol, selection, concept):
            plans[concept] = _plan(protocol, BASE, probed)
    if selection.retention:
        trials: list[Trial] = []
        for target in protocol.retention:
            trials += retention_trials(protocol, selection, erased=NOTHING, target=target)
        plans[RETENTION] = _plan(protocol, BASE, trials)
    return plans


def _probed(protocol: Protocol, selection: Selection, concept: str) -> list[Trial]:
    """Every trial that asks an erased concept for itself."""
    probes = probes_of(protocol)
    return [
        Trial(
            erased=concept,
            probe=name,
            target=concept,
            prompt_index=prompt_index,
            variant=variant,
        )
        for name in selection.probes
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
