"""The JSON Schema of replays, for readers in other languages.

`python -m erasebench.results.replay_schema > site/static/replay.schema.json` writes the published
one.
"""

from __future__ import annotations

import sys

from erasebench.results.json_schema import json_schema_text
from erasebench.results.replay import Replay


def schema_text() -> str:
    """The JSON Schema of a replay; see `json_schema_text`."""
    return json_schema_text(Replay, "serialization")


if __name__ == "__main__":
    sys.stdout.write(schema_text())
