"""Reads the pages written in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Page:
    """A page written in Markdown.

    Attributes:
        path: in the site, without a suffix, e.g. `docs/probes/noise`.
        title: its first heading.
        summary: its first paragraph, as text.
        html: the rendered page; raw HTML in the source is shown as text.
    """

    path: str
    title: str
    summary: str
    html: str


def read_pages(docs: Path) -> tuple[Page, ...]:
    """Every page below a folder, sorted by path; links to Markdown files lead to their pages."""
    return tuple(
        _page(f"docs/{source.relative_to(docs).with_suffix('').as_posix()}", source)
        for source in sorted(docs.rglob("*.md"))
    )


def _page(path: str, source: Path) -> Page:
    tokens = _MARKDOWN.parse(source.read_text(encoding="utf-8"))
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                child.attrs["href"] = _rendered(str(child.attrs["href"]))
    return Page(
        path=path,
        title=_text_of_first(tokens, "heading_open"),
        summary=_text_of_first(tokens, "paragraph_open"),
        html=_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}),
    )


def _rendered(target: str) -> str:
    """The target of a link after rendering; only links to Markdown files change."""
    if "://" in target or not target.endswith(".md"):
        return target
    return target.removesuffix(".md") + ".html"


def _text_of_first(tokens: Sequence[Token], opening: str) -> str:
    position = next(place for place, token in enumerate(tokens) if token.type == opening)
    inline = tokens[position + 1].children or ()
    return "".join(" " if child.type == "softbreak" else child.content for child in inline)
