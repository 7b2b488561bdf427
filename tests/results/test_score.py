"""The types of a row's scores."""

from __future__ import annotations

from erasebench.results.score import RowScore


def test_every_field_is_described() -> None:
    """The schema is its own manual."""
    schema = RowScore.model_json_schema()
    bare = [
        f"{owner}.{name}"
        for owner, definition in {"RowScore": schema, **schema["$defs"]}.items()
        for name, field in definition["properties"].items()
        if not field.get("description")
    ]

    assert bare == []
