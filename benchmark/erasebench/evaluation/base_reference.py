"""The reference of a protocol without retrain: the base's alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from erasebench.diffusion.trajectory import BASE
from erasebench.evaluation.apparatus import open_apparatus
from erasebench.evaluation.base import base_runs, measure_base, put_beside
from erasebench.evaluation.base_pictures import picture_store
from erasebench.evaluation.classifier_sources import ClassifierSources
from erasebench.evaluation.classifiers import open_photographs
from erasebench.evaluation.environment import environment_of
from erasebench.evaluation.folder import RunSpec, claim, claimed_batch_size, working_in
from erasebench.evaluation.images import images_of
from erasebench.evaluation.preparation import read_making
from erasebench.evaluation.selection import select
from erasebench.probes.facts import facts_of
from erasebench.protocol import Protocol, SeedSet
from erasebench.results.facts import versions_of
from erasebench.results.reference import ReferenceFile
from erasebench.stats.outcomes import outcomes_of
from erasebench.submission.base import open_base


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
