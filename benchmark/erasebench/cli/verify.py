"""`erasebench verify`: verifies results against records, references and protocol."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from tabulate import tabulate

from erasebench.cli import options
from erasebench.cli.output import show
from erasebench.errors import ResultError
from erasebench.errors.wording import MOST_FAULTS
from erasebench.evaluation.verify.verify import Check, verify


@click.command()
@click.argument(
    "results",
    metavar="RESULT...",
    nargs=-1,
    required=True,
    type=options.FILE,
)
@click.option(
    "--run",
    "runs",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the evaluation or of one of its checkpoints; repeat for several. Outcomes are "
    "then recomputed from its records.",
)
@click.option(
    "--repository",
    metavar="OWNER/NAME",
    help="Check with `gh attestation verify` that a workflow of this repository made RESULT.",
)
@options.as_json("Print checks and all differences as JSON.")
def command(
    results: tuple[Path, ...], runs: tuple[Path, ...], repository: str | None, *, as_json: bool
) -> None:
    """Verify a result file against its records and protocol.

    Prints one line per check and exits with 2 if something differs:

    \b
    schema and protocol   the file is valid
    seed set              its digest is the published one
    probes                their properties and versions are the protocol's
    plan                  nothing that the protocol requires is missing
    references            the bundled ones; base results equal theirs
    scores and estimates  equal to those recomputed from the outcomes
    records               outcomes and images recomputed (with --run)
    attestation           made by a workflow of the repository (with --repository)

    \b
      erasebench verify leaderboard/pictogram-v1/my_method.json
      erasebench verify runs/church/result.json --run runs/church
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    if runs and len(results) > 1:
        raise click.UsageError(
            f"--run belongs to one RESULT, but {len(results)} are given. Verify them one by one."
        )
    checked = {path: verify(path, runs, repository) for path in results}
    show(
        [{"path": path, "checks": checks} for path, checks in checked.items()],
        *(f"{_table(checks)}\n\n{path}" for path, checks in checked.items()),
        as_json=as_json,
    )
    for path, checks in checked.items():
        wrong = [check.name for check in checks if check.differs]
        if wrong:
            raise ResultError(path, f"Verification failed: {', '.join(wrong)}.")


def _table(checks: Sequence[Check]) -> str:
    """One row per check, then one line per difference."""
    rows = [(check.name, _found(check)) for check in checks]
    lines = [tabulate(rows, ("check", "result"), disable_numparse=True)]
    for check in checks:
        lines += [f"{check.name}: {difference}" for difference in check.differs[:MOST_FAULTS]]
        rest = len(check.differs) - MOST_FAULTS
        if rest > 0:
            lines.append(f"{check.name}: and {rest} more (all with --json)")
    return "\n".join(lines)


def _found(check: Check) -> str:
    if check.skipped is not None:
        return f"not checked: {check.skipped}"
    if check.differs:
        return f"{len(check.differs)} differences"
    return check.note or "ok"
