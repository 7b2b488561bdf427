"""Expressions are worked out as GitHub does."""

from __future__ import annotations

import pytest

from tests.workflows.expressions import filled, value_of

CONTEXT = {
    "github": {"ref": "refs/heads/main", "sha": "abc"},
    "inputs": {"limit": "2", "probes": None, "pull_request": 12, "trial": True},
    "secrets": {"HF_TOKEN": "t"},
    "job": {"status": "failure"},
}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${{ github.sha }}", "abc"),
        ("x-${{ inputs.pull_request || github.sha }}", "x-12"),
        ("x-${{ inputs.probes || github.sha }}", "x-abc"),
        ("${{ inputs.limit }}${{ inputs.probes }}", "2"),
        ("${{ inputs.limit != '' || inputs.probes != '' }}", "true"),
        ("${{ inputs.probes != '' }}", "false"),
        ("${{ inputs.trial }}", "true"),
        ("${{ github.ref == 'refs/heads/main' }}", "true"),
        ("${{ github.ref == 'x' && github.sha }}", "false"),
        ("${{ github.event.before }}", ""),
        ("${{ secrets.HF_TOKEN }}", "t"),
        ("${{ failure() && github.sha }}", "abc"),
        ("${{ inputs.probes || 'A failure; see there.' }}", "A failure; see there."),
        ("no expression", "no expression"),
    ],
)
def test_an_expression_is_worked_out(text: str, result: str) -> None:
    """Null is an empty text, truth is written small, and of two the first that is there."""
    assert filled(text, CONTEXT) == result


@pytest.mark.parametrize("expression", ["hashFiles('x')", "github['ref']", "1 < 2", "always()"])
def test_what_is_not_known_is_not_guessed(expression: str) -> None:
    """A workflow that uses more of the language fails here, and this module is to be extended."""
    with pytest.raises(AssertionError, match="not known here"):
        value_of(expression, CONTEXT)
