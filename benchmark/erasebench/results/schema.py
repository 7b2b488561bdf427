"""The JSON Schema of result files, for readers in other languages.

`python -m erasebench.results.schema > site/static/result.schema.json` writes the published one.
"""

from __future__ import annotations

import sys

from erasebench.results.json_schema import json_schema_text
from erasebench.results.result import Result


def schema_text() -> str:
    """The JSON Schema of a result file; see `json_schema_text`."""
    return json_schema_text(Result, "serialization")


if __name__ == "__main__":
    sys.stdout.write(schema_text())
