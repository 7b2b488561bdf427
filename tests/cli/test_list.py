"""`erasebench list`: its tables and its JSON."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from erasebench.cli.main import main
from erasebench.concepts import CONCEPTS
from erasebench.exits import EXPECTED_FAILURE
from erasebench.methods.registry import METHODS
from erasebench.probes.registry import probes_of, unlisted
from erasebench.protocol import PICTOGRAM_V1, PROTOCOLS

NAMES = {
    "protocols": list(PROTOCOLS),
    "probes": [*probes_of(PICTOGRAM_V1), *unlisted(PICTOGRAM_V1)],
    "methods": list(METHODS),
    "concepts": list(CONCEPTS),
}


@pytest.mark.parametrize("what", NAMES)
def test_json_holds_everything_registered(what: str) -> None:
    """With --json, stdout lists all registered members in order, and nothing else."""
    result = CliRunner().invoke(main, ["list", what, "--json"])

    assert [row["name"] for row in json.loads(result.stdout)] == NAMES[what]


@pytest.mark.parametrize("what", NAMES)
def test_table_has_a_line_for_each(what: str) -> None:
    """One line for each, below a header and a rule."""
    lines = CliRunner().invoke(main, ["list", what]).stdout.splitlines()

    assert lines[0].startswith("name")
    assert [line.split()[0] for line in lines[2:]] == NAMES[what]


def test_draws_are_those_of_the_protocol() -> None:
    """The protocol sets the number of draws: twelve start latents, six η times two v of noise."""
    rows = json.loads(CliRunner().invoke(main, ["list", "probes", "--json"]).stdout)
    draws = {row["name"]: row["draws"] for row in rows}

    assert draws["standard_prompt"] == 1
    assert draws["resampling"] == 12
    assert draws["noise"] == 12


def test_concept_shows_its_role_in_the_protocol() -> None:
    """A church is ranked and not retained, van_gogh retained and not ranked, gas_pump neither."""
    rows = json.loads(CliRunner().invoke(main, ["list", "concepts", "--json"]).stdout)
    parts = {row["name"]: (row["ranked"], row["retained"]) for row in rows}

    assert parts["church"] == (True, False)
    assert parts["van_gogh"] == (False, True)
    assert parts["gas_pump"] == (False, False)


def test_unknown_protocol_suggests_the_nearest() -> None:
    """A misspelt protocol is an expected failure."""
    result = CliRunner().invoke(main, ["list", "probes", "--protocol", "pictogram"])

    assert result.exit_code == EXPECTED_FAILURE
    assert "Did you mean 'pictogram-v1'?" in result.stderr
