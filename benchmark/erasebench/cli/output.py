"""What a command prints: text, or with `--json` the same facts as JSON."""

from __future__ import annotations

import json

import click
from pydantic import BaseModel, TypeAdapter

_ANY = TypeAdapter[object](object)


def show(facts: object, *lines: object, as_json: bool) -> None:
    """Prints facts as JSON, or the lines.

    Args:
        facts: of strings, numbers, paths, dates, dataclasses, models, and collections of these.
        lines: each ends with a line break.
        as_json: the value of `--json`.
    """
    if as_json:
        lines = (json.dumps(_ANY.dump_python(facts, mode="json"), indent=2),)
    for line in lines:
        click.echo(line)


def with_path(path: object, model: BaseModel, **more: object) -> dict[str, object]:
    """A path, then a model's fields, then more facts."""
    return {"path": path, **model.model_dump(mode="json"), **more}
