"""From a checkpoint to a result: the whole way."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from erasebench.disk import user_cache
from erasebench.evaluation.aggregate import outcomes_of
from erasebench.evaluation.base import BESIDE, BaseRun, base_runs, measure_base, put_beside
from erasebench.evaluation.base_pictures import PictureStore, picture_store
from erasebench.evaluation.checked import failed_probes
from erasebench.evaluation.cost import (
    Cost,
    copy_cost,
    cost_of,
    drawing_cost,
    megabytes,
    seconds_per_row,
    tight_disks,
)
from erasebench.evaluation.folder import claim, working_in
from erasebench.evaluation.known import known_base
from erasebench.evaluation.ledger import RECORDS, Ledger, recorded_in
from erasebench.evaluation.loading import Loaded, identity_of, load
from erasebench.evaluation.preparation import read_making
from erasebench.evaluation.request import Request
from erasebench.evaluation.run import run
from erasebench.evaluation.tracing import trace_interpolation
from erasebench.probes.facts import facts_of
from erasebench.results.facts import not_applicable
from erasebench.results.file import write_result
from erasebench.results.outcome import Outcome
from erasebench.results.reference import REFERENCES, retrain_outcomes
from erasebench.results.result import Result, RunBlock
from erasebench.results.trace import Trace
from erasebench.stats.measured import LeftOut
from erasebench.stats.scored import score_outcomes
from erasebench.stats.summary import summarise


@dataclass(frozen=True)
class _Ends:
    """What a submission's outcomes stand between.

    Attributes:
        base: the unedited base's outcomes.
        retrain: those of the model that never knew the ranked concepts, where there is one.
    """

    base: Sequence[Outcome]
    retrain: Sequence[Outcome]


def evaluate(
    request: Request, cache: Path | None = None, references: Path | None = REFERENCES
) -> Result:
    """Evaluates a checkpoint, and before it the unedited base where that was not measured yet.

    Records and pictures go to the request's folder as they are made. A run that was stopped goes
    on from there; of one that is finished, only the statistics are made again.

    Args:
        request: what is asked for.
        cache: holds what runs share: the base's runs and pictures, latent classifiers; None for
            the user's cache.
        references: what is known already of base and retrain; None to measure the base anew, and
            have no floors.

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
    cache = cache or user_cache()
    with working_in(request.folder):
        loaded = load(request, cache)
        apparatus, spec = loaded.apparatus, loaded.spec
        started = claim(request.folder, spec)

        known = known_base(request.protocol, spec.seed_set, references)
        runs = base_runs(request.protocol, request.selection, spec, cache)
        unknown = [base for base in runs if known.of(base.plan) is None]
        store = picture_store(spec, request.selection.indices(request.protocol.prompts), cache)
        for line in _forecast(request, loaded, unknown, store):
            tqdm.write(line, file=sys.stderr)

        bases = [measure_base(base, apparatus, store) for base in unknown]
        name = request.checkpoint.name
        ledger = run(loaded.plan, spec, request.folder, apparatus, store, name)
        traces = _traces(request, loaded)
        packed = [known.archive(base.name) for base in runs if base not in unknown]
        put_beside(bases, packed, request.folder)

        ends = _Ends(
            base=(
                *(one for base in runs for one in known.of(base.plan) or ()),
                *outcomes_of(record for base in bases for record in base.records),
            ),
            retrain=retrain_outcomes(request.protocol, spec.seed_set, references),
        )
        result = _result(request, loaded, started, ledger, traces, ends)
        write_result(request.result, result)
        return result


def _forecast(
    request: Request, loaded: Loaded, runs: Sequence[BaseRun], store: PictureStore
) -> Iterator[str]:
    """What is still to be done and whether the disks have room for it, a line each."""
    images, protocol, plan = request.images, request.protocol, loaded.plan
    own = cost_of(plan, images, recorded_in(request.folder))
    if own.pictures and request.selection.tracing:
        traced = protocol.tracing_points * protocol.tracing_seeds
        own += drawing_cost(protocol, traced * len(request.selection.concepts))
    yield f"{request.checkpoint.name}: {own}"
    bases = sum((cost_of(base.plan, images, recorded_in(base.folder)) for base in runs), Cost())
    plans = [base.plan for base in runs if recorded_in(base.folder) < len(base.plan.trials)]
    missing = store.missing([*plans, *([plan] if own.pictures else [])])
    bases += drawing_cost(protocol, missing, stored=True)
    yield f"the unedited base: {bases}"
    if not (request.folder / BESIDE / RECORDS).exists():
        own += sum((copy_cost(base.plan, images) for base in runs), Cost())
    together = own + bases
    if together.unet_rows:
        minutes = together.minutes(seconds_per_row(loaded.apparatus.pipeline))
        guided = any(plan.probes[name].family == "guidance" for name, _ in plan.asked)
        more = ", and two more for a latent classifier that was never trained here"
        yield f"together {minutes} on this device{more if guided else ''}"
    yield f"together at most {megabytes(together.disk)}, with a copy of what the base gave"
    yield from tight_disks([(request.folder, own.disk), (loaded.apparatus.cache, bases.disk)])


def _traces(request: Request, loaded: Loaded) -> dict[str, Trace]:
    """The curve of each erased concept; none of a submission that changes no weights."""
    if not request.selection.tracing or not loaded.changed:
        return {}
    return {
        name: trace_interpolation(
            loaded.apparatus, request.protocol.concept(name), loaded.changed, request.folder
        )
        for name in request.selection.concepts
    }


def _result(
    request: Request,
    loaded: Loaded,
    started: str,
    ledger: Ledger,
    traces: dict[str, Trace],
    ends: _Ends,
) -> Result:
    protocol, spec = request.protocol, loaded.spec
    outcomes = outcomes_of(ledger.records())
    probes = facts_of(protocol)
    failed = failed_probes(protocol, spec.environment, loaded.apparatus.cache)
    left_out = LeftOut(not_applicable(probes, loaded.edited), frozenset(failed or ()))
    cells = summarise(outcomes, ends.base, protocol, probes, left_out, ends.retrain)
    return Result(
        protocol=protocol.name,
        protocol_digest=spec.protocol_digest,
        seed_set=spec.seed_set,
        identity=identity_of(request.checkpoint, spec, loaded.edited),
        partial=request.selection.missing(protocol),
        uncalibrated=True,
        failed_probes=failed,
        probes=probes,
        cells=tuple(cell.model_copy(update={"trace": traces.get(cell.erased)}) for cell in cells),
        score=score_outcomes(outcomes, ends.base, ends.retrain, protocol, probes, left_out),
        outcomes=outcomes,
        base_outcomes=tuple(ends.base),
        making=read_making(request.folder),
        command=request.command,
        run=RunBlock(
            started=started,
            finished=ledger.finished(),
            timings=ledger.timings(),
            environment=spec.environment,
        ),
    )
