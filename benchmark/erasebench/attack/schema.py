"""The JSON Schema of attacks' manifests, for editors and for checks in other languages.

`python -m erasebench.attack.schema > site/static/attack.schema.json` writes the published one.
"""

from __future__ import annotations

import sys
from typing import Any

from erasebench.attack.manifest import AttackManifest
from erasebench.concepts import CONCEPTS
from erasebench.hub.schema import drop_nulls
from erasebench.results.json_schema import json_schema_text


def schema_text() -> str:
    """The JSON Schema of an attack's manifest; see `json_schema_text`."""
    return json_schema_text(AttackManifest, "validation", _narrow)


def _narrow(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [{"required": ["prompts"]}, {"required": ["embeddings"]}]
    schema["properties"]["concept"]["enum"] = list(CONCEPTS)
    drop_nulls(schema)


if __name__ == "__main__":
    sys.stdout.write(schema_text())
