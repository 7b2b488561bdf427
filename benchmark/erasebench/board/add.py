"""Adds a row to a leaderboard: results of one submission become one file with its images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from erasebench.board.entries import Entry, put_together, read_entry
from erasebench.board.find_results import find_results
from erasebench.board.pictures import GALLERY
from erasebench.board.row_update import change_of
from erasebench.disk import replace_file
from erasebench.errors import RequestError, quoted
from erasebench.errors.wording import some
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.results.file import load_result, write_result
from erasebench.results.reference import references_of
from erasebench.results.result import Change, Result
from erasebench.stats.merge import merge_results


@dataclass(frozen=True)
class Added:
    """A row on a leaderboard.

    Attributes:
        path: its file.
        result: its content.
        change: difference to the row that it replaced, and the reason; None for a new or equal row.
    """

    path: Path
    result: Result
    change: Change | None


def add_row(
    places: Sequence[Path],
    leaderboard: Path,
    *,
    name: str | None = None,
    partial: bool = False,
    reason: str | None = None,
    protocols: Mapping[str, Protocol] = PROTOCOLS,
) -> Added:
    """Merges the results of one submission into one row of a leaderboard.

    The scores of the row are over all outcomes.

    Args:
        places: result files or folders of finished evaluations, each of other concepts.
        leaderboard: the folder; the row is written to `<protocol>/<name>.json`, its images to
            `<protocol>/<name>/`.
        name: of the row; None for the common name of the results.
        partial: whether a partial evaluation is accepted; its row is not ranked.
        reason: why an existing row changes; kept in its file.
        protocols: by name; results of others are rejected.

    Raises:
        ResultError: if a file is invalid, if the results do not fit into one row (see
            `merge_results`), or if the file is another submission's row.
        RequestError: if there is no name in common; if the row is partial; if an existing row
            changes without a reason, or lost a probe (see `change_of`).
        RunFolderError: if images of a run are missing.
        DiskFullError, UnwritableError: if it cannot be written.
    """
    found = find_results(places, protocols).results
    entries = {path: read_entry(path, protocols) for path in found}
    row = _row_of(entries, name)
    if not partial:
        _check_whole(row.result)
    path = leaderboard / f"{row.place}.json"
    change = None
    if path.exists():
        old = load_result(path, protocols)
        change = change_of(path, old, row.result, row.protocol, reason)
        history = old.changes if change is None else (*old.changes, change)
        row = replace(row, result=row.result.model_copy(update={"changes": history}))
    _write(path, row)
    return Added(path, row.result, change)


def _row_of(entries: Mapping[Path, Entry], name: str | None) -> Entry:
    """One entry from all results."""
    first = next(iter(entries.values()))
    results = {path: entry.result for path, entry in entries.items()}
    merged = merge_results(
        results,
        name or _common_name(list(results.values())),
        first.protocol,
        references_of(first.protocol, first.result.seed_set),
    )
    shown = [(entry.gallery, entry.pictures) for entry in entries.values()]
    return Entry(merged, first.protocol, *put_together(merged, shown))


def _common_name(results: Sequence[Result]) -> str:
    """The name of a single result; for several, their common name without the concept."""
    if len(results) == 1:
        return results[0].name
    names = {_without_concept(result) for result in results}
    if len(names) == 1 and (name := names.pop()):
        return name
    raise RequestError(
        "The results have no common name: "
        f"{some(tuple(quoted(result.name) for result in results))}. Name the row with --name."
    )


def _without_concept(result: Result) -> str:
    first, *others = (cell.erased for cell in result.cells)
    return result.name if others else result.name.removesuffix(first).rstrip("_-.")


def _check_whole(result: Result) -> None:
    """Refuses a partial evaluation."""
    lacking = [cell.erased for cell in result.cells if not cell.complete]
    if result.partial is None and not lacking:
        return
    why = result.partial or f"a ranked probe or retention is missing for {', '.join(lacking)}"
    raise RequestError(
        f"{quoted(result.name)} is partial: {why}. A partial row is not ranked. Run the full "
        "evaluation, or add it anyway with --partial."
    )


def _write(path: Path, row: Entry) -> None:
    """Writes the images, then the row, then removes images that no strip names."""
    folder = path.with_suffix("")
    for name, content in row.pictures.items():
        replace_file(folder / name, content)
    if row.gallery.strips:
        gallery = row.gallery.model_dump_json(indent=2) + "\n"
        replace_file(folder / GALLERY, gallery.encode())
    write_result(path, row.result)
    if not folder.is_dir():
        return
    if not row.gallery.strips:
        (folder / GALLERY).unlink(missing_ok=True)
    for old in folder.glob("*.webp"):
        if old.name not in row.pictures:
            old.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
