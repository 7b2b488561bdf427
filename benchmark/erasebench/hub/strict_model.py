"""A YAML file as a model of its schema, each fault with its line, its meaning and a near name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from erasebench.errors import quoted
from erasebench.hub.errors import Fault, ManifestError
from erasebench.hub.manifest import FILL_IN
from erasebench.hub.strict_yaml import Document, Key, read_yaml

Model = TypeVar("Model", bound=BaseModel)

PartAt = Callable[[Key], type[BaseModel]]
"""The part of a schema whose fields a mapping at a key holds."""


def read_model(path: Path, model: type[Model], part_at: PartAt) -> Model:
    """Reads a file.

    Args:
        path: the file.
        model: what it must hold.
        part_at: finds the model that describes a key, for messages.

    Raises:
        ManifestError: if it is no plain YAML, or a key is missing, unknown or holds what it must
            not; names every fault with its line.
    """
    document = read_yaml(path)
    if not isinstance(document.content, dict):
        raise ManifestError(
            path, Fault("it must be a mapping: `schema_version: 1`, `name: …` and so on.", 1)
        )
    schema = _Schema(part_at)
    faults = [
        Fault(f"{_dotted(key)} is still to be filled in: {schema.meaning(key)}", line)
        for key, line in document.lines.items()
        if _at(document, key) == FILL_IN
    ]
    if faults:
        raise ManifestError(path, *faults)
    try:
        return model.model_validate(document.content)
    except ValidationError as error:
        found = [schema.fault(one, document) for one in error.errors(include_url=False)]
        raise ManifestError(path, *sorted(found, key=lambda fault: fault.line or 0)) from error


@dataclass(frozen=True)
class _Schema:
    """What messages need to know of a schema."""

    part_at: PartAt

    def fault(self, error: Mapping[str, Any], document: Document) -> Fault:
        """One of pydantic's findings in our words."""
        key: Key = tuple(step for step in error["loc"] if step != "[key]")
        line = document.line(key)
        match error["type"]:
            case "missing":
                return Fault(f"{_dotted(key)} is missing: {self.meaning(key)}", line)
            case "extra_forbidden":
                known = tuple(self.part_at(key[:-1]).model_fields)
                near = next(iter(difflib.get_close_matches(str(key[-1]), known, n=1)), None)
                hint = f"Did you mean {near}? " if near else ""
                return Fault(
                    f"{quoted(_dotted(key))} is no key of a manifest. {hint}"
                    f"Known here: {', '.join(known)}.",
                    line,
                )
            case "value_error":
                return Fault(f"{_named(key)}{error['ctx']['error']}.", line)
            case _:
                said = f"{error['msg'][0].lower()}{error['msg'][1:]}"
                found = quoted(error["input"])
                return Fault(f"{_named(key)}found {found}: {said}. {self.meaning(key)}", line)

    def meaning(self, key: Key) -> str:
        """What the schema says of a key; nothing where it is no field."""
        field = self.part_at(key[:-1]).model_fields.get(str(key[-1])) if key else None
        return (field.description or "") if field else ""


def _at(document: Document, key: Key) -> object:
    found: Any = document.content
    for step in key:
        found = found[step]
    return found


def _dotted(key: Key) -> str:
    """Something's place in words, in one short line whatever its keys are."""
    name = ".".join(map(str, key))
    return name if name.isprintable() and len(name) <= 160 else quoted(name)


def _named(key: Key) -> str:
    return f"{_dotted(key)}: " if key else ""
