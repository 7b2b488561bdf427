"""From a submission's checkpoints to one result."""

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

    One that was stopped goes on from where it stood, and of those that are finished only the
    statistics are made again.

    Args:
        request: what is asked for.
        cache: see `evaluate`.
        references: see `evaluate`.

    Returns:
        The result of all, which is also written to `request.result`.

    Raises:
        ResultError: if they are no row together, such as where one edits the text encoder and
            another does not; said as soon as both are there, and their own results stay.
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
