"""Evaluates one checkpoint, or all checkpoints of a submission, and writes the result."""

from __future__ import annotations

import sys
from pathlib import Path

from tqdm import tqdm

from erasebench.disk import user_cache
from erasebench.evaluation.base.calibration import (
    CALIBRATION,
    read_calibration,
    write_calibration,
)
from erasebench.evaluation.base.needs import base_needs
from erasebench.evaluation.forecast.forecast import forecast, unverified_models
from erasebench.evaluation.plan.request import Request, RowRequest
from erasebench.evaluation.plan.selection import TRACING
from erasebench.evaluation.run.latent_classifiers import open_photographs
from erasebench.evaluation.run.loading import LoadedRun, load
from erasebench.evaluation.run.preparation import check_classifiers, read_preparations
from erasebench.evaluation.run.record_log import Recorded, recorded_in
from erasebench.evaluation.run.run import run
from erasebench.evaluation.run.run_folder import claim, working_in
from erasebench.evaluation.tracing.curve import trace_interpolation, traced_seconds
from erasebench.probes.registry import facts_of
from erasebench.results.file import write_result
from erasebench.results.outcome import Outcome
from erasebench.results.reference import REFERENCES, References, references_of
from erasebench.results.result import CheckpointRun, ProbeTiming, Result, RunBlock
from erasebench.results.selfcheck import failed_probes as failed_in_selfcheck
from erasebench.stats.merge import check_one_kind, merge_results
from erasebench.stats.outcomes import outcomes_of
from erasebench.stats.row_data import row_data_of
from erasebench.stats.summary import summarise
from erasebench.submission.pin import unverified


def evaluate(
    request: Request, cache: Path | None = None, references: Path | None = REFERENCES
) -> Result:
    """Evaluates a checkpoint, after the base if that is not measured yet.

    Records and images are written to the request's folder immediately. An interrupted run is
    resumed; for a finished one only the statistics are recomputed.

    Args:
        request: the checked evaluation.
        cache: shared by runs: the base's runs and images, latent classifiers; None for the user's
            cache.
        references: folder of reference results of the original and the retrained model; None to
            measure the base, without floors.

    Returns:
        The result, which is also written to `request.result`.

    Raises:
        CheckpointError: if the checkpoint is not an edit of the protocol's base.
        DeviceError: if the device does not exist.
        ProtocolError: if a model of the protocol differs from its pin.
        RunFolderError: if the folder contains something else, or is in use.
        RequestError: if no selected probe applies to a concept.
        HubOfflineError: if photographs are needed but not downloaded; see `fetch_photographs`.
        DiskFullError, UnwritableError: if a file cannot be written; records stay.
    """
    cache = cache or user_cache()
    with working_in(request.folder):
        photographs = open_photographs(request.protocol, request.selection, request.sources)
        loaded = load(request, cache, photographs)
        models, spec = loaded.models, loaded.spec
        started = claim(request.folder, spec)
        failed = failed_in_selfcheck(request.protocol, spec.environment, cache)

        base = base_needs(request.protocol, request.selection, spec, cache, references)
        is_finished = recorded_in(request.folder) == len(loaded.plan.trials)
        is_calibrated = is_finished and (request.folder / CALIBRATION).exists()
        expected = forecast(request, loaded, base, is_calibrated=is_calibrated)
        for line in (*unverified_models(request.protocol), *expected.lines):
            tqdm.write(line, file=sys.stderr)
        if not is_calibrated:
            write_calibration(request.folder, base.calibration.check(models))

        measured = base.measure(models)
        log = run(loaded.plan, spec, request.folder, models, base.images, request.checkpoint.name)
        check_classifiers(request.folder, [one.folder for one in measured])
        base.write_base_records(measured, request.folder, request.images)

        result = _result(
            request,
            loaded,
            log.read(),
            base.outcomes(measured),
            base.references,
            started=started,
            failed_probes=failed,
        )
        if request.selection.tracing and loaded.changed:
            # Tracing may fail without losing the rest.
            reasons = filter(None, (result.partial, "tracing is unfinished"))
            unfinished = result.model_copy(update={"partial": "; ".join(reasons)})
            write_result(request.result, unfinished)
            result = _traced(result, request, loaded)
        write_result(request.result, result)
        return result


def _traced(result: Result, request: Request, loaded: LoadedRun) -> Result:
    """The result with a trace of each erased concept."""
    cells, pictures, seconds = [], 0, 0.0
    for cell in result.cells:
        concept = request.protocol.concept(cell.erased)
        trace = trace_interpolation(loaded.models, concept, loaded.changed, request.folder)
        cells.append(cell.model_copy(update={"trace": trace}))
        pictures += request.protocol.tracing_seeds * len(trace.points)
        seconds += traced_seconds(concept, request.folder)
    timing = ProbeTiming(probe=TRACING, samples=pictures, seconds=round(seconds, 3))
    (only,) = result.checkpoints
    block = only.run.model_copy(update={"timings": (*only.run.timings, timing)})
    checkpoints = (only.model_copy(update={"run": block}),)
    return result.model_copy(update={"cells": tuple(cells), "checkpoints": checkpoints})


def _result(
    request: Request,
    loaded: LoadedRun,
    recorded: Recorded,
    base_outcomes: tuple[Outcome, ...],
    references: References,
    *,
    started: str,
    failed_probes: tuple[str, ...] | None,
) -> Result:
    protocol, spec = request.protocol, loaded.spec
    calibration = read_calibration(request.folder)
    outcomes = outcomes_of(recorded.records)
    probes = facts_of(protocol, request.selection.probes)
    parts = [request.selection.missing(protocol)]
    for name, origin in (spec.classifiers or {}).items():
        parts.append(f"the latent classifier of {name} is not the protocol's: {origin}")
    summary = summarise(
        row_data_of(
            outcomes,
            base_outcomes,
            protocol=protocol,
            references=references,
            probes=probes,
            edited=loaded.identity.edited,
            failed_probes=failed_probes,
        )
    )
    checkpoint = CheckpointRun(
        identity=loaded.identity,
        concepts=tuple(cell.erased for cell in summary.cells),
        address=request.address,
        weight_change=loaded.weight_change,
        command=request.command,
        calibration=calibration,
        run=RunBlock(
            started=started,
            finished=recorded.finished,
            timings=recorded.timings,
            environment=spec.environment,
        ),
    )
    return Result(
        name=request.checkpoint.name,
        protocol=protocol.name,
        protocol_digest=spec.protocol_digest,
        seed_set=spec.seed_set,
        seed_set_digest=spec.seed_set_digest,
        checkpoints=(checkpoint,),
        partial="; ".join(filter(None, parts)) or None,
        uncalibrated=calibration is None,
        references=references.digests,
        unverified=unverified(protocol),
        failed_probes=failed_probes,
        probes=probes,
        cells=summary.cells,
        score=summary.score,
        outcomes=outcomes,
        base_outcomes=base_outcomes,
        making=read_preparations(request.folder),
        declared=request.declared,
    )


def evaluate_row(
    request: RowRequest, cache: Path | None = None, references: Path | None = REFERENCES
) -> Result:
    """Evaluates every checkpoint of a submission, one after the other, each in its own folder.

    Interrupted runs are resumed; for finished ones only the statistics are recomputed.

    Args:
        request: the checked evaluation.
        cache: see `evaluate`.
        references: see `evaluate`.

    Returns:
        The common result, which is also written to `request.result`.

    Raises:
        ResultError: if they cannot be merged, e.g. if only some edit the text encoder; raised as
            early as possible, and their own results stay.
        CheckpointError, DeviceError, ProtocolError, RunFolderError, RequestError, DiskFullError,
            UnwritableError: see `evaluate`.
    """
    results: dict[Path, Result] = {}
    for checkpoint in request.checkpoints:
        results[checkpoint.result] = evaluate(checkpoint, cache, references)
        check_one_kind(results)
    protocol = request.checkpoints[0].protocol
    seed_set = next(iter(results.values())).seed_set
    stored = references_of(protocol, seed_set, references)
    merged = merge_results(results, request.name, protocol, stored)
    write_result(request.result, merged)
    return merged
