"""JSON Schemas (draft 2020-12) of the files that others read or write.

`python -m erasebench.schemas site/static` writes the published ones.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from erasebench.attack.manifest import AttackManifest
from erasebench.attack.replay_result import Replay
from erasebench.concepts import CONCEPTS
from erasebench.disk import replace_file
from erasebench.manifest.manifest import Manifest
from erasebench.results.result import Result

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class PublishedSchema:
    """The schema of one kind of file.

    Attributes:
        model: content of the file.
        mode: `validation` for files written by people, `serialization` for files of erasebench.
        narrow: adds checks of the model that pydantic does not export.
    """

    model: type[BaseModel]
    mode: Literal["validation", "serialization"]
    narrow: Callable[[dict[str, Any]], None] | None = None

    def text(self) -> str:
        """The schema as JSON, keys sorted, newline at the end."""
        schema = self.model.model_json_schema(mode=self.mode)
        schema["$schema"] = _DRAFT
        if self.narrow is not None:
            self.narrow(schema)
        return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _narrow_manifest(schema: dict[str, Any]) -> None:
    schema["properties"]["checkpoints"]["propertyNames"] = {"enum": list(CONCEPTS)}
    schema["$defs"]["Source"]["properties"]["files"]["additionalProperties"] = False
    _drop_nulls(schema)


def _narrow_attack(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [{"required": ["prompts"]}, {"required": ["embeddings"]}]
    schema["properties"]["concept"]["enum"] = list(CONCEPTS)
    _drop_nulls(schema)


def _drop_nulls(schema: dict[str, Any]) -> None:
    """Removes null from every optional field, since the strict YAML cannot write it."""
    for part in (schema, *schema["$defs"].values()):
        part["properties"] = {
            name: _without_null(field) for name, field in part["properties"].items()
        }


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in field.get("anyOf", []) if kind.get("type") != "null"]
    if not kinds:
        return field
    rest = {name: value for name, value in field.items() if name not in {"anyOf", "default"}}
    return {**rest, **kinds[0]}


SCHEMAS = {
    "result": PublishedSchema(Result, "serialization"),
    "replay": PublishedSchema(Replay, "serialization"),
    "manifest": PublishedSchema(Manifest, "validation", _narrow_manifest),
    "attack": PublishedSchema(AttackManifest, "validation", _narrow_attack),
}
"""By the name of the published file, `<name>.schema.json`."""


def write_schemas(folder: Path) -> None:
    """Writes every schema into a folder."""
    for name, schema in SCHEMAS.items():
        replace_file(folder / f"{name}.schema.json", schema.text().encode())


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
