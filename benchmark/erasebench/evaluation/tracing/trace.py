"""Traces a concept from the base to a checkpoint and writes the curve."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from erasebench.diffusion.trajectory import SUBMISSION
from erasebench.disk import replace_file, user_cache
from erasebench.errors import CheckpointError
from erasebench.evaluation.plan.selection import TRACING
from erasebench.evaluation.run.loading import LoadedCheckpoint, load_checkpoint
from erasebench.evaluation.run.models import LoadedModels, open_models
from erasebench.evaluation.run.run_folder import RunSpec, claim, working_in
from erasebench.evaluation.tracing.curve import Changed, trace_checkpoints, trace_interpolation
from erasebench.evaluation.tracing.request import TraceRequest
from erasebench.results.file import TraceFile
from erasebench.results.trace import Trace
from erasebench.submission.base_tensors import BaseTensors, open_base
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.tensors import digest_of


def trace(request: TraceRequest) -> TraceFile:
    """Traces a concept from the base to a checkpoint.

    An interrupted trace is resumed; for a finished one only the statistics are recomputed.

    Args:
        request: the checked trace.

    Returns:
        The curve with protocol and checkpoint, which is also written to `request.path`.

    Raises:
        CheckpointError: if a checkpoint's tensors are not an edit of the protocol's base, or the
            last of the training is not the checkpoint.
        DeviceError: if the machine lacks the device.
        ProtocolError: if a model of the protocol is not the pinned one.
        RunFolderError: if the folder contains something else, or is in use.
        DiskFullError, UnwritableError: if a file cannot be written; finished points stay.
    """
    base = open_base(request.protocol)
    erased = load_checkpoint(request.checkpoint, base)
    models = open_models(request.protocol, user_cache(), request.compute, folder=request.folder)
    with working_in(request.folder):
        spec = _spec(request, erased, models)
        claim(request.folder, spec)
        file = TraceFile(
            protocol=spec.protocol,
            protocol_digest=spec.protocol_digest,
            seed_set=spec.seed_set,
            identity=erased.identity,
            environment=spec.environment,
            trace=_trace(request, models, base, erased),
        )
        replace_file(request.path, f"{file.model_dump_json(indent=2)}\n".encode())
        return file


def _trace(
    request: TraceRequest, models: LoadedModels, base: BaseTensors, erased: LoadedCheckpoint
) -> Trace:
    changed = erased.changes.tensors
    if not request.along:
        return trace_interpolation(models, request.concept, changed, request.folder)
    last = list(request.along.values())[-1]
    if digest_of(load_changed_tensors(last, base)) != digest_of(changed):
        raise CheckpointError(
            last.path,
            f"It is the last checkpoint of its training, but differs from "
            f"{request.checkpoint.path}. Choose the checkpoints of that training with --along, or "
            "trace to the last of these.",
        )
    points: dict[float, Callable[[], Changed]] = {
        updates: partial(load_changed_tensors, checkpoint, base)
        for updates, checkpoint in request.along.items()
    }
    return trace_checkpoints(models, request.concept, points, request.folder)


def _spec(request: TraceRequest, erased: LoadedCheckpoint, models: LoadedModels) -> RunSpec:
    """Everything that fixes a trace's images."""
    protocol = request.protocol
    # Equal cards mean equal trainings, so the checkpoints themselves need not be read.
    headers = [checkpoint.diff for checkpoint in request.along.values()]
    lines = [header.model_dump_json() for header in headers if header is not None]
    plan = "\n".join((f"{protocol.digest} {request.concept.name}", *lines))
    return RunSpec(
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        seed_set=models.seeds.name,
        subject=SUBMISSION,
        checkpoint_digest=erased.identity.tensors_digest,
        base_digest=erased.identity.base_digest,
        concepts=(request.concept.name,),
        probes=(TRACING,),
        limit=protocol.tracing_seeds,
        plan_digest=hashlib.sha256(plan.encode()).hexdigest(),
        images="none",
        environment=models.environment,
    )
