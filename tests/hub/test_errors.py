"""What messages about manifests and the Hub look like."""

from __future__ import annotations

from pathlib import Path

from erasebench.hub.errors import HubError
from erasebench.manifest.errors import Fault, ManifestError


def test_what_the_hub_says_cannot_disturb_the_terminal() -> None:
    """Neither a place nor a problem reaches it with letters that move the cursor or end a line."""
    error = HubError("org/name@main/a\x1b[2J\n::error::", "It says \x07 and \ud800.")

    assert str(error) == r"org/name@main/a\x1b[2J\n::error::: It says \x07 and \ud800."
    assert error.place == "org/name@main/a\x1b[2J\n::error::"


def test_a_few_faults_are_shown_and_the_rest_is_counted() -> None:
    """A message stays readable however many there are; the attribute holds them all."""
    faults = tuple(Fault(f"fault {number}", number) for number in range(1, 24))
    lines = str(ManifestError(Path("x.yaml"), *faults)).splitlines()

    assert lines[0] == "x.yaml: 23 faults"
    assert lines[1:21] == [f"  line {number}: fault {number}" for number in range(1, 21)]
    assert lines[21:] == ["  and 3 more"]
    assert "more" not in str(ManifestError(Path("x.yaml"), *faults[:20]))
