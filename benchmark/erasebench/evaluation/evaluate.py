"""Evaluates one checkpoint, or all checkpoints of a submission, and writes the result."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from erasebench.disk import user_cache
from erasebench.evaluation.base.calibration import (
    CALIBRATION,
    calibration_of,
    note_check,
    noted_check,
)
from erasebench.evaluation.base.measure import base_runs, measure_base, put_beside
from erasebench.evaluation.base.stored import known_base
from erasebench.evaluation.forecast.forecast import forecast, unverified_models
from erasebench.evaluation.plan.request import Request, RowRequest
from erasebench.evaluation.plan.selection import TRACING
from erasebench.evaluation.run.latent_classifiers import open_photographs
from erasebench.evaluation.run.loading import Loaded, identity_of, load
from erasebench.evaluation.run.preparation import check_classifiers, read_making
from erasebench.evaluation.run.record_log import Ledger, recorded_in
from erasebench.evaluation.run.run import run
from erasebench.evaluation.run.run_folder import claim, working_in
from erasebench.evaluation.run.source_images import picture_store
from erasebench.evaluation.tracing.waypoints import trace_interpolation, traced_seconds
from erasebench.probes.registry import facts_of
from erasebench.results.file import write_result
from erasebench.results.outcome import Outcome
from erasebench.results.reference import REFERENCES, References, references_of
from erasebench.results.result import BaseCheck, CheckpointRun, ProbeTiming, Result, RunBlock
from erasebench.results.selfcheck import failed_probes
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
        apparatus, spec = loaded.apparatus, loaded.spec
        started = claim(request.folder, spec)
        failed = failed_probes(request.protocol, spec.environment, cache)

        stored = references_of(request.protocol, spec.seed_set, references)
        known = known_base(request.protocol, stored, references, spec.seed_set)
        # What the package knows of the base was measured with the recipe's latent classifiers.
        foreign = spec.classifiers or {}
        runs = base_runs(request.protocol, request.selection, spec, cache, known, foreign)
        unknown = [base for base in runs if base.plan.trials]
        indices = request.selection.indices(request.protocol.prompts)
        store = picture_store(spec, indices, cache)
        calibration = calibration_of(request.selection.concepts, stored.base, indices)
        is_drawn = recorded_in(request.folder) == len(loaded.plan.trials)
        is_checked = is_drawn and (request.folder / CALIBRATION).exists()
        told = forecast(request, loaded, unknown, store, 0 if is_checked else calibration.pictures)
        for line in (*unverified_models(request.protocol), *told.lines):
            tqdm.write(line, file=sys.stderr)
        if not is_checked:
            note_check(request.folder, calibration.check(apparatus))

        bases = [measure_base(base, apparatus, store) for base in unknown]
        name = request.checkpoint.name
        ledger = run(loaded.plan, spec, request.folder, apparatus, store, name)
        check_classifiers(request.folder, [base.folder for base in bases])
        packed = {known.archive(base.name): base.known for base in runs if base.known.trials}
        put_beside(bases, packed, request.folder, request.images)

        base_outcomes = (
            *(one for base in runs for one in known.of(base.known)),
            *outcomes_of(record for base in bases for record in base.records),
        )
        facts = _Facts(
            started=started,
            base_outcomes=base_outcomes,
            references=References() if foreign else stored,
            calibration=noted_check(request.folder),
            failed_probes=failed,
        )
        result = _result(request, loaded, ledger, facts)
        if request.selection.tracing and loaded.changed:
            # Tracing may fail without loss of all else.
            write_result(request.result, _lacking(result, "tracing did not come to its end"))
            result = _traced(result, request, loaded)
        write_result(request.result, result)
        return result


@dataclass(frozen=True)
class _Facts:
    """What a result tells beside the records of its run.

    Attributes:
        started: when the run began.
        base_outcomes: the unedited base's for the same questions.
        references: what gives floors and contrasts.
        calibration: how the base of this machine was compared with its reference; None where
            there is none.
        failed_probes: those that failed the self-check of this set-up; None where none was made.
    """

    started: str
    base_outcomes: tuple[Outcome, ...]
    references: References
    calibration: BaseCheck | None
    failed_probes: tuple[str, ...] | None


def _lacking(result: Result, reason: str) -> Result:
    """The same as a partial result."""
    reasons = filter(None, (result.partial, reason))
    return result.model_copy(update={"partial": "; ".join(reasons)})


def _traced(result: Result, request: Request, loaded: Loaded) -> Result:
    """The same with the curve of each erased concept."""
    cells, pictures, seconds = [], 0, 0.0
    for cell in result.cells:
        concept = request.protocol.concept(cell.erased)
        trace = trace_interpolation(loaded.apparatus, concept, loaded.changed, request.folder)
        cells.append(cell.model_copy(update={"trace": trace}))
        pictures += request.protocol.tracing_seeds * len(trace.points)
        seconds += traced_seconds(concept, request.folder)
    timing = ProbeTiming(probe=TRACING, samples=pictures, seconds=round(seconds, 3))
    (only,) = result.checkpoints
    block = only.run.model_copy(update={"timings": (*only.run.timings, timing)})
    checkpoints = (only.model_copy(update={"run": block}),)
    return result.model_copy(update={"cells": tuple(cells), "checkpoints": checkpoints})


def _result(request: Request, loaded: Loaded, ledger: Ledger, facts: _Facts) -> Result:
    protocol, spec = request.protocol, loaded.spec
    recorded = ledger.read()
    outcomes = outcomes_of(recorded.records)
    probes = facts_of(protocol, request.selection.probes)
    foreign = spec.classifiers or {}
    parts = (
        request.selection.missing(protocol),
        *(
            f"the latent classifier of {name} is not the protocol's: {foreign[name]}"
            for name in foreign
        ),
    )
    summary = summarise(
        row_data_of(
            outcomes,
            facts.base_outcomes,
            protocol=protocol,
            references=facts.references,
            probes=probes,
            edited=loaded.edited,
            failed_probes=facts.failed_probes,
        )
    )
    checkpoint = CheckpointRun(
        identity=identity_of(request.checkpoint, spec, loaded.edited),
        concepts=tuple(cell.erased for cell in summary.cells),
        address=request.address,
        weight_change=loaded.weight_change,
        command=request.command,
        calibration=facts.calibration,
        run=RunBlock(
            started=facts.started,
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
        uncalibrated=facts.calibration is None,
        references=facts.references.digests,
        unverified=unverified(protocol),
        failed_probes=facts.failed_probes,
        probes=probes,
        cells=summary.cells,
        score=summary.score,
        outcomes=outcomes,
        base_outcomes=facts.base_outcomes,
        making=read_making(request.folder),
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
