"""From a checkpoint to a trace: the whole way."""

from __future__ import annotations

import hashlib
from functools import partial

from erasebench.diffusion.trajectory import SUBMISSION
from erasebench.disk import replace_file, user_cache
from erasebench.errors import CheckpointError
from erasebench.evaluation.plan.selection import TRACING
from erasebench.evaluation.run.loading import identity_of
from erasebench.evaluation.run.models import Apparatus, environment_of, open_apparatus
from erasebench.evaluation.run.run_folder import RunSpec, claim, claimed_batch_size, working_in
from erasebench.evaluation.tracing.request import TraceRequest
from erasebench.evaluation.tracing.waypoints import (
    Changed,
    Waypoint,
    trace_checkpoints,
    trace_interpolation,
)
from erasebench.protocol import PUBLIC_SEED_SET
from erasebench.results.file import TraceFile
from erasebench.results.result import Environment
from erasebench.results.trace import Trace
from erasebench.submission.base_tensors import BaseTensors, open_base
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.tensor_names import parts_of
from erasebench.submission.tensors import digest_of


def trace(request: TraceRequest) -> TraceFile:
    """Traces a concept from the base to a checkpoint.

    A trace that was stopped goes on from the point at which it stood; of one that is finished,
    only the statistics are made again.

    Args:
        request: what is asked for.

    Returns:
        The curve with all that it is of, which is also written to `request.path`.

    Raises:
        CheckpointError: if a checkpoint's tensors are not an edit of the protocol's base, or the
            last of the training's is not the checkpoint.
        DeviceError: if the device is not there.
        ProtocolError: if a model of the protocol is not the pinned one.
        RunFolderError: if the folder holds something else, or is in use.
        DiskFullError, UnwritableError: if something cannot be written; what was drawn stays.
    """
    protocol = request.protocol
    base = open_base(protocol)
    changed = load_changed_tensors(request.checkpoint, base)
    apparatus = open_apparatus(
        protocol,
        user_cache(),
        device=request.device,
        threads=request.threads,
        batch_size=request.batch_size or claimed_batch_size(request.folder),
    )
    with working_in(request.folder):
        environment = environment_of(apparatus.pipeline, apparatus.batch_size)
        spec = _spec(request, base, digest_of(changed), environment)
        claim(request.folder, spec)
        file = TraceFile(
            protocol=protocol.name,
            protocol_digest=spec.protocol_digest,
            seed_set=spec.seed_set,
            identity=identity_of(request.checkpoint, spec, parts_of(changed)),
            environment=environment,
            trace=_trace(request, apparatus, base, changed),
        )
        replace_file(request.path, f"{file.model_dump_json(indent=2)}\n".encode())
        return file


def _trace(
    request: TraceRequest, apparatus: Apparatus, base: BaseTensors, changed: Changed
) -> Trace:
    if not request.along:
        return trace_interpolation(apparatus, request.concept, changed, request.folder)
    last = request.along[-1].checkpoint
    if digest_of(load_changed_tensors(last, base)) != digest_of(changed):
        raise CheckpointError(
            last.path,
            f"It is the last of its training, and not the same as {request.checkpoint.path}. Give "
            "the checkpoints that lead there, or trace to the last of them.",
        )
    waypoints = [
        Waypoint(passed.updates, partial(load_changed_tensors, passed.checkpoint, base))
        for passed in request.along
    ]
    return trace_checkpoints(apparatus, request.concept, waypoints, request.folder)


def _spec(
    request: TraceRequest, base: BaseTensors, checkpoint_digest: str, environment: Environment
) -> RunSpec:
    """All that fixes a trace's pictures."""
    protocol = request.protocol
    # Equal cards are equal trainings, so that not every checkpoint needs to be read for this.
    headers = [passed.checkpoint.diff for passed in request.along]
    lines = [header.model_dump_json() for header in headers if header is not None]
    plan = "\n".join((f"{protocol.digest} {request.concept.name}", *lines))
    return RunSpec(
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        seed_set=PUBLIC_SEED_SET,
        subject=SUBMISSION,
        checkpoint_digest=checkpoint_digest,
        base_digest=base.digest,
        concepts=(request.concept.name,),
        probes=(TRACING,),
        limit=protocol.tracing_seeds,
        plan_digest=hashlib.sha256(plan.encode()).hexdigest(),
        images="none",
        environment=environment,
    )
