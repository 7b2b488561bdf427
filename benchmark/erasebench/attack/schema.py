"""The JSON Schema of attacks' manifests, for editors and for checks in other languages.

`python -m erasebench.attack.schema > site/static/attack.schema.json` writes the published one.
"""

from __future__ import annotations

import json
import sys

from erasebench.attack.manifest import AttackManifest
from erasebench.concepts import CONCEPTS
from erasebench.hub.schema import without_null


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of an attack's manifest, keys sorted, newline at the end."""
    schema = AttackManifest.model_json_schema(mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["oneOf"] = [{"required": ["prompts"]}, {"required": ["embeddings"]}]
    schema["properties"]["concept"]["enum"] = list(CONCEPTS)
    for part in (schema, *schema["$defs"].values()):
        part["properties"] = {
            name: without_null(field) for name, field in part["properties"].items()
        }
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
