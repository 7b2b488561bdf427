"""Prints the recorded sweeps as Markdown tables for the pages.

python benchmark/tuning/tables.py
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from tabulate import tabulate

RECORDS = Path(__file__).parent / "records"


@click.command()
def main() -> None:
    """Print every recorded sweep."""
    for path in sorted(RECORDS.glob("*.json")):
        sweep = json.loads(path.read_text())
        rows = _method(sweep["rows"]) if "method" in sweep else _swept(sweep)
        click.echo(f"{path.stem}, base {sweep['base'][:12]}\n")
        click.echo(tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True) + "\n")


def _swept(sweep: Mapping[str, Any]) -> list[dict[str, str]]:
    """One column for the swept setting, the first of each row, and one per share."""
    rows = []
    for row in sweep["rows"]:
        (swept, value), *shares = row.items()
        tried = f"**{value:g}**" if value == sweep["chosen"] else f"{value:g}"
        figures = {name: f"{share:.1%}" for name, share in shares if isinstance(share, float)}
        rows.append({swept.replace("_", " "): tried, **figures})
    return rows


def _method(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [
        {
            "settings": " ".join(f"{name}={value}" for name, value in row["settings"].items())
            or "(base)",
            "left": f"{row['left']:.0%}",
            "kept": f"{row['kept']:.0%}",
        }
        for row in rows
    ]


if __name__ == "__main__":
    main()
