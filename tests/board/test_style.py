"""The style sheet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from erasebench.board.pages.render import site_folder

TEXT, MARK = 4.5, 3.0
"""WCAG 2.2 AA: the least contrast of text, and of a mark that tells something."""


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("ink", TEXT),
        ("muted", TEXT),
        ("link", TEXT),
        ("recovered", MARK),
        ("retention", MARK),
        ("ceiling", MARK),
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_stand_out_from_the_paper(scheme: str, name: str, least: float) -> None:
    """In light and in dark."""
    colours = _colours(site_folder() / "static" / "style.css", scheme)

    assert _contrast(colours[name], colours["paper"]) >= least


def _colours(path: Path, scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", path.read_text(encoding="utf-8"), re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#\w{6});", light if scheme == "light" else dark))


def _contrast(first: str, second: str) -> float:
    """The ratio of WCAG 2.2."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    values = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return sum(weight * v for weight, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
