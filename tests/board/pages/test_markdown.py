"""Pages written in Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from erasebench.board.pages.markdown import Page, read_pages


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """A page two folders down."""
    source = tmp_path / "probes" / "noise.md"
    source.parent.mkdir()
    source.write_text(
        "# More noise\n\nOf *all* probes\nthe loudest.\n\n"
        "See [another](stochastic.md), [far](https://example.org/a.md).\n\n<b>raw</b>\n",
        encoding="utf-8",
    )
    (page,) = read_pages(tmp_path)
    return page


def test_title_and_summary_are_the_page_s_first_words(page: Page) -> None:
    """Menus and lists need no words of their own."""
    assert page.path == "docs/probes/noise"
    assert page.title == "More noise"
    assert page.summary == "Of all probes the loudest."


def test_links_to_pages_lead_to_rendered_pages(page: Page) -> None:
    """The same link works on a code host and on the site; links elsewhere stay."""
    assert 'href="stochastic.html"' in page.html
    assert 'href="https://example.org/a.md"' in page.html


def test_raw_html_is_shown_and_not_obeyed(page: Page) -> None:
    """Nothing gets past the templates' escaping by way of Markdown."""
    assert "&lt;b&gt;raw&lt;/b&gt;" in page.html


def test_relative_links_and_pictures_are_in_the_tree(root: Path) -> None:
    """They work on a code host, where nothing is rendered first."""
    sources = [root / "README.md", root / "leaderboard" / "README.md"]
    sources += sorted((root / "site" / "docs").rglob("*.md"))
    followed, broken = 0, []
    for source in sources:
        for target in _targets(source.read_text(encoding="utf-8")):
            name = target.partition("#")[0]
            if "://" in target or not name:
                continue
            followed += 1
            if not (source.parent / name).exists():
                broken.append((source.name, target))

    assert followed > 10
    assert broken == []


def _targets(text: str) -> list[str]:
    """Where the links of a page lead, and its pictures."""
    parsed = MarkdownIt("commonmark").enable("table").parse(text)
    children = [child for token in parsed for child in token.children or ()]
    values = [child.attrs.get("href", child.attrs.get("src")) for child in children]
    return [str(value) for value in values if value is not None]
