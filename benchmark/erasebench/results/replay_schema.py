"""The JSON Schema of replays, for readers in other languages.

`python -m erasebench.results.replay_schema > site/static/replay.schema.json` writes the published
one.
"""

from __future__ import annotations

import json
import sys

from erasebench.results.replay import Replay


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of a replay, keys sorted, newline at the end."""
    schema = Replay.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
