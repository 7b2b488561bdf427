"""Whether the probes of a set-up find what is there, and do not invent what is not."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import torch

from erasebench.disk import replace_file, user_cache
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.plan.request import request
from erasebench.evaluation.run.latent_classifiers import fetch_photographs
from erasebench.evaluation.selfcheck.planted import Plant, plants_of
from erasebench.probes.registry import facts_of
from erasebench.protocol import PUBLIC_SEED_SET, Protocol
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.results.reference import REFERENCES, References, Role, references_of
from erasebench.results.result import Result
from erasebench.results.score import RowScore
from erasebench.results.selfcheck import FOLDER, ProbeCheck, ProbeRates, Selfcheck, report_path
from erasebench.stats.anchors import PLAIN_PROMPT
from erasebench.stats.row_data import row_data_of
from erasebench.stats.summary import ranked_score

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
    setup = _setup(protocol, device, threads)
    stored = references_of(protocol, PUBLIC_SEED_SET, references)
    facts = {one.name: one for one in facts_of(protocol)}
    concept = protocol.concept(protocol.ranked[0])
    planted: dict[str, tuple[Plant, RowScore | None]] = {}
    for plant in plants_of(protocol):
        checkpoint = cache / FOLDER / f"{protocol.name}-{plant.name}-{setup}.safetensors"
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        plant.write(protocol, concept, checkpoint)
        # A context probe is controlled by its floor, which knows nothing of the plain prompt.
        controls = [facts[probe].control or PLAIN_PROMPT for probe in plant.recovered_by]
        asked = request(
            checkpoint,
            concepts=(concept.name,),
            probes=(*plant.recovered_by, *controls),
            protocol=protocol,
            folder=cache / FOLDER / f"{protocol.name}-{plant.name}-{setup}",
            device=device,
            threads=threads,
            images="none",
        )
        (asked,) = fetch_photographs([asked])
        result = evaluate(asked, cache, references)
        score = _score(
            _looked_at(result, plant),
            result.base_outcomes,
            protocol,
            stored,
            result.edited,
        )
        planted |= dict.fromkeys(plant.recovered_by, (plant, score))
        environment = result.checkpoints[0].run.environment
    ends: dict[Role, RowScore | None] = {}
    if stored.base is not None and stored.retrain is not None:
        ends = {
            end.role: _score(end.outcomes, stored.base.outcomes, protocol, stored)
            for end in (stored.base, stored.retrain)
        }
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
    return facts.control is not None or facts.floor_is_control


def _setup(protocol: Protocol, device: str, threads: int | None) -> str:
    """Names all that could move a planted run, but for what its folder checks."""
    libraries = [version(name) for name in ("erasebench", "torch", "diffusers", "transformers")]
    machine = [platform.python_version(), platform.system(), platform.machine()]
    threads = threads or torch.get_num_threads()
    words = [protocol.digest, device, str(threads), *machine, *libraries]
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]


def _looked_at(result: Result, plant: Plant) -> list[Outcome]:
    return [
        one for one in result.outcomes if one.setting == plant.settings.get(one.probe, one.setting)
    ]


def _score(
    outcomes: Sequence[Outcome],
    base: Sequence[Outcome],
    protocol: Protocol,
    stored: References,
    edited: Collection[str] = (),
) -> RowScore | None:
    """The scores of a model, by the outcomes that are looked at."""
    row = row_data_of(
        outcomes,
        base,
        protocol=protocol,
        references=stored,
        probes=facts_of(protocol),
        edited=edited,
        failed_probes=None,
    )
    return ranked_score(row)


def _check(
    facts: ProbeFacts,
    planted: tuple[Plant, RowScore | None] | None,
    ends: Mapping[Role, RowScore | None],
) -> ProbeCheck:
    return ProbeCheck(
        probe=facts.name,
        control=facts.control or FLOOR,
        plant=None if planted is None else planted[0].name,
        planted=None if planted is None else _found(facts, planted[1], beside_plain=True),
        retrain=_found(facts, ends.get("retrain")),
        base=_found(facts, ends.get("base")),
    )


def _found(
    facts: ProbeFacts, score: RowScore | None, *, beside_plain: bool = False
) -> ProbeRates | None:
    scores = {} if score is None else {one.probe: one for one in score.probes}
    own = scores.get(facts.name)
    if own is None or own.rate is None:
        return None
    in_context = facts.control is None
    return ProbeRates(
        rate=own.rate,
        control=own.floor if in_context else scores[str(facts.control)].rate,
        excess=own.excess,
        plain=scores[PLAIN_PROMPT].rate if in_context and beside_plain else None,
    )
