"""From a checkpoint to a result: the whole way."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from erasebench.diffusion.device import device_named, rows_per_call
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.trajectory import BASE, SUBMISSION
from erasebench.evaluation.aggregate import outcomes_of
from erasebench.evaluation.apparatus import Apparatus
from erasebench.evaluation.base import BaseMeasurement, cache_folder, measure_base, put_beside
from erasebench.evaluation.cost import cost_of
from erasebench.evaluation.environment import environment_of
from erasebench.evaluation.folder import RunSpec, claim, working_in
from erasebench.evaluation.ledger import Ledger
from erasebench.evaluation.plan import base_plans, submission_plan
from erasebench.evaluation.request import Request
from erasebench.evaluation.run import run
from erasebench.probes.facts import facts_of
from erasebench.protocol import PUBLIC_SEED_SET, Protocol
from erasebench.results.file import write_result
from erasebench.results.result import Identity, Result, RunBlock
from erasebench.scoring.panel import load_panel
from erasebench.stats.summary import summarise
from erasebench.submission.base import open_base
from erasebench.submission.changed import load_changed_tensors
from erasebench.submission.digest import model_digest
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
        RunFolderError: if the folder holds something else, or is in use.
        DiskFullError: if there is no room; what was recorded stays.
    """
    plan = submission_plan(request.protocol, request.selection)
    with working_in(request.folder):
        apparatus, spec = _load(request, plan.digest)
        started = claim(request.folder, spec)
        tqdm.write(f"{request.checkpoint.name}: {cost_of(plan, request.images)}", file=sys.stderr)
        bases = _measure_base(request, spec, apparatus, cache or cache_folder())
        sources = {key: picture for base in bases for key, picture in base.sources.items()}
        ledger = run(plan, spec, request.folder, apparatus, sources, request.checkpoint.name)
        put_beside(bases, request.folder)
        result = _result(request, spec, started, ledger, bases)
        write_result(request.result, result)
        return result


def _load(request: Request, plan_digest: str) -> tuple[Apparatus, RunSpec]:
    """Loads every model, and says all that fixes the run."""
    protocol = request.protocol
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
        panel_digest=_panel_digest(protocol),
        plan_digest=plan_digest,
        images=request.images,
        environment=environment_of(
            pipeline, request.batch_size or rows_per_call(device, pipeline.latent_shape)
        ),
    )
    return Apparatus(protocol, pipeline, noise, load_panel(protocol, device)), spec


def _panel_digest(protocol: Protocol) -> str:
    """SHA-256 of the digests of the three models that see the pictures, hex."""
    folders = (protocol.judge.model.folder, protocol.selector.model.folder, protocol.clip.folder)
    return hashlib.sha256(" ".join(map(model_digest, folders)).encode()).hexdigest()


def _measure_base(
    request: Request, spec: RunSpec, apparatus: Apparatus, cache: Path
) -> list[BaseMeasurement]:
    """The unedited base under all that the submission is asked."""
    measured = []
    for name, plan in base_plans(request.protocol, request.selection).items():
        own = spec.model_copy(
            update={
                "subject": BASE,
                "checkpoint_digest": spec.base_digest,
                "plan_digest": plan.digest,
            }
        )
        measured.append(measure_base(name, plan, own, apparatus, cache))
    return measured


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
