"""Merges several results of one submission into one row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from erasebench.errors import ResultError
from erasebench.protocol import Protocol
from erasebench.results.facts import EDITED_ENCODER
from erasebench.results.outcome import Outcome, OutcomeKey
from erasebench.results.preparation import Preparations
from erasebench.results.reference import References
from erasebench.results.result import Result
from erasebench.stats.row_data import row_data_of
from erasebench.stats.summary import summarise


def merge_results(
    results: Mapping[Path, Result], name: str, protocol: Protocol, references: References
) -> Result:
    """Merges results; the scores of the row are over all outcomes together.

    A single result is returned under the name of the row.

    Args:
        results: by file; each with concepts that no other has, and estimates that follow from
            its outcomes.
        name: of the row.
        protocol: which they were made under.
        references: its stored outcomes of base and retrained model.

    Raises:
        ResultError: if they do not make one row: they share a concept, or differ in protocol, seed
            set, references, base, method, declaration, set-up, or in the base's outcomes; names the
            file and the difference.
    """
    check_one_kind(results)
    _check_distinct(results)
    order = list(protocol.concepts)
    parts = sorted(results.values(), key=lambda one: order.index(one.cells[0].erased))
    first = parts[0]
    outcomes = tuple(outcome for one in parts for outcome in one.outcomes)
    base_outcomes = _base_of(results, parts)
    checkpoints = [one for part in parts for one in part.checkpoints]
    checks = [one.failed_probes for one in parts]
    failed = None if None in checks else first.failed_probes
    summary = summarise(
        row_data_of(
            outcomes,
            base_outcomes,
            protocol=protocol,
            references=references,
            probes=first.probes,
            edited=[part for one in parts for part in one.edited],
            failed_probes=failed,
        )
    )
    traces = {cell.erased: cell.trace for one in parts for cell in one.cells}
    return Result(
        name=name,
        protocol=first.protocol,
        protocol_digest=first.protocol_digest,
        seed_set=first.seed_set,
        seed_set_digest=first.seed_set_digest,
        checkpoints=tuple(sorted(checkpoints, key=lambda one: order.index(one.concepts[0]))),
        partial=_partial(parts),
        uncalibrated=any(one.uncalibrated for one in parts),
        references=first.references,
        unverified=first.unverified,
        failed_probes=failed,
        probes=first.probes,
        cells=tuple(
            cell.model_copy(update={"trace": traces[cell.erased]}) for cell in summary.cells
        ),
        score=summary.score,
        outcomes=outcomes,
        base_outcomes=base_outcomes,
        making=_making(parts),
        declared=first.declared,
    )


def check_one_kind(results: Mapping[Path, Result]) -> None:
    """Refuses results that differ in anything but their checkpoints.

    Raises:
        ResultError: names the file and the difference.
    """
    (first_path, first), *others = results.items()
    wanted = _kind(first)
    for path, result in others:
        for fact, found in _kind(result).items():
            if found != wanted[fact]:
                raise ResultError(
                    path,
                    f"Its {fact} is {found}, that of {first_path} is {wanted[fact]}. Only results "
                    "of one kind make a row: evaluate the checkpoints in the same way.",
                )
        if result.declared != first.declared:
            raise ResultError(
                path,
                f"What its manifest declares is not what that of {first_path} does. Evaluate both "
                "as the manifest is now.",
            )
        if result.probes != first.probes:
            raise ResultError(path, f"It describes the probes otherwise than {first_path} does.")


def _kind(result: Result) -> dict[str, str]:
    """The facts that all results of a row share, by their names in messages."""
    first = result.checkpoints[0]
    environment = first.run.environment.set_up.model_dump(exclude={"threads", "batch_size"})
    digests = (f"{role} {digest[:12]}" for role, digest in sorted(result.references.items()))
    return {
        "protocol": result.protocol,
        "protocol digest": result.protocol_digest[:12],
        "seed set": result.seed_set,
        "seed set's digest": (result.seed_set_digest or "none")[:12],
        "references": ", ".join(digests) or "none",
        "unpinned models": ", ".join(sorted(result.unverified.values())) or "none",
        "base": first.identity.base_digest[:12],
        "method": result.method or "not named",
        # A probe that is excluded from a row is excluded from every cell.
        "text encoder": "edited" if EDITED_ENCODER in result.edited else "the base's",
        "list of failed probes": ", ".join(result.failed_probes or ()) or "empty",
        **{f"version or machine ({fact})": value for fact, value in environment.items()},
    }


def _check_distinct(results: Mapping[Path, Result]) -> None:
    """Refuses a concept that two results have."""
    of: dict[str, Path] = {}
    for path, result in results.items():
        for cell in result.cells:
            if cell.erased in of:
                raise ResultError(
                    path,
                    f"Its concept {cell.erased} is also in {of[cell.erased]}, and a row has one "
                    "checkpoint for each. Leave one of the two out.",
                )
            of[cell.erased] = path


def _base_of(results: Mapping[Path, Result], parts: Iterable[Result]) -> tuple[Outcome, ...]:
    """The base's outcomes for all; those of several results must be equal."""
    known: dict[OutcomeKey, Outcome] = {}
    for part in parts:
        for one in part.base_outcomes:
            if known.setdefault(one.key, one) != one:
                path = next(path for path, result in results.items() if result is part)
                raise ResultError(
                    path,
                    f"Its base gave another answer to {one.probe} for {one.target}, prompt "
                    f"{one.prompt_index}, than the base of another result: evaluate all "
                    "checkpoints on one machine, where the base is evaluated once for all.",
                )
    return tuple(known.values())


def _partial(parts: Sequence[Result]) -> str | None:
    """Why the row is no full evaluation, with the concepts where the reasons differ."""
    reasons = {part.partial for part in parts}
    if len(reasons) == 1:
        return reasons.pop()
    return "; ".join(
        f"{', '.join(cell.erased for cell in part.cells)}: {part.partial}"
        for part in parts
        if part.partial is not None
    )


def _making(parts: Iterable[Result]) -> Preparations:
    """What preparation made for all concepts."""
    return Preparations(
        classifiers={
            name: digest for part in parts for name, digest in part.making.classifiers.items()
        },
        searches=tuple(search for part in parts for search in part.making.searches),
    )
