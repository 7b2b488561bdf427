"""Builds the reference results of a protocol: the original model and the retrained one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from erasebench.diffusion.trajectory import BASE
from erasebench.disk import user_cache
from erasebench.evaluation.base.needs import base_needs
from erasebench.evaluation.base.stored import pack, spread
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.plan.classifier_sources import ClassifierSources
from erasebench.evaluation.plan.kept_images import images_of
from erasebench.evaluation.plan.request import CPU, Compute, request
from erasebench.evaluation.plan.selection import RETENTION, select, suite_of
from erasebench.evaluation.run.latent_classifiers import open_photographs
from erasebench.evaluation.run.models import open_models
from erasebench.evaluation.run.preparation import read_preparations
from erasebench.evaluation.run.record_log import RECORDS
from erasebench.evaluation.run.run_folder import (
    BASE_FOLDER,
    RunSpec,
    claim,
    read_spec,
    working_in,
)
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
from erasebench.submission.base_tensors import open_base
from erasebench.submission.pin import check_pins

PICTURES = 8
"""Images of each question that are kept to be shown next to a submission's."""


@dataclass(frozen=True)
class _Measured:
    """A finished run.

    Attributes:
        spec: fixes it.
        classifiers: digest of each latent classifier, by concept.
        outcomes: of each model.
    """

    spec: RunSpec
    classifiers: dict[str, str]
    outcomes: Mapping[Role, tuple[Outcome, ...]]


def build_references(
    protocol: Protocol,
    work: Path,
    compute: Compute = CPU,
    *,
    references: Path = REFERENCES,
    cache: Path | None = None,
    seeds: SeedSet = PUBLIC_SEEDS,
) -> tuple[Path, ...]:
    """Evaluates the retrained and the original model on every ranked concept, and stores both.

    Without a retrained model, only the original model is measured, also for the substitutes of its
    floors. An interrupted build is resumed.

    Args:
        protocol: the protocol.
        work: folder of the run.
        compute: device and threads.
        references: folder of all references.
        cache: see `evaluate`.
        seeds: of the references; without images while a season is hidden.

    Returns:
        The files, the base's first.

    Raises:
        DeviceError: if the machine lacks the device.
        ProtocolError: if a model is not the pinned one.
        RequestError: if the season does not include the protocol.
        HubOfflineError: if photographs are needed but not downloaded.
        RunFolderError: if the folder contains something else, or is in use.
        DiskFullError, UnwritableError: if a file cannot be written; records stay.
    """
    check_held(seeds, protocol.name)
    measure = _measure_both if protocol.retrain else _measure_base
    found = measure(protocol, work, compute, cache or user_cache(), seeds)
    spec, paths = found.spec, []
    for role, outcomes in found.outcomes.items():
        reference = ReferenceFile(
            role=role,
            protocol=spec.protocol,
            protocol_digest=spec.protocol_digest,
            seed_set=spec.seed_set,
            seed_set_digest=spec.seed_set_digest,
            tensors_digest=spec.base_digest if role == "base" else spec.checkpoint_digest,
            environment=spec.environment,
            classifiers=found.classifiers,
            versions=versions_of(facts_of(protocol)),
            outcomes=outcomes,
        )
        paths.append(reference_path(protocol.name, role, references, seeds.name))
        write_reference(paths[-1], reference)
    records = [one for one in read_records(work / BASE_FOLDER / RECORDS) if one.picture is not None]
    for name, erased in ((RETENTION, NOTHING), *((name, name) for name in protocol.ranked)):
        own = [one for one in records if one.trial.erased == erased]
        folder = reference_folder(protocol.name, seeds.name, references)
        paths.append(folder / "base" / f"{name}.zip")
        pack(paths[-1], spread(own, PICTURES), work / BASE_FOLDER)
    return tuple(paths)


def _measure_both(
    protocol: Protocol, work: Path, compute: Compute, cache: Path, seeds: SeedSet
) -> _Measured:
    """Both models, by one evaluation of the retrained one."""
    floor = protocol.retrain[0]
    check_pins(floor)
    wanted = request(
        floor.folder,
        concepts=protocol.ranked,
        probes=(*suite_of(protocol), RETENTION),
        protocol=protocol,
        folder=work,
        compute=compute,
        seeds=seeds,
    )
    result = evaluate(wanted, cache, references=None)
    # The retrained model knows the concepts of retention, so these have no floors.
    floors = tuple(one for one in result.outcomes if one.target == one.erased)
    outcomes: dict[Role, tuple[Outcome, ...]] = {"base": result.base_outcomes, "retrain": floors}
    return _Measured(read_spec(work), result.making.classifiers, outcomes)


def _measure_base(
    protocol: Protocol, work: Path, compute: Compute, cache: Path, seeds: SeedSet
) -> _Measured:
    """The original model alone; its records and kept images go into the folder `base`."""
    selection = select(protocol, protocol.ranked)
    with working_in(work):
        photographs = open_photographs(protocol, selection, ClassifierSources())
        opened = open_models(protocol, cache, compute, seeds=seeds, folder=work)
        models = replace(opened, photographs=photographs)
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
            # Each of the base's runs has its own plan.
            plan_digest="",
            images=images_of(None, seeds),
            environment=models.environment,
        )
        claim(work, spec)
        base = base_needs(protocol, selection, spec, cache, references=None)
        measured = base.measure(models)
        base.write_base_records(measured, work, spec.images)
        classifiers: dict[str, str] = {}
        for one in measured:
            classifiers |= read_preparations(one.folder).classifiers
        return _Measured(spec, classifiers, {"base": base.outcomes(measured)})
