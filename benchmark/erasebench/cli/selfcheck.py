"""`erasebench selfcheck`: do the probes find what is there, and only that?"""

from __future__ import annotations

import json

import click
from tabulate import tabulate

from erasebench.board.format import in_percent
from erasebench.cli import options
from erasebench.protocol import protocol_named
from erasebench.results.selfcheck import PROVEN, Found, ProbeCheck


@click.command()
@options.protocol("The protocol whose probes are checked.")
@options.device
@options.threads
@options.as_json("Print the report as JSON.")
def command(protocol_name: str, device: str, threads: int | None, *, as_json: bool) -> None:
    """Check that every probe finds what is there, and does not invent what is not.

    Each probe that ranks is asked of an erasure made by hand from which it must recover the
    concept: a filter before a model that knows all, say. It must exceed its control there by 30
    points; a probe that begins from a picture by the base also what the plain prompt finds. Beside
    that stands what it gives on a model that never knew the concepts, which is what it invents, and
    on the unedited base.

    The report is kept. An evaluation in a set-up in which a probe failed says so and gives no
    robustness. On two CPU cores the check takes about fifteen minutes; one that was
    stopped goes on from where it stood.
    """
    protocol = protocol_named(protocol_name)

    # Loads torch, so only once the options have been checked.
    from erasebench.evaluation.selfcheck import selfcheck

    report, path = selfcheck(protocol, device=device, threads=threads)
    if as_json:
        facts = report.model_dump(mode="json")
        click.echo(json.dumps({"path": str(path), **facts}, indent=2, sort_keys=True))
    else:
        click.echo(tabulate(map(_row, report.checks), headers="keys", disable_numparse=True))
        click.echo(
            f"\nRecognised / by the control, and the excess with its 95 % interval, in percent; "
            f"planted in {report.concept}; proven from an excess of {100 * PROVEN:.0f} on."
        )
        click.echo(path)
    if report.failed:
        raise click.exceptions.Exit(1)


def _row(check: ProbeCheck) -> dict[str, str]:
    return {
        "probe": check.probe,
        "control": check.control,
        "planted": check.plant or "-",
        "": "proven" if check.proven else "FAILED" if check.tried else "unproven",
        "on the planted": _found(check.planted),
        "on retrain": _found(check.retrain),
        "on the base": _found(check.base),
    }


def _found(found: Found | None) -> str:
    if found is None:
        return "-"
    rate = f"{100 * found.rate.value:.0f}"
    if found.control is None or found.excess is None:
        return rate
    plain = "" if found.plain is None else f", plainly {100 * found.plain.value:.0f}"
    excess = in_percent(found.excess, signed=True)
    return f"{rate} / {100 * found.control.value:.0f}  {excess}{plain}"
