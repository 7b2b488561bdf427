"""Writes the example and the table of README from the result files of the leaderboard.

    python benchmark/figures/readme.py

Each part stands between two comments, `<!-- NAME: … -->` and `<!-- /NAME -->`. Order, places and
marks are the leaderboard's (`erasebench.board.ranking`).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from erasebench.board.entries import Entry, read_entries
from erasebench.board.find_results import BOARD, find_results
from erasebench.board.footnotes import label_of
from erasebench.board.format import in_percent
from erasebench.board.rows import Row, rows_of
from erasebench.concepts import CONCEPTS
from erasebench.disk import user_cache
from erasebench.errors import RequestError
from erasebench.protocol import PROTOCOLS
from erasebench.results.outcome import Estimate
from erasebench.results.score import ProbeScore

PROTOCOL = "pictogram-v1"
"""The protocol whose rows are shown."""

EXAMPLE, CONCEPT, START = "esd_x", "church", 5
"""Submission, erased concept, and the step at which it takes an image over from the base."""

COLUMNS = ("Rank", "Submission", "Verdict", "Score", "Robustness", "Retention", "Worst probe")
WIDTH = 100


def table(entries: Sequence[Entry]) -> str:
    """The rows over all ranked concepts, as a Markdown table.

    Raises:
        RequestError: if the protocol has no rows.
    """
    mine = {one.result.name: one for one in entries if one.result.protocol == PROTOCOL}
    if not mine:
        raise RequestError(f"The leaderboard has no rows of {PROTOCOL}; README shows them.")
    rows = [COLUMNS, ("---",) * len(COLUMNS)]
    rows += [_cells(row, mine[row.name]) for row in rows_of(tuple(mine.values()))]
    return "\n".join(f"|{'|'.join(cells)}|" for cells in rows)


def _cells(row: Row, entry: Entry) -> tuple[str, ...]:
    """The cells of a row; probes with spaces, so that the column can be narrow."""
    score = entry.result.score
    robustness = None if score is None else score.robustness
    worst = () if robustness is None else dict.fromkeys(robustness.worst)
    return (
        f"– ({', '.join(row.marks) or 'no score'})" if row.place is None else str(row.place),
        f"`{row.name}`",
        "-" if row.verdict is None else ", ".join(label_of(row.verdict)),
        *(_value(row.estimates[name]) for name in ("score", "robustness", "retention")),
        ", ".join(name.replace("_", " ") for name in worst) or "-",
    )


def _value(estimate: Estimate | None) -> str:
    return "-" if estimate is None else in_percent(estimate)


def example(entries: Sequence[Entry]) -> str:
    """What the plain prompt, a completion and guidance recover of one concept.

    Raises:
        RequestError: if the leaderboard lacks the example or one of its values.
    """
    scored = _scores(entries)
    rate, floor = {}, {}
    for name in ("standard_prompt", f"diffusion_completion_{START}", "classifier_guidance"):
        one = scored.get(name)
        if one is None or one.rate is None or one.floor is None:
            raise RequestError(
                f"{EXAMPLE} on {CONCEPT} has no rate and floor for {name}; README quotes them."
            )
        rate[name], floor[name] = (in_percent(of, unit="%") for of in (one.rate, one.floor))
    plain, completion, guidance = rate
    label = CONCEPTS[CONCEPT].label
    return textwrap.fill(
        f"After ESD-x erased *{label}*, the plain prompt generates it in {rate[plain]} of images. "
        f"But if the original model runs the first {START} of {PROTOCOLS[PROTOCOL].steps} steps, "
        f"{rate[completion]} show it (a model trained without the concept: {floor[completion]}); "
        f"classifier guidance alone: {rate[guidance]}.",
        WIDTH,
    )


def _scores(entries: Sequence[Entry]) -> Mapping[str, ProbeScore]:
    """The scores of the example by probe; none where it is not there."""
    return {
        one.probe: one
        for entry in entries
        if (entry.result.protocol, entry.result.name) == (PROTOCOL, EXAMPLE)
        for cell in entry.result.cells
        if cell.erased == CONCEPT and cell.score is not None
        for one in cell.score.probes
    }


def filled(text: str, parts: Mapping[str, str]) -> str:
    """A text with new content between its comments.

    Raises:
        RequestError: if a pair of comments is not there exactly once.
    """
    for name, content in parts.items():
        pair = rf"(?ms)^(<!-- {name}: [^\n]*-->\n)(.*?)^(<!-- /{name} -->)$"
        found = list(re.finditer(pair, text))
        if len(found) != 1:
            raise RequestError(
                f"README has {len(found)} pairs of <!-- {name}: … --> and <!-- /{name} -->; "
                "it needs one, each comment on its own line."
            )
        start, end = found[0].span(2)
        text = f"{text[:start]}{content}\n{text[end:]}"
    return text


@click.command()
@click.argument("readme", type=click.Path(path_type=Path, exists=True), default="README.md")
@click.option(
    "--results", type=click.Path(path_type=Path, exists=True), default=BOARD, show_default=True
)
def main(readme: Path, results: Path) -> None:
    """Write the example and the table of README."""
    found = find_results([results], PROTOCOLS).results
    entries = read_entries(found, cache=user_cache())
    parts = {"example": example(entries), "table": table(entries)}
    readme.write_text(filled(readme.read_text(encoding="utf-8"), parts), encoding="utf-8")
    click.echo(readme)


if __name__ == "__main__":
    main()
