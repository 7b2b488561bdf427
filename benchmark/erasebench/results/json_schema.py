"""The JSON Schemas that are published, each as one text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel


def json_schema_text(
    model: type[BaseModel],
    mode: Literal["validation", "serialization"],
    narrow: Callable[[dict[str, Any]], None] | None = None,
) -> str:
    """The JSON Schema (draft 2020-12) of a file, keys sorted, newline at the end.

    Args:
        model: what the file holds.
        mode: `validation` for a file that people write, `serialization` for one that we do.
        narrow: puts into the schema what the model checks and pydantic cannot tell.
    """
    schema = model.model_json_schema(mode=mode)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    if narrow is not None:
        narrow(schema)
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
