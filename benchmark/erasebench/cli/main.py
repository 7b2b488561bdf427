"""`erasebench`: a group whose verbs are imported when they are used.

A verb is the module of its name in this package, and its click command is called `command`. Help
comes from the table below, so that it is there at once and torch is not loaded for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

import click

from erasebench import __version__
from erasebench.exits import TellsFailures

VERBS: dict[str, str] = {
    "evaluate": "Ask an erased checkpoint for what it should have forgotten.",
    "erase": "Erase a concept from a protocol's base and write the diff.",
    "trace": "Follow a concept on the way from the base to an erased checkpoint.",
    "diff": "Make a diff, apply it, or show what a checkpoint changes.",
    "list": "Show the protocols, probes, methods or concepts there are.",
    "classifier": "Train, measure or convert latent classifiers.",
    "reference": "Make the rows that every table is read against.",
    "season": "Open a season of hidden seeds, or tell them when it is over.",
    "selfcheck": "Check that every probe finds what is there, and only that.",
    "pin": "Write a submission's manifest from what is on the Hub.",
    "validate": "Check manifests as a pull request does.",
    "fetch": "Fetch a submission's files, for runs without a network.",
    "verify": "Check that a result is what its records and the protocol give.",
    "board": "Put results into the rows of a leaderboard.",
    "table": "Print the rows of a leaderboard.",
    "attack": "Check and replay attacks that somebody hands in.",
    "site": "Render result files as web pages.",
    "github": "Take a manifest from GitHub, or open a pull request there.",
    "pictogram": "Measure the bundled models, or look at what they draw.",
}
"""Every verb and what it does, in the order of the help."""


class LazyGroup(TellsFailures, click.Group):
    """Loads a verb when it is called, and turns expected failures into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, imported now; None if there is no such verb."""
        if cmd_name not in VERBS:
            return None
        return cast("click.Command", import_module(f"erasebench.cli.{cmd_name}").command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggests the nearest verb; click itself would look among loaded ones only."""
        if args[0] not in VERBS and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=VERBS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,
        formatter: click.HelpFormatter,
    ) -> None:
        """Writes the table; click itself would load every verb to ask for its help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="erasebench")
def main() -> None:
    """Was a concept really erased from a text-to-image model?

    \b
      erasebench list probes
      erasebench erase esd_x --concept church -o church.safetensors
      erasebench evaluate church.safetensors --concept church

    Data goes to stdout, progress to stderr, and every command has --json.
    """  # noqa: D301  (click keeps the lines after this mark as they are)
