"""From a checkpoint to a result: the whole way."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from erasebench.diffusion.device import device_named, rows_per_call
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.trajectory import SUBMISSION
from erasebench.evaluation.aggregate import outcomes_of
from erasebench.evaluation.apparatus import Apparatus
from erasebench.evaluation.base import (
    BESIDE,
    BaseMeasurement,
    BaseRun,
    base_runs,
    cache_folder,
    measure_base,
    put_beside,
)
from erasebench.evaluation.cost import Cost, copy_cost, cost_of, megabytes, tight_disks
from erasebench.evaluation.environment import environment_of
from erasebench.evaluation.folder import RunSpec, claim, working_in
from erasebench.evaluation.ledger import RECORDS, Ledger, recorded_in
from erasebench.evaluation.plan import Plan, submission_plan
from erasebench.evaluation.request import Request
from erasebench.evaluation.run import run
from erasebench.evaluation.selection import RETENTION
from erasebench.probes.facts import facts_of
from erasebench.protocol import PUBLIC_SEED_SET
from erasebench.results.file import write_result
from erasebench.results.result import Identity, Result, RunBlock
from erasebench.scoring.panel import load_panel
from erasebench.stats.summary import summarise
from erasebench.submission.base import open_base
from erasebench.submission.changed import load_changed_tensors
from erasebench.submission.tensors import digest_of


def evaluate(request: Request, cache: Path | None = None) -> Result:
    """Evaluates a checkpoint, and before it the unedited base where that was not measured yet.

    Records and pictures go to the request's folder as they are made. A run that was stopped goes
    on from there; of one that is finished, only the statistics are made again.

    Args:
        request: what is asked for.
        cache: holds the runs of bases; None for the user's cache.

    Returns:
        The result, which is also written to `request.result`.

    Raises:
        CheckpointError: if the checkpoint's tensors are not an edit of the protocol's base.
        DeviceError: if the device is not there.
        ProtocolError: if a model of the protocol is not the pinned one.
        RunFolderError: if the folder holds something else, or is in use.
        RequestError: if no probe asked for applies to a concept.
        DiskFullError, UnwritableError: if something cannot be written; what was recorded stays.
    """
    plan = submission_plan(request.protocol, request.selection)
    cache = cache or cache_folder()
    with working_in(request.folder):
        apparatus, spec = _load(request, plan.digest)
        started = claim(request.folder, spec)
        runs = base_runs(request.protocol, request.selection, spec, cache)
        for line in _forecast(request, plan, runs, cache):
            tqdm.write(line, file=sys.stderr)
        bases = [measure_base(base, apparatus) for base in runs]
        sources = {key: picture for base in bases for key, picture in base.sources.items()}
        ledger = run(plan, spec, request.folder, apparatus, sources, request.checkpoint.name)
        put_beside(bases, request.folder)
        result = _result(request, spec, started, ledger, bases)
        write_result(request.result, result)
        return result


def _load(request: Request, plan_digest: str) -> tuple[Apparatus, RunSpec]:
    """Loads every model, and says all that fixes the run."""
    protocol, selection = request.protocol, request.selection
    device = device_named(request.device)
    if request.threads is not None:
        torch.set_num_threads(request.threads)
    base = open_base(protocol)
    changed = load_changed_tensors(request.checkpoint, base)
    pipeline = load_base(protocol, device)
    pipeline.add_weights(SUBMISSION, changed)
    noise = NoiseSource(protocol.name, PUBLIC_SEED_SET)
    spec = RunSpec(
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        seed_set=PUBLIC_SEED_SET,
        subject=SUBMISSION,
        checkpoint_digest=digest_of(changed),
        base_digest=base.digest,
        concepts=selection.concepts,
        probes=(*selection.probes, *((RETENTION,) if selection.retention else ())),
        limit=len(selection.indices(protocol.prompts)),
        plan_digest=plan_digest,
        images=request.images,
        environment=environment_of(
            pipeline, request.batch_size or rows_per_call(device, pipeline.latent_shape)
        ),
    )
    return Apparatus(protocol, pipeline, noise, load_panel(protocol, device)), spec


def _forecast(request: Request, plan: Plan, runs: Sequence[BaseRun], cache: Path) -> Iterator[str]:
    """What is still to be done and whether the disks have room for it, a line each."""
    images = request.images
    own = cost_of(plan, images, recorded_in(request.folder))
    yield f"{request.checkpoint.name}: {own}"
    bases = sum((cost_of(base.plan, images, recorded_in(base.folder)) for base in runs), Cost())
    yield f"the unedited base: {bases}"
    if not (request.folder / BESIDE / RECORDS).exists():
        own += sum((copy_cost(base.plan, images) for base in runs), Cost())
    yield f"together at most {megabytes((own + bases).disk)}, with a copy of what the base gave"
    yield from tight_disks([(request.folder, own.disk), (cache, bases.disk)])


def _result(
    request: Request,
    spec: RunSpec,
    started: str,
    ledger: Ledger,
    bases: Sequence[BaseMeasurement],
) -> Result:
    protocol = request.protocol
    outcomes = outcomes_of(ledger.records())
    base_outcomes = outcomes_of(record for base in bases for record in base.records)
    probes = facts_of(protocol)
    return Result(
        protocol=protocol.name,
        protocol_digest=spec.protocol_digest,
        seed_set=spec.seed_set,
        identity=Identity(
            name=request.checkpoint.name,
            layout=request.checkpoint.layout,
            tensors_digest=spec.checkpoint_digest,
            base_digest=spec.base_digest,
            method=request.checkpoint.method,
        ),
        partial=request.selection.missing(protocol),
        uncalibrated=True,
        probes=probes,
        cells=summarise(outcomes, base_outcomes, protocol, probes),
        outcomes=outcomes,
        base_outcomes=base_outcomes,
        command=request.command,
        run=RunBlock(
            started=started,
            finished=ledger.finished(),
            timings=ledger.timings(),
            environment=spec.environment,
        ),
    )
