"""Renders the site from templates, as files in memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from erasebench.attack.replay_file import replay_text
from erasebench.board.entries import Entry
from erasebench.board.footnotes import label_of
from erasebench.board.format import duration, in_percent, percent, visible, with_interval
from erasebench.board.pages.markdown import Page, read_pages
from erasebench.board.pages.table import tables_of
from erasebench.board.pages.trace_figure import trace_figure
from erasebench.board.pictures import GALLERY
from erasebench.board.rows import Row
from erasebench.board.status import MEANINGS
from erasebench.board.submissions import Submission
from erasebench.concepts import CONCEPTS
from erasebench.protocol.seeds import find_season
from erasebench.results.file import result_text
from erasebench.results.outcome import Estimate
from erasebench.stats.intervals import smallest_difference

_IN_WHEEL = Path(__file__).parents[1] / "site"
_IN_CHECKOUT = Path(__file__).parents[4] / "site"

_PROBE_PAGES = "docs/probes/"
_PROBE_INDEX = f"{_PROBE_PAGES}index"
_SUBMISSIONS = "submissions.html"


def site_folder() -> Path:
    """The folder of `templates`, `static` and `docs`, of the wheel or at the top of a checkout."""
    return _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT


def render_site(
    entries: Sequence[Entry], site: Path, submissions: Sequence[Submission] | None = None
) -> dict[str, bytes]:
    """Renders every page and collects every file of the site.

    The same entries and the same folder give the same bytes.

    Args:
        entries: the submissions with results.
        site: folder of `templates`, `static` and `docs`.
        submissions: all submissions; None for a site without their list.

    Returns:
        Content by path from the top of the site, sorted by path.
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


def _environment(templates: Path, pages: Sequence[Page], *, listed: bool) -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(templates),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "percent": percent,
        "in_percent": _in_percent,
        "difference": _difference,
        "decimals": with_interval,
        "duration": duration,
        "label": label_of,
        "prose": _prose,
        "visible": visible,
        "smallest_difference": smallest_difference,
        "trace_figure": trace_figure,
    }
    environment.globals["menu"] = _menu(pages, listed=listed)
    environment.globals["concepts"] = CONCEPTS
    environment.globals["page_of_probe"] = {
        page.path.removeprefix(_PROBE_PAGES): f"{page.path}.html"
        for page in pages
        if page.path.startswith(_PROBE_PAGES) and page.path != _PROBE_INDEX
    }
    return environment


def _in_percent(estimate: Estimate, unit: str = "") -> str:
    """`61 [49, 85]` with a true minus sign."""
    return in_percent(estimate, unit=unit).replace("-", "−")


def _difference(estimate: Estimate, scale: float) -> str:
    """`+1.2 [−0.3, 2.0]` with a true minus sign."""
    return with_interval(estimate, scale=scale, signed=True, decimals=1).replace("-", "−")


def _prose(text: str) -> str:
    """A sentence for a page: names of probes with spaces, no line break in `2 % [1, 9]`."""
    words = text.replace("_", " ")
    return re.sub(r"(% )?\[[^\]]*\]", lambda interval: interval[0].replace(" ", "\u00a0"), words)


def _menu(pages: Sequence[Page], *, listed: bool) -> list[tuple[str, str]]:
    """The path from the top and the title of each page in the menu."""
    docs = [
        (f"{page.path}.html", page.title)
        for page in pages
        if not page.path.startswith(_PROBE_PAGES)
    ]
    submissions = [(_SUBMISSIONS, "Submissions")] if listed else []
    probes = (f"{_PROBE_INDEX}.html", "Probes")
    return [("index.html", "Leaderboard"), *submissions, probes, *docs]


def _submission(entry: Entry) -> dict[str, object]:
    """Variables of the page of one submission."""
    result, whole = entry.result, Row(entry)
    rows = [Row(entry, cell.erased) for cell in result.cells]
    return {
        "entry": entry,
        "result": result,
        "season": find_season(result.seed_set),
        "facts": {probe.name: probe for probe in result.probes},
        "pooled": whole if len(whole.concepts) > 1 else None,
        "rows": rows,
        "every": [probe for row in rows for probe in row.probes.values()],
    }
