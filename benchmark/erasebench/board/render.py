"""Pages from templates: the whole site as files in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from erasebench.board.attacks import worst_known
from erasebench.board.entries import Entry
from erasebench.board.gallery import GALLERY
from erasebench.board.markdown import Page, read_pages
from erasebench.board.probe_rows import ProbeRow, rows_of_cell, rows_of_score
from erasebench.board.rows import marks_of
from erasebench.board.status import MEANINGS
from erasebench.board.submissions import Submission
from erasebench.board.table import tables_of
from erasebench.board.trace_figure import trace_figure
from erasebench.concepts import CONCEPTS
from erasebench.protocol.season import find_season
from erasebench.results.file import result_text
from erasebench.results.replay_file import replay_text
from erasebench.results.result import ProbeTiming, Result
from erasebench.results.score import RowScore, why_no_verdict
from erasebench.stats.intervals import smallest_difference

_PROBE_PAGES = "docs/probes/"
_PROBE_INDEX = f"{_PROBE_PAGES}index"
_SUBMISSIONS = "submissions.html"


@dataclass(frozen=True)
class Link:
    """A page of the site's menu: its path from the top, and the word for it."""

    path: str
    word: str


@dataclass(frozen=True)
class Pooled:
    """Several concepts together: their scores, a row per probe, and why there is no verdict."""

    score: RowScore
    rows: tuple[ProbeRow, ...]
    no_verdict: str


def render_site(
    entries: Sequence[Entry], site: Path, submissions: Sequence[Submission] | None = None
) -> dict[str, bytes]:
    """Renders every page and gathers every file of the site.

    The same entries and the same folder give the same bytes.

    Args:
        entries: what is shown.
        site: holds `templates`, `static` and `docs`.
        submissions: all that were handed in; None for a site without a list of them.

    Returns:
        Content by path from the site's top, sorted by path.
    """
    pages = read_pages(site / "docs")
    environment = _environment(site / "templates", pages, listed=submissions is not None)
    files = {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in (site / "static").rglob("*")
        if path.is_file()
    }

    def add(path: str, template: str, **context: object) -> None:
        top = "../" * (len(PurePosixPath(path).parts) - 1)
        html = environment.get_template(template).render(path=path, top=top, **context)
        files[path] = html.encode()

    add("index.html", "index.html", tables=tables_of(entries))
    if submissions is not None:
        add(_SUBMISSIONS, "submissions.html", submissions=submissions, meanings=MEANINGS)
    for page in pages:
        add(f"{page.path}.html", "page.html", page=page)
    for entry in entries:
        add(f"{entry.place}.html", "submission.html", **_submission(entry))
        files[f"{entry.place}.json"] = result_text(entry.result).encode()
        for known in entry.attacks:
            name = f"{entry.place}.attacks/{known.replay.attack.id}.json"
            files[name] = replay_text(known.replay).encode()
        if entry.gallery.strips:
            gallery = entry.gallery.model_dump_json(indent=2) + "\n"
            files[f"{entry.place}/{GALLERY}"] = gallery.encode()
        for name, content in entry.pictures.items():
            files[f"{entry.place}/{name}"] = content
    return dict(sorted(files.items()))


def percent(share: float) -> str:
    """A share as a whole percentage, without its sign, with a true minus."""
    return f"{100 * share:.0f}".replace("-0", "0").replace("-", "−")


def points(difference: float) -> str:
    """A difference in CLIP score, with a true sign and one decimal: `−3.2`."""
    return f"{difference:+.1f}".replace("-0.0", "+0.0").replace("-", "−")


def visible(text: str) -> str:
    r"""Text of which nothing can hide: what cannot be seen is written as in Python, `\x07`."""
    return "".join(
        one if one.isprintable() and one != "\\" else one.encode("unicode_escape").decode()
        for one in text
    )


def _environment(templates: Path, pages: Sequence[Page], *, listed: bool) -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(templates),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["percent"] = percent
    environment.filters["points"] = points
    environment.filters["visible"] = visible
    environment.filters["smallest_difference"] = smallest_difference
    environment.filters["trace_figure"] = trace_figure
    environment.globals["menu"] = _menu(pages, listed=listed)
    environment.globals["concepts"] = CONCEPTS
    environment.globals["page_of_probe"] = {
        page.path.removeprefix(_PROBE_PAGES): f"{page.path}.html"
        for page in pages
        if page.path.startswith(_PROBE_PAGES) and page.path != _PROBE_INDEX
    }
    return environment


def _menu(pages: Sequence[Page], *, listed: bool) -> tuple[Link, ...]:
    docs = [
        Link(f"{page.path}.html", page.title)
        for page in pages
        if not page.path.startswith(_PROBE_PAGES)
    ]
    board = Link("index.html", "Leaderboard")
    submissions = (Link(_SUBMISSIONS, "Submissions"),) if listed else ()
    return (board, *submissions, Link(f"{_PROBE_INDEX}.html", "Probes"), *docs)


def _submission(entry: Entry) -> dict[str, object]:
    """What the page of one submission needs."""
    result = entry.result
    timings = result.timings
    return {
        "entry": entry,
        "result": result,
        "season": find_season(result.seed_set),
        "probes": {probe.name: probe for probe in result.probes},
        "marks": {cell.erased: marks_of(entry, cell) for cell in result.cells},
        "rows_of": {cell.erased: rows_of_cell(cell, result) for cell in result.cells},
        "no_verdict": {cell.erased: why_no_verdict(cell.score) for cell in result.cells},
        "pooled": _pooled(result),
        "attacks_on": {
            cell.erased: [one for one in entry.attacks if one.replay.attack.concept == cell.erased]
            for cell in result.cells
        },
        "worst_known": {cell.erased: worst_known(entry.attacks, cell) for cell in result.cells},
        "timings": timings,
        "total": ProbeTiming(
            probe="all",
            samples=sum(timing.samples for timing in timings),
            seconds=sum(timing.seconds for timing in timings),
            preparing=sum(timing.preparing for timing in timings),
        ),
    }


def _pooled(result: Result) -> Pooled | None:
    """What several ranked concepts say together; None where there are not several."""
    score = result.score
    if score is None or len(score.concepts) == 1:
        return None
    return Pooled(score, rows_of_score(score, result), why_no_verdict(score))
