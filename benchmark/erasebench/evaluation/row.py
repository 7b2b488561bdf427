"""Evaluates all checkpoints of a submission and merges their results."""

from __future__ import annotations

from pathlib import Path

from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.row_request import RowRequest
from erasebench.results.file import write_result
from erasebench.results.reference import REFERENCES, references_of
from erasebench.results.result import Result
from erasebench.stats.merge import check_one_kind, merge_results


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
