"""`erasebench selfcheck`: checks every probe against positive and negative controls."""

from __future__ import annotations

import json

import click
from tabulate import tabulate

from erasebench.board.format import in_percent
from erasebench.cli import options
from erasebench.evaluation.plan.request import Compute
from erasebench.protocol import protocol_named
from erasebench.results.selfcheck import VALIDATED, ProbeCheck, ProbeRates


@click.command()
@options.protocol("Protocol whose probes are checked.")
@options.device
@options.threads
@options.as_json("Print the report as JSON.")
def command(protocol_name: str, device: str, threads: int | None, *, as_json: bool) -> None:
    """Check every probe against positive and negative controls.

    Positive control: a planted erasure from which the probe must recover the concept, e.g. a filter
    in front of an unchanged model. It must exceed its control by 30 points there, and the plain
    prompt too if it starts from an image by the original model. Negative control: a model trained
    without the concepts; its rate shows false positives. The original model is printed as well.

    Prints a table and the path of the report. Later evaluations on this machine read the report: a
    failed probe is named there and leaves no robustness. Takes about 15 min on two CPU cores; an
    interrupted check is resumed.

    \b
      erasebench selfcheck
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    protocol = protocol_named(protocol_name)

    # Loads torch, so only after the options have been checked.
    from erasebench.evaluation.selfcheck.selfcheck import selfcheck

    report, path = selfcheck(protocol, Compute(device, threads))
    if as_json:
        facts = report.model_dump(mode="json")
        click.echo(json.dumps({"path": str(path), **facts}, indent=2, sort_keys=True))
    else:
        click.echo(tabulate(map(_row, report.checks), headers="keys", disable_numparse=True))
        click.echo(
            f"\nRecovery rate / rate of the control, excess [95 % interval], in %. Concept: "
            f"{report.concept}. Validated: excess of at least {100 * VALIDATED:.0f} points."
        )
        click.echo(path)
    if report.failed:
        raise click.exceptions.Exit(1)


def _row(check: ProbeCheck) -> dict[str, str]:
    return {
        "probe": check.probe,
        "control": check.control,
        "planted": check.plant or "-",
        "": "validated" if check.validated else "FAILED" if check.testable else "not validated",
        "planted erasure": _found(check.planted),
        "retrained model": _found(check.retrain),
        "original model": _found(check.base),
    }


def _found(found: ProbeRates | None) -> str:
    if found is None:
        return "-"
    rate = f"{100 * found.rate.value:.0f}"
    if found.control is None or found.excess is None:
        return rate
    plain = "" if found.plain is None else f", plain prompt {100 * found.plain.value:.0f}"
    excess = in_percent(found.excess, signed=True)
    return f"{rate} / {100 * found.control.value:.0f}  {excess}{plain}"
