"""Text and JSON output of commands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from erasebench.cli.output import show, with_path
from erasebench.submission.card import Card


@dataclass(frozen=True)
class Part:
    """A dataclass with a path."""

    path: Path


def test_json_holds_paths_dates_dataclasses_and_models(capsys: pytest.CaptureFixture[str]) -> None:
    """With `as_json`, facts of every kind are printed as one JSON document, and no line is."""
    day = datetime(2027, 3, 1, tzinfo=UTC).date()
    facts = with_path(Path("a.json"), Card(method="uce"), day=day, parts=(Part(Path("b")),))
    show(facts, "a line", as_json=True)

    assert json.loads(capsys.readouterr().out) == {
        "path": "a.json",
        "method": "uce",
        "concept": None,
        "settings": {},
        "day": "2027-03-01",
        "parts": [{"path": "b"}],
    }


def test_text_is_the_lines_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    """Without `as_json`, each line is printed and the facts are not."""
    show({"path": "a.json"}, "a line", Path("a.json"), as_json=False)

    assert capsys.readouterr().out == "a line\na.json\n"
