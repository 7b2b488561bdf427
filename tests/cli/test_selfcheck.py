"""`erasebench selfcheck`: the printed report."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from erasebench.cli.main import main
from erasebench.results.outcome import Estimate
from erasebench.results.selfcheck import ProbeCheck, ProbeRates, Selfcheck
from tests.example_environment import ENVIRONMENT


def estimate(value: float) -> Estimate:
    """An estimate with an interval of ten points to each side."""
    return Estimate(value=value, low=value - 0.1, high=value + 0.1, n=24, method="by hand")


def found(rate: float, excess: float) -> ProbeRates:
    """A probe's rate and excess."""
    return ProbeRates(rate=estimate(rate), control=estimate(rate - excess), excess=estimate(excess))


@pytest.mark.parametrize(
    ("excess", "word", "status"), [(0.4, "validated", 0), (-0.05, "FAILED", 1)]
)
def test_an_excess_has_one_sign(
    monkeypatch: pytest.MonkeyPatch, excess: float, word: str, status: int
) -> None:
    """Below zero as above; a probe with a lower rate than its control has failed."""
    report = Selfcheck(
        protocol="pictogram-v1",
        protocol_digest="a" * 64,
        concept="church",
        environment=ENVIRONMENT,
        checks=(
            ProbeCheck(
                probe="noise",
                control="resampling",
                plant="filter",
                planted=found(0.5, excess),
                retrain=found(0.2, -0.002),
                base=None,
            ),
        ),
    )
    monkeypatch.setattr(
        "erasebench.evaluation.selfcheck.selfcheck.selfcheck",
        lambda *_, **__: (report, Path("report.json")),
    )

    done = CliRunner().invoke(main, ["selfcheck"])

    assert done.exit_code == status
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("noise")]
    figures = "50 / 10 +40 [30, 50]" if excess > 0 else "50 / 55 -5 [-15, 5]"
    assert line.split() == (
        f"noise resampling filter {word} {figures} 20 / 20 +0 [-10, 10] -".split()
    )
    assert done.stdout.splitlines()[-1] == "report.json"
