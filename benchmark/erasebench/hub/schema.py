"""The JSON Schema of manifests, for editors and for checks in other languages.

`python -m erasebench.hub.schema > site/static/manifest.schema.json` writes the published one.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from erasebench.concepts import CONCEPTS
from erasebench.hub.manifest import Manifest


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of a manifest, keys sorted, newline at the end."""
    schema = Manifest.model_json_schema(mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["checkpoints"]["propertyNames"] = {"enum": list(CONCEPTS)}
    schema["$defs"]["Source"]["properties"]["files"]["additionalProperties"] = False
    for part in (schema, *schema["$defs"].values()):
        part["properties"] = {
            name: without_null(field) for name, field in part["properties"].items()
        }
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def without_null(field: dict[str, Any]) -> dict[str, Any]:
    """A field without the null that stands for one left out: a manifest cannot write one."""
    kinds = [kind for kind in field.get("anyOf", []) if kind.get("type") != "null"]
    if not kinds:
        return field
    rest = {name: value for name, value in field.items() if name not in {"anyOf", "default"}}
    return {**rest, **kinds[0]}


if __name__ == "__main__":
    sys.stdout.write(schema_text())
