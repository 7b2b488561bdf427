"""The published JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema

from erasebench.results.file import result_text
from erasebench.results.outcome import Outcome
from erasebench.results.record import Record
from erasebench.results.result import Result
from erasebench.schemas import SCHEMAS
from tests.board.example_run import example_result


def test_published_schema_is_up_to_date(root: Path) -> None:
    """What the site offers is what the package writes.

    `python -m erasebench.schemas site/static` brings it up to date.
    """
    published = (root / "site" / "static" / "result.schema.json").read_text(encoding="utf-8")

    assert published == SCHEMAS["result"].text()


def test_a_result_satisfies_the_schema() -> None:
    """Another library agrees that a real file is valid, and that a wrong one is not."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMAS["result"].text()))
    content = json.loads(result_text(example_result(limit=1)))

    assert list(validator.iter_errors(content)) == []
    assert list(validator.iter_errors(content | {"ranked": True}))


def test_every_field_is_described() -> None:
    """The schema is its own manual."""
    bare = [
        f"{owner}.{name}"
        for model in (Result, Record, Outcome)
        for owner, name, description in _fields(model)
        if not description
    ]

    assert bare == []


def _fields(model: type) -> Iterator[tuple[str, str, str]]:
    schema = model.model_json_schema()
    for owner, definition in {model.__name__: schema, **schema.get("$defs", {})}.items():
        for name, field in definition.get("properties", {}).items():
            yield owner, name, field.get("description", "")
