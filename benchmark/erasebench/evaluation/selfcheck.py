"""Whether the probes of a set-up find what is there, and do not invent what is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from erasebench.disk import replace_file, user_cache
from erasebench.evaluation.checked import FOLDER, report_path
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.planted import Plant, plants_of
from erasebench.evaluation.request import request
from erasebench.probes.facts import facts_of
from erasebench.protocol import PUBLIC_SEED_SET, Protocol
from erasebench.results.facts import ProbeFacts, not_applicable
from erasebench.results.reference import REFERENCES, Role, reference_of
from erasebench.results.result import Result
from erasebench.results.score import RowScore
from erasebench.results.selfcheck import Found, ProbeCheck, Selfcheck
from erasebench.stats.answers import answers_of
from erasebench.stats.draws import Draws
from erasebench.stats.measured import CONTROLLED_BY_FLOOR, LeftOut
from erasebench.stats.scored import score_answers

FLOOR = "floor"
"""What a context probe is measured against, which is no probe."""


def selfcheck(
    protocol: Protocol,
    *,
    device: str = "cpu",
    threads: int | None = None,
    cache: Path | None = None,
    references: Path | None = REFERENCES,
) -> tuple[Selfcheck, Path]:
    """Asks every planted erasure by the probes that must recover it, and keeps what they found.

    What they give on the unedited base and on retrain is read from the references. A check that
    was stopped goes on from where it stood.

    Args:
        protocol: whose probes.
        device: where to compute.
        threads: CPU threads; None for torch's own choice.
        cache: holds runs and report; None for the user's cache.
        references: see `evaluate`.

    Returns:
        The report, and its file.
    """
    cache = cache or user_cache()
    facts = {one.name: one for one in facts_of(protocol)}
    concept = protocol.concept(protocol.ranked[0])
    planted: dict[str, tuple[Plant, Result]] = {}
    for plant in plants_of(protocol):
        checkpoint = cache / FOLDER / f"{plant.name}.safetensors"
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        plant.write(protocol, concept, checkpoint)
        controls = [facts[probe].control for probe in plant.recovered_by]
        asked = request(
            checkpoint,
            concepts=(concept.name,),
            probes=(*plant.recovered_by, *(name for name in controls if name)),
            protocol=protocol,
            folder=cache / FOLDER / f"{protocol.name}-{plant.name}-{protocol.digest[:16]}",
            device=device,
            threads=threads,
            images="none",
        )
        result = evaluate(asked, cache, references)
        planted |= dict.fromkeys(plant.recovered_by, (plant, result))
    environment = next(iter(planted.values()))[1].run.environment
    ends = {role: _end(protocol, role, references) for role in ("base", "retrain")}
    report = Selfcheck(
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        concept=concept.name,
        environment=environment,
        checks=tuple(
            _check(one, planted.get(name), ends)
            for name, one in facts.items()
            if one.ranked and _controlled(one)
        ),
    )
    path = report_path(protocol, environment, cache)
    replace_file(path, f"{report.model_dump_json(indent=2)}\n".encode())
    return report, path


def _controlled(facts: ProbeFacts) -> bool:
    return facts.control is not None or facts.family == CONTROLLED_BY_FLOOR


def _check(
    facts: ProbeFacts,
    planted: tuple[Plant, Result] | None,
    ends: Mapping[str, RowScore | None],
) -> ProbeCheck:
    return ProbeCheck(
        probe=facts.name,
        control=facts.control or FLOOR,
        plant=None if planted is None else planted[0].name,
        planted=None if planted is None else _found(facts, planted[1].score),
        retrain=_found(facts, ends["retrain"]),
        base=_found(facts, ends["base"]),
    )


def _found(facts: ProbeFacts, score: RowScore | None) -> Found | None:
    scores = {} if score is None else {one.probe: one for one in score.probes}
    own = scores.get(facts.name)
    if own is None or own.rate is None:
        return None
    control = own.floor if facts.control is None else scores[facts.control].rate
    return Found(rate=own.rate, control=control, excess=own.excess)


def _end(protocol: Protocol, role: Role, references: Path | None) -> RowScore | None:
    """The scores of the base, or of retrain, as if it were a submission."""
    if references is None:
        return None
    known = {
        name: reference_of(protocol, PUBLIC_SEED_SET, name, references)
        for name in ("base", "retrain")
    }
    if None in known.values():
        return None
    probes = facts_of(protocol)
    answers = {name: answers_of(one.outcomes, probes) for name, one in known.items() if one}
    return score_answers(
        protocol.ranked,
        answers[role],
        answers["base"],
        answers["retrain"],
        protocol,
        probes,
        LeftOut(not_applicable(probes, edited=())),
        Draws(),
    )
