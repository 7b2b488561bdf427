"""The self-check: do the probes recover hidden concepts on this machine, and no removed ones?"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Collection, Sequence
from importlib.metadata import version
from pathlib import Path

import torch

from erasebench.disk import replace_file, user_cache
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.plan.request import CPU, Compute, request
from erasebench.evaluation.run.latent_classifiers import fetch_photographs
from erasebench.evaluation.selfcheck.planted import Plant, plants_of
from erasebench.probes.registry import facts_of
from erasebench.protocol import PUBLIC_SEED_SET, Protocol
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.results.reference import REFERENCES, References, Role, references_of
from erasebench.results.score import RowScore
from erasebench.results.selfcheck import FOLDER, ProbeCheck, ProbeRates, Selfcheck, report_path
from erasebench.stats.anchors import PLAIN_PROMPT
from erasebench.stats.row_data import row_data_of
from erasebench.stats.summary import ranked_score

FLOOR = "floor"
"""Control of context probes, which is no probe."""


def selfcheck(
    protocol: Protocol,
    compute: Compute = CPU,
    *,
    cache: Path | None = None,
    references: Path | None = REFERENCES,
) -> tuple[Selfcheck, Path]:
    """Runs every probe on the planted erasures from which it must recover the concept.

    Its outcomes on the original and the retrained model are read from the references. An
    interrupted check is resumed.

    Args:
        protocol: the protocol.
        compute: device and threads.
        cache: holds runs and report; None for the user's cache.
        references: see `evaluate`.

    Returns:
        The report, and its file.
    """
    cache = cache or user_cache()
    machine = _machine(protocol, compute)
    stored = references_of(protocol, PUBLIC_SEED_SET, references)
    facts = {one.name: one for one in facts_of(protocol)}
    concept = protocol.concept(protocol.ranked[0])
    planted: dict[str, tuple[Plant, RowScore | None]] = {}
    for plant in plants_of(protocol):
        folder = cache / FOLDER / f"{protocol.name}-{plant.name}-{machine}"
        checkpoint = folder.with_name(f"{folder.name}.safetensors")
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        plant.write(protocol, concept, checkpoint)
        # A context probe's control is its floor, which says nothing about the plain prompt.
        controls = [facts[probe].control or PLAIN_PROMPT for probe in plant.recovered_by]
        wanted = request(
            checkpoint,
            concepts=(concept.name,),
            probes=(*plant.recovered_by, *controls),
            protocol=protocol,
            folder=folder,
            images="none",
            compute=compute,
        )
        (wanted,) = fetch_photographs([wanted])
        result = evaluate(wanted, cache, references)
        outcomes = [
            one
            for one in result.outcomes
            if one.setting == plant.settings.get(one.probe, one.setting)
        ]
        score = _score(outcomes, result.base_outcomes, protocol, stored, result.edited)
        planted |= dict.fromkeys(plant.recovered_by, (plant, score))
        environment = result.checkpoints[0].run.environment
    ends: dict[Role, RowScore | None] = {}
    if stored.base is not None and stored.retrain is not None:
        ends = {
            end.role: _score(end.outcomes, stored.base.outcomes, protocol, stored)
            for end in (stored.base, stored.retrain)
        }
    checks = []
    for name, one in facts.items():
        if not one.ranked or (one.control is None and not one.floor_is_control):
            continue
        erasure, score = planted.get(name, (None, None))
        checks.append(
            ProbeCheck(
                probe=name,
                control=one.control or FLOOR,
                plant=None if erasure is None else erasure.name,
                planted=_found(one, score, is_planted=True),
                retrain=_found(one, ends.get("retrain")),
                base=_found(one, ends.get("base")),
            )
        )
    report = Selfcheck(
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        concept=concept.name,
        environment=environment,
        checks=tuple(checks),
    )
    path = report_path(protocol, environment, cache)
    replace_file(path, f"{report.model_dump_json(indent=2)}\n".encode())
    return report, path


def _machine(protocol: Protocol, compute: Compute) -> str:
    """Digest of everything that could change a planted run, except for what its folder checks."""
    libraries = [version(name) for name in ("erasebench", "torch", "diffusers", "transformers")]
    machine = [platform.python_version(), platform.system(), platform.machine()]
    threads = compute.threads or torch.get_num_threads()
    words = [protocol.digest, compute.device, str(threads), *machine, *libraries]
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]


def _score(
    outcomes: Sequence[Outcome],
    base: Sequence[Outcome],
    protocol: Protocol,
    stored: References,
    edited: Collection[str] = (),
) -> RowScore | None:
    """The scores of a model, by these outcomes."""
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


def _found(
    facts: ProbeFacts, score: RowScore | None, *, is_planted: bool = False
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
        plain=scores[PLAIN_PROMPT].rate if in_context and is_planted else None,
    )
