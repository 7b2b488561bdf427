"""The command group: help, unknown verbs, failures, interruption."""

from __future__ import annotations

from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from erasebench.cli.main import VERBS, main
from erasebench.errors import UnknownNameError
from erasebench.exits import EXPECTED_FAILURE, INTERRUPTED
from erasebench.version import __version__


@pytest.mark.parametrize("verb", VERBS)
def test_verb_has_a_command_with_help_and_json(verb: str) -> None:
    """Every verb of the table loads and has help and `--json`."""
    command = import_module(f"erasebench.cli.{verb}").command

    assert command.help
    assert [leaf.name for leaf in _leaves(command) if not _has_option(leaf, "--json")] == []


def test_help_shows_every_verb_with_its_sentence() -> None:
    """The help lists the whole table."""
    result = CliRunner().invoke(main, ["--help"])

    assert result.exit_code == 0
    for verb, summary in VERBS.items():
        assert f"  {verb}" in result.output
        assert summary in result.output


def test_version_is_the_packages() -> None:
    """`--version` prints the version that results record."""
    result = CliRunner().invoke(main, ["--version"])

    assert result.output == f"erasebench, version {__version__}\n"


def test_unknown_verb_suggests_the_nearest() -> None:
    """A misspelt verb exits with 2 and suggests the nearest."""
    result = CliRunner().invoke(main, ["selfchek"])

    assert result.exit_code == EXPECTED_FAILURE
    assert "Did you mean 'selfcheck'?" in result.stderr


def test_expected_failure_is_one_line_on_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    """An expected failure inside a verb exits 2 with its message, no traceback, no stdout."""
    error = UnknownNameError("concept", "chruch", ("church",))
    result = _run_failing_verb(monkeypatch, error)

    assert result.exit_code == EXPECTED_FAILURE
    assert result.stderr == f"error: {error}\n"
    assert result.stdout == ""


def test_interruption_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C exits with 130 and says that the same command resumes."""
    result = _run_failing_verb(monkeypatch, KeyboardInterrupt())

    assert result.exit_code == INTERRUPTED
    assert "run the same command again to resume" in result.stderr


def test_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error is not shown as an expected one."""
    bug = ZeroDivisionError("division by zero")
    result = _run_failing_verb(monkeypatch, bug)

    assert result.exception is bug


def _run_failing_verb(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> click.testing.Result:
    """Calls `list` through the real group, with a command that raises."""

    @click.command("list")
    def failing() -> None:
        raise error

    monkeypatch.setattr(import_module("erasebench.cli.list"), "command", failing)
    return CliRunner().invoke(main, ["list"])


def _leaves(command: click.Command) -> list[click.Command]:
    """The command itself, or all commands below a group."""
    if not isinstance(command, click.Group):
        return [command]
    return [leaf for inner in command.commands.values() for leaf in _leaves(inner)]


def _has_option(command: click.Command, name: str) -> bool:
    return any(name in parameter.opts for parameter in command.params)
