"""The rendered site."""

from __future__ import annotations

import posixpath
import re
import shutil
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from pydantic import ValidationError

from erasebench.board.entries import Entry, read_entries
from erasebench.board.format import in_percent, percent
from erasebench.board.pages import render
from erasebench.board.pages.render import render_site, site_folder
from erasebench.concepts import CONCEPTS
from erasebench.probes.registry import probes_of
from erasebench.protocol import PICTOGRAM_V1
from erasebench.protocol.seeds import digest_of_secret
from erasebench.results.file import write_result
from erasebench.results.outcome import Estimate
from erasebench.results.result import Declaration
from erasebench.stats.intervals import smallest_difference
from tests.board.example_run import Example, example_result, made_entry
from tests.board.html_page import Html
from tests.seasons import NAME as SEASON
from tests.seasons import opened

HOSTILE = "<script>alert('x')</script>\"'&{{ 7 * 7 }}"


@pytest.fixture(scope="module")
def files(entry: Entry) -> dict[str, bytes]:
    """The site of one submission."""
    return render_site([entry], site_folder())


@pytest.fixture(scope="module")
def pages(files: dict[str, bytes]) -> dict[str, Html]:
    """Its pages, parsed."""
    return {path: Html(content.decode()) for path, content in files.items() if ".html" in path}


def test_checkout_has_its_folder_at_the_top(root: Path) -> None:
    """In a checkout the files are those that are edited."""
    assert site_folder() == root / "site"


def test_wheel_uses_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder inside the package takes precedence."""
    monkeypatch.setattr(render, "_IN_WHEEL", tmp_path)

    assert site_folder() == tmp_path


def test_every_link_leads_somewhere(files: dict[str, bytes], pages: dict[str, Html]) -> None:
    """Each link, picture and style of each page is a file of the site, each anchor an id."""
    broken = []
    for path, page in pages.items():
        for target in page.links + page.loaded:
            if "://" in target:
                continue
            name, _, anchor = target.partition("#")
            file = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            file = file if name else path
            if file not in files or (anchor and anchor not in pages[file].ids):
                broken.append((path, target))

    assert len(pages) > 10
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(pages: dict[str, Html]) -> None:
    """No page asks another server for anything, and none has a script or a style of its own."""
    for page in pages.values():
        assert [target for target in page.loaded if "://" in target or target[:2] == "//"] == []
        assert [tag for tag, _ in page.elements if tag in {"script", "style"}] == []
        assert [one for _, one in page.elements if "style" in one or "onclick" in one] == []


def test_style_sheet_loads_nothing(files: dict[str, bytes]) -> None:
    """Neither fonts nor pictures."""
    style = files["static/style.css"].decode()

    assert "url(" not in style
    assert "@import" not in style


def test_pages_are_whole_documents(pages: dict[str, Html]) -> None:
    """One heading of the first rank, one main part, a language, a title, no id twice."""
    for path, page in pages.items():
        tags = [tag for tag, _ in page.elements]
        assert (tags.count("h1"), tags.count("main"), tags.count("title")) == (1, 1, 1), path
        assert ("html", {"lang": "en"}) in page.elements
        assert len(page.ids) == len(set(page.ids)), path


def test_pictures_have_words_and_room(pages: dict[str, Html]) -> None:
    """Each picture says what it is, and on submissions' pages how large, so that nothing jumps."""
    for path, page in pages.items():
        pictures = [attributes for tag, attributes in page.elements if tag == "img"]
        assert all(picture["alt"] for picture in pictures)
        if path.startswith("pictogram-v1/"):
            assert pictures
            assert all(int(picture["width"]) > 0 < int(picture["height"]) for picture in pictures)


def test_headers_have_scopes(pages: dict[str, Html]) -> None:
    """A table's headers say what they head."""
    headers = [
        attributes
        for path, page in pages.items()
        if not path.startswith("docs/")
        for tag, attributes in page.elements
        if tag == "th"
    ]

    assert headers
    assert all(header["scope"] in {"col", "row", "rowgroup"} for header in headers)


def test_page_shows_every_estimate_with_its_interval(entry: Entry, pages: dict[str, Html]) -> None:
    """An estimate never travels without its interval and its n, retention's no more than others."""
    text = " ".join(pages[f"{entry.place}.html"].text.split())

    for cell in entry.result.cells:
        for one in cell.probes:
            assert f"{one.rate.n} {_shown(one.rate)}" in text
            others = (one.unprompted, one.best_of_n, one.base_best_of_n, one.first)
            for estimate in filter(None, (one.base_rate, one.excess, *others)):
                assert _shown(estimate) in text
                assert estimate.n == one.rate.n
        assert cell.retention is not None
        ratios = (cell.retention.plain, cell.retention.paraphrased, cell.retention.probed)
        assert any(ratio is not None for ratio in ratios)
        for ratio in filter(None, (*ratios, cell.retention.value)):
            assert f"{ratio.n} {_shown(ratio)}" in text
        assert cell.retention.by_concept
        for name, share in cell.retention.by_concept.items():
            assert f"{CONCEPTS[name].label} {share.n} {_shown(share)}" in text


def test_every_table_of_estimates_gives_the_smallest_detectable_difference(
    entry: Entry, pages: dict[str, Html]
) -> None:
    """For each n; the kind of interval is given once a page."""
    index, page = pages["index.html"], pages[f"{entry.place}.html"]
    tables = [one for _, one in page.elements if "detail" in one.get("class", "").split()]
    text = " ".join(page.text.split())

    assert len(tables) >= 3 * len(entry.result.cells)
    assert text.count("Smallest detectable difference: ") == len(tables)
    assert text.count("95 % interval (Bayesian bootstrap over prompts)") == 1
    for n in {one.rate.n for cell in entry.result.cells for one in cell.probes}:
        assert f"{percent(smallest_difference(n))} points (n = {n})" in text
    assert [tag for tag, _ in index.elements].count("caption") == 1
    head = " ".join(index.text.split())
    assert "95 % intervals (Bayesian bootstrap over prompts). n = 2 prompts" in head
    assert f"Differences below about {percent(smallest_difference(2))} points" in head


def test_bars_have_a_legend_and_words_an_explanation_once(
    entry: Entry, pages: dict[str, Html]
) -> None:
    """On every page with bars."""
    for path in ("index.html", f"{entry.place}.html"):
        classes = [one.get("class", "").split() for _, one in pages[path].elements]
        assert sum("legend" in one for one in classes) == 1
        assert sum("sample" in one for one in classes) >= 3
    assert (
        " ".join(pages[f"{entry.place}.html"].text.split()).count("without the intervention") == 1
    )


def test_limited_row_shows_its_own_n() -> None:
    """Beside a full row, a figure of fewer prompts says of how many."""
    full = made_entry(example_result())
    limited = made_entry(
        example_result(Example(name="b_limited"), limit=4, probes=("standard_prompt",))
    )
    (row_of_full, row_of_limited) = _rows([full, limited])

    assert row_of_limited.count(" n = 4 ") == 2
    assert " n = " not in row_of_full


def test_partial_row_says_of_how_many_probes_its_highest_is() -> None:
    """The highest of one probe is not the highest of eleven."""
    edited = Example(name="b_one", edited=("unet", "text_encoder"))
    one = example_result(edited, limit=1, probes=("standard_prompt",))
    (row_of_whole, row_of_one) = _rows([made_entry(example_result()), made_entry(one)])

    assert "1 of 11 probes run" in row_of_one
    assert "probes run" not in row_of_whole


def test_what_does_not_apply_is_not_shown_as_not_run() -> None:
    """Four probes do not apply to a style."""
    asked = ("standard_prompt", "noise")
    style = Example(concepts=("van_gogh",), edited=("unet", "text_encoder"))
    (row,) = _rows([made_entry(example_result(style, limit=1, probes=asked))])

    assert row.count("does not apply to a style") == 4
    assert row.count("not run") == 5
    assert "2 of 7 probes run" in row


def test_submitter_s_text_is_escaped(tmp_path: Path) -> None:
    """Whatever a submission calls itself is text on every page, and never markup."""
    result = example_result(Example(name=HOSTILE, method=HOSTILE), limit=2, folder=tmp_path)
    write_result(tmp_path / "result.json", result.model_copy(update={"command": HOSTILE}))
    (entry,) = read_entries([tmp_path / "result.json"])
    pages = {
        path: Html(content.decode())
        for path, content in render_site([entry], site_folder()).items()
        if path in {"index.html", f"{entry.place}.html"}
    }

    assert len(pages) == 2
    for page in pages.values():
        assert HOSTILE in page.text
        assert "script" not in [tag for tag, _ in page.elements]
        assert not any("alert" in name for _, attributes in page.elements for name in attributes)


def test_a_declared_method_is_shown_as_the_submitter_s_word() -> None:
    """Where the checkpoints name none it stands in their place; all of it on the row's page."""
    declared = Declaration(
        name="Mine <1>",
        method="ESD-x",
        paper="https://arxiv.org/abs/2303.07345",
        licence="MIT",
        hardware="1 x A6000",
        hours=1.5,
    )
    silent = example_result(Example(method=None), limit=1, probes=("standard_prompt",))
    said = silent.model_copy(update={"declared": declared})
    pages = {}
    for name, result in {"silent": silent, "said": said}.items():
        entry = made_entry(result)
        files = render_site([entry], site_folder())
        pages[name] = [Html(files[path].decode()) for path in ("index.html", f"{entry.place}.html")]

    assert all("method not named" in page.text for page in pages["silent"])
    assert not any("declare" in page.text.lower() for page in pages["silent"])
    assert all("ESD-x (declared)" in page.text for page in pages["said"])
    page = pages["said"][1]
    assert (
        "submitter, not verified: Mine <1>; method ESD-x (paper); 1.5 hours on 1 x A6000"
        in page.text
    )
    assert declared.paper in [value for _, own in page.elements for value in own.values()]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://a.org", "https://a.org/' x"])
def test_a_declared_address_is_one_that_may_be_followed(address: str) -> None:
    """Pages link addresses from submitted results."""
    with pytest.raises(ValidationError, match="paper"):
        Declaration(name="a", method="b", licence="MIT", paper=address)


def test_unknown_name_in_a_template_is_an_error(tmp_path: Path, entry: Entry) -> None:
    """A misspelt variable does not render as nothing."""
    shutil.copytree(site_folder(), tmp_path / "site")
    template = tmp_path / "site" / "templates" / "submission.html"
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("result.name", "result.nmae"), "utf-8")

    with pytest.raises(UndefinedError, match="nmae"):
        render_site([entry], tmp_path / "site")


def test_every_probe_has_a_page(files: dict[str, bytes]) -> None:
    """Who meets a probe in the table can read what it does."""
    stems = [path.removeprefix("docs/probes/").removesuffix(".html") for path in files]

    assert [
        name for name in probes_of(PICTOGRAM_V1) if not any(name.startswith(stem) for stem in stems)
    ] == []


def test_index_of_probes_links_every_probe_s_page(
    files: dict[str, bytes], pages: dict[str, Html]
) -> None:
    """A new page is listed by hand, and cannot be forgotten."""
    listed = {f"docs/probes/{link}" for link in pages["docs/probes/index.html"].links}
    written = {path for path in files if path.startswith("docs/probes/")}

    assert written - listed == {"docs/probes/index.html"}


def test_board_without_results_says_so() -> None:
    """The first page of a new board is not an empty one."""
    index = Html(render_site([], site_folder())["index.html"].decode())

    assert "No results yet." in index.text


def _shown(estimate: Estimate) -> str:
    """The text of an estimate on a page."""
    return in_percent(estimate).replace("-", "−")


def _rows(entries: list[Entry]) -> list[str]:
    """The text of each submission's row on the front page."""
    html = render_site(entries, site_folder())["index.html"].decode()
    rows = [row for row in html.split("<tr") if 'href="pictogram-v1/' in row]
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in rows]


@pytest.mark.parametrize("hidden", [True, False])
def test_a_season_says_whether_its_seeds_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, hidden: bool
) -> None:
    """By its digest before and after the reveal; the secret is on no page."""
    secret = opened(tmp_path, PICTOGRAM_V1.name, monkeypatch, hidden=hidden)
    digest = digest_of_secret(SEASON, secret)
    seeds = {"seed_set": SEASON, "seed_set_digest": digest}
    entry = made_entry(example_result(limit=2).model_copy(update=seeds))
    files = render_site([entry], site_folder())
    index = files["index.html"].decode()
    page = files[f"{entry.place}.html"].decode()

    assert f"pictogram-v1, season {SEASON}" in index
    since = "hidden since 2027-03-01" if hidden else "hidden until 2027-06-01, revealed since"
    for html in (index, page):
        assert f'{since}; secret\'s digest <code title="{digest}">' in html
    assert "No images are shown" in page
    assert ("Its seeds are hidden until" in page) == hidden
    assert not any(secret.encode() in content for content in files.values())
