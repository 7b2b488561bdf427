"""The JSON Schema of manifests, for editors and for checks in other languages.

`python -m erasebench.hub.schema > site/static/manifest.schema.json` writes the published one.
"""

from __future__ import annotations

import sys
from typing import Any

from erasebench.concepts import CONCEPTS
from erasebench.hub.manifest import Manifest
from erasebench.results.json_schema import json_schema_text


def schema_text() -> str:
    """The JSON Schema of a manifest; see `json_schema_text`."""
    return json_schema_text(Manifest, "validation", _narrow)


def drop_nulls(schema: dict[str, Any]) -> None:
    """Removes null from optional fields: in YAML they are left out instead."""
    for part in (schema, *schema["$defs"].values()):
        part["properties"] = {
            name: _without_null(field) for name, field in part["properties"].items()
        }


def _narrow(schema: dict[str, Any]) -> None:
    schema["properties"]["checkpoints"]["propertyNames"] = {"enum": list(CONCEPTS)}
    schema["$defs"]["Source"]["properties"]["files"]["additionalProperties"] = False
    drop_nulls(schema)


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """A field without null: a manifest cannot write one."""
    kinds = [kind for kind in field.get("anyOf", []) if kind.get("type") != "null"]
    if not kinds:
        return field
    rest = {name: value for name, value in field.items() if name not in {"anyOf", "default"}}
    return {**rest, **kinds[0]}


if __name__ == "__main__":
    sys.stdout.write(schema_text())
