"""Reading rendered pages as a browser would."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})

LOADED = {"img": "src", "link": "href", "script": "src", "iframe": "src", "source": "src"}
"""Elements that a browser loads something for, and the attribute that says what."""


class Html(HTMLParser):
    """Elements, links and ids of a page; unbalanced tags are an error.

    Attributes:
        elements: (tag, attributes), in order.
        text: all text.
        heads: the text at the head of each column of tables, in order.
    """

    def __init__(self, html: str) -> None:
        """Parses the page whole."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.heads: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "th" and "thead" in self._open:
            self.heads.append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element that closes itself, as Markdown's pictures do."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Closes the innermost element, which must be this one."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Notes text."""
        self.text += data
        if "thead" in self._open and "th" in self._open:
            self.heads[-1] = " ".join(f"{self.heads[-1]} {data}".split())

    @property
    def ids(self) -> list[str]:
        """Every id, in order."""
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    @property
    def links(self) -> list[str]:
        """Where a reader can go."""
        return [attributes["href"] for tag, attributes in self.elements if tag == "a"]

    @property
    def loaded(self) -> list[str]:
        """What a browser fetches by itself."""
        return [
            attributes[LOADED[tag]]
            for tag, attributes in self.elements
            if tag in LOADED and LOADED[tag] in attributes
        ]
