"""The JSON Schema of result files, for readers in other languages.

`python -m erasebench.results.schema > site/static/result.schema.json` writes the published one.
"""

from __future__ import annotations

import json
import sys

from erasebench.results.result import Result


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of a result file, keys sorted, newline at the end."""
    schema = Result.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
