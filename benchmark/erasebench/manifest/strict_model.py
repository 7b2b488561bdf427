"""Reads a YAML file as a pydantic model; each fault has a line, a description and a near name."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from erasebench.errors import quoted
from erasebench.manifest.errors import Fault, ManifestError
from erasebench.manifest.manifest import FILL_IN
from erasebench.manifest.strict_yaml import Document, Key, read_yaml

Model = TypeVar("Model", bound=BaseModel)


def read_model(path: Path, model: type[Model]) -> Model:
    """Reads a file.

    Args:
        path: the file.
        model: the schema.

    Raises:
        ManifestError: if it is not plain YAML, or a key is missing, unknown or invalid; lists every
            fault with its line.
    """
    document = read_yaml(path)
    if not isinstance(document.content, dict):
        raise ManifestError(
            path, Fault("it must be a mapping: `schema_version: 1`, `name: …` and so on.", 1)
        )
    faults = [
        Fault(f"fill in {_dotted(key)}: {_meaning(model, key)}", line)
        for key, line in document.lines.items()
        if _at(document, key) == FILL_IN
    ]
    if faults:
        raise ManifestError(path, *faults)
    try:
        return model.model_validate(document.content)
    except ValidationError as error:
        found = [_fault(model, one, document) for one in error.errors(include_url=False)]
        raise ManifestError(path, *sorted(found, key=lambda fault: fault.line or 0)) from error


def _fault(model: type[BaseModel], error: Mapping[str, Any], document: Document) -> Fault:
    """Converts one of pydantic's errors."""
    key: Key = tuple(step for step in error["loc"] if step != "[key]")
    line = document.line(key)
    match error["type"]:
        case "missing":
            return Fault(f"{_dotted(key)} is missing: {_meaning(model, key)}", line)
        case "extra_forbidden":
            known = tuple(_part_at(model, key[:-1]).model_fields)
            near = next(iter(difflib.get_close_matches(str(key[-1]), known, n=1)), None)
            hint = f"Did you mean {near}? " if near else ""
            return Fault(
                f"{quoted(_dotted(key))} is not a key of a manifest. {hint}"
                f"Known here: {', '.join(known)}.",
                line,
            )
        case "value_error":
            return Fault(f"{_named(key)}{error['ctx']['error']}.", line)
        case _:
            said = f"{error['msg'][0].lower()}{error['msg'][1:]}"
            found = quoted(error["input"])
            return Fault(f"{_named(key)}found {found}: {said}. {_meaning(model, key)}", line)


def _meaning(model: type[BaseModel], key: Key) -> str:
    """The schema's description of a key; empty if it is not a field."""
    field = _part_at(model, key[:-1]).model_fields.get(str(key[-1])) if key else None
    return (field.description or "") if field else ""


def _part_at(model: type[BaseModel], key: Key) -> type[BaseModel]:
    """The part of a schema that describes the mapping at a key: the last model on the way."""
    for step in key:
        field = model.model_fields.get(str(step))
        if field is not None:
            model = next(_models(field.annotation), model)
    return model


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The models in an annotation, such as `dict[str, Source]` or `Cost | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _at(document: Document, key: Key) -> object:
    found: Any = document.content
    for step in key:
        found = found[step]
    return found


def _dotted(key: Key) -> str:
    """The path of a key, in one short printable line."""
    name = ".".join(map(str, key))
    return name if name.isprintable() and len(name) <= 160 else quoted(name)


def _named(key: Key) -> str:
    return f"{_dotted(key)}: " if key else ""
