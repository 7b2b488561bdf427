"""`erasebench selfcheck`: checks every probe against positive and negative controls."""

from __future__ import annotations

from typing import Unpack

import click
from tabulate import tabulate

from erasebench.board.format import in_percent
from erasebench.cli import options
from erasebench.cli.output import show, with_path
from erasebench.evaluation.plan.request import Compute
from erasebench.protocol import Protocol
from erasebench.results.selfcheck import VALIDATED, ProbeCheck, ProbeRates


@click.command()
@options.protocol("Protocol whose probes are checked.")
@options.compute
@options.as_json("Print the report as JSON.")
def command(protocol: Protocol, *, as_json: bool, **compute: Unpack[options.DeviceOptions]) -> None:
    """Check every probe against positive and negative controls.

    Positive control: a planted erasure from which the probe must recover the concept, e.g. a filter
    in front of an unchanged model. The probe passes if its recovery rate exceeds that of its
    control by 30 points; if it starts from an image by the original model, it must also exceed the
    plain prompt by 30 points. Negative control: a model trained without the concepts; its rate
    shows false positives. The rate on the original model is printed as well.

    Prints a table and the path of the report. Later evaluations on this machine read the report; if
    a probe failed, they name it and compute no robustness. Takes about 15 min on two CPU cores; an
    interrupted check is resumed.

    \b
      erasebench selfcheck
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    # Loads torch, so only after the options have been checked.
    from erasebench.evaluation.selfcheck.selfcheck import selfcheck

    report, path = selfcheck(protocol, Compute(**compute))
    show(
        with_path(path, report),
        tabulate(map(_row, report.checks), headers="keys", disable_numparse=True),
        f"\nRecovery rate / rate of the control, excess [95 % interval], in %. Concept: "
        f"{report.concept}. Validated: excess of at least {100 * VALIDATED:.0f} points.",
        path,
        as_json=as_json,
    )
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
