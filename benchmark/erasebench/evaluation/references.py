"""Builds the reference results of a protocol: the original model and the retrained one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from erasebench.diffusion.trajectory import BASE
from erasebench.disk import user_cache
from erasebench.evaluation.base.measure import base_runs, measure_base, put_beside
from erasebench.evaluation.base.stored import pack, spread
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.plan.classifier_sources import ClassifierSources
from erasebench.evaluation.plan.kept_images import images_of
from erasebench.evaluation.plan.request import request
from erasebench.evaluation.plan.selection import RETENTION, select, suite_of
from erasebench.evaluation.run.latent_classifiers import open_photographs
from erasebench.evaluation.run.models import environment_of, open_apparatus
from erasebench.evaluation.run.preparation import read_making
from erasebench.evaluation.run.record_log import RECORDS
from erasebench.evaluation.run.run_folder import (
    BESIDE,
    RunSpec,
    claim,
    claimed_batch_size,
    working_in,
)
from erasebench.evaluation.run.source_images import picture_store
from erasebench.probes.registry import facts_of
from erasebench.protocol import PUBLIC_SEEDS, Protocol, SeedSet
from erasebench.protocol.seeds import check_held
from erasebench.results.facts import versions_of
from erasebench.results.outcome import Outcome
from erasebench.results.record import NOTHING, read_records
from erasebench.results.reference import (
    REFERENCES,
    ReferenceFile,
    Role,
    reference_folder,
    reference_path,
    write_reference,
)
from erasebench.results.result import Result
from erasebench.stats.outcomes import outcomes_of
from erasebench.submission.base_tensors import open_base
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


def measured_base(
    protocol: Protocol,
    work: Path,
    device: str,
    threads: int | None,
    cache: Path,
    seeds: SeedSet,
) -> ReferenceFile:
    """Asks the unedited base all that a submission may be asked, on every ranked concept.

    Args:
        protocol: whose base.
        work: folder of the run; records and kept pictures are put into its folder `base`.
        device: where to compute.
        threads: CPU threads; None for torch's own choice.
        cache: holds what runs share.
        seeds: what streams of noise are seeded with.

    Raises:
        DeviceError: if the device is not there.
        ProtocolError: if a model is not the pinned one.
        HubOfflineError: if photographs are needed that were not fetched.
        RunFolderError: if the folder holds something else, or is in use.
        DiskFullError, UnwritableError: if something cannot be written; what was recorded stays.
    """
    selection = select(protocol, protocol.ranked)
    with working_in(work):
        photographs = open_photographs(protocol, selection, ClassifierSources())
        opened = open_apparatus(
            protocol,
            cache,
            device=device,
            threads=threads,
            batch_size=claimed_batch_size(work),
            seeds=seeds,
        )
        apparatus = replace(opened, photographs=photographs)
        digest = open_base(protocol).digest
        spec = RunSpec(
            protocol=protocol.name,
            protocol_digest=protocol.digest,
            seed_set=seeds.name,
            seed_set_digest=seeds.digest,
            subject=BASE,
            checkpoint_digest=digest,
            base_digest=digest,
            concepts=selection.concepts,
            probes=selection.names,
            limit=protocol.prompts,
            # Each of the base's runs has a plan of its own.
            plan_digest="",
            images=images_of(None, seeds),
            environment=environment_of(apparatus.pipeline, apparatus.batch_size),
        )
        claim(work, spec)
        store = picture_store(spec, selection.indices(protocol.prompts), cache)
        runs = base_runs(protocol, selection, spec, cache)
        measured = [measure_base(one, apparatus, store) for one in runs]
        put_beside(measured, {}, work, spec.images)
    classifiers: dict[str, str] = {}
    for one in measured:
        classifiers |= read_making(one.folder).classifiers
    return ReferenceFile(
        role="base",
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        seed_set=spec.seed_set,
        seed_set_digest=spec.seed_set_digest,
        tensors_digest=digest,
        environment=spec.environment,
        classifiers=classifiers,
        versions=versions_of(facts_of(protocol)),
        outcomes=outcomes_of(record for one in measured for record in one.records),
    )
