"""Makes a protocol's references: the unedited base and retrain, under all that can be asked.

A protocol without a model that never knew its concepts has the base's alone.
"""

from __future__ import annotations

from pathlib import Path

from erasebench.disk import user_cache
from erasebench.evaluation.base_reference import measured_base
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.folder import BESIDE
from erasebench.evaluation.known import pack, spread
from erasebench.evaluation.ledger import RECORDS
from erasebench.evaluation.request import request
from erasebench.evaluation.selection import RETENTION, suite_of
from erasebench.protocol import PUBLIC_SEEDS, Protocol, SeedSet
from erasebench.protocol.season import check_held
from erasebench.results.facts import versions_of
from erasebench.results.outcome import Outcome
from erasebench.results.record_file import read_records
from erasebench.results.reference import (
    REFERENCES,
    ReferenceFile,
    Role,
    reference_folder,
    reference_path,
    write_reference,
)
from erasebench.results.result import Result
from erasebench.results.trial import NOTHING
from erasebench.submission.pin import check_pins

PICTURES = 8
"""Pictures of each question that are kept to be shown beside a submission's."""


def build_references(
    protocol: Protocol,
    work: Path,
    *,
    device: str = "cpu",
    threads: int | None = None,
    references: Path = REFERENCES,
    cache: Path | None = None,
    seeds: SeedSet = PUBLIC_SEEDS,
) -> tuple[Path, ...]:
    """Evaluates retrain on every ranked concept and the base along with it, and keeps both.

    Where there is no retrain, the base alone is asked, and for what stands in the place of its
    floors as well. A build that was stopped goes on from where it stood.

    Args:
        protocol: whose models are asked.
        work: folder of the run.
        device: where to compute.
        threads: CPU threads; None for torch's own choice.
        references: where references are kept.
        cache: see `evaluate`.
        seeds: what they are for; while a season is hidden they hold no pictures.

    Returns:
        The files, the base's first.

    Raises:
        ProtocolError: if a model is not the pinned one.
        RequestError: if the season is not held under the protocol.
    """
    check_held(seeds, protocol.name)
    made: tuple[ReferenceFile, ...]
    if protocol.retrain:
        made = _both_ends(protocol, work, device, threads, cache or user_cache(), seeds)
    else:
        made = (measured_base(protocol, work, device, threads, cache or user_cache(), seeds),)
    paths = [reference_path(protocol.name, one.role, references, seeds.name) for one in made]
    for path, reference in zip(paths, made, strict=True):
        write_reference(path, reference)
    records = [one for one in read_records(work / BESIDE / RECORDS) if one.picture is not None]
    for name, erased in ((RETENTION, NOTHING), *((name, name) for name in protocol.ranked)):
        own = [one for one in records if one.trial.erased == erased]
        folder = reference_folder(protocol.name, seeds.name, references)
        paths.append(folder / "base" / f"{name}.zip")
        pack(paths[-1], spread(own, PICTURES), work / BESIDE)
    return tuple(paths)


def _both_ends(
    protocol: Protocol,
    work: Path,
    device: str,
    threads: int | None,
    cache: Path,
    seeds: SeedSet,
) -> tuple[ReferenceFile, ReferenceFile]:
    """Base and retrain, as one evaluation of retrain gives them."""
    floor = protocol.retrain[0]
    check_pins(floor)
    asked = request(
        floor.folder,
        concepts=protocol.ranked,
        probes=(*suite_of(protocol), RETENTION),
        protocol=protocol,
        folder=work,
        device=device,
        threads=threads,
        seeds=seeds,
    )
    result = evaluate(asked, cache, references=None)
    # Retrain knows what must be left: only what it was not taught gives floors.
    floors = tuple(one for one in result.outcomes if one.target == one.erased)
    identity = result.checkpoints[0].identity
    return (
        _reference("base", result, identity.base_digest, result.base_outcomes),
        _reference("retrain", result, identity.tensors_digest, floors),
    )


def _reference(
    role: Role, result: Result, digest: str, outcomes: tuple[Outcome, ...]
) -> ReferenceFile:
    return ReferenceFile(
        role=role,
        protocol=result.protocol,
        protocol_digest=result.protocol_digest,
        seed_set=result.seed_set,
        seed_set_digest=result.seed_set_digest,
        tensors_digest=digest,
        environment=result.checkpoints[0].run.environment,
        classifiers=result.making.classifiers,
        versions=versions_of(result.probes),
        outcomes=outcomes,
    )
