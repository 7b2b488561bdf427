"""`erasebench`: the command group; a verb is imported when it is used.

A verb is the module of its name in this package, and its click command is called `command`. The
overview of all verbs comes from the table below, so `--help` loads neither verbs nor torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

import click

from erasebench.exits import ReportsFailures
from erasebench.version import __version__

GROUPS: dict[str, dict[str, str]] = {
    "Evaluate": {
        "evaluate": "Evaluate an erased checkpoint.",
        "trace": "Trace how a concept disappears between base and checkpoint.",
        "verify": "Verify a result file against its records and protocol.",
        "list": "List protocols, probes, methods or concepts.",
    },
    "Make checkpoints": {
        "erase": "Erase a concept from a protocol's base.",
        "diff": "Make, apply or show a weight diff.",
        "reference": "Build reference results and reference entries.",
        "classifier": "Train, evaluate or convert latent classifiers.",
    },
    "Submit": {
        "pin": "Write a manifest for checkpoints on the Hub.",
        "validate": "Validate manifests before a pull request.",
        "fetch": "Download a submission or a protocol's models.",
        "attack": "Validate and replay attacks by third parties.",
    },
    "Board": {
        "table": "Print the leaderboard.",
        "site": "Build the website from result files.",
        "board": "Add, change or withdraw entries of the leaderboard.",
    },
    "Maintain": {
        "selfcheck": "Check every probe against positive and negative controls.",
        "season": "Open a season of hidden seeds, or reveal them.",
        "github": "Read submissions from GitHub and open pull requests.",
        "pictogram": "Measure the bundled models and show their images.",
    },
}
"""Summaries of all verbs, grouped in the order of the help."""

VERBS = {verb: summary for group in GROUPS.values() for verb, summary in group.items()}
"""Every verb with its summary."""


class LazyGroup(ReportsFailures, click.Group):
    """Imports a verb when it is called, and prints expected failures as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the verb's command; None if there is no such verb."""
        if cmd_name not in VERBS:
            return None
        return cast("click.Command", import_module(f"erasebench.cli.{cmd_name}").command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggests the nearest verb; click itself suggests imported ones only."""
        if args[0] not in VERBS and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=VERBS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,
        formatter: click.HelpFormatter,
    ) -> None:
        """Writes the groups; click itself would import every verb for its help."""
        width = max(map(len, VERBS))
        for group, verbs in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl([(verb.ljust(width), text) for verb, text in verbs.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="erasebench")
def main() -> None:
    """Measure whether a concept is really erased from a text-to-image diffusion model.

    To start, erase a concept from the bundled model, test the result quickly, and compare with the
    leaderboard:

    \b
      erasebench erase uce --concept church -o church.safetensors
      erasebench evaluate church.safetensors --probe noise --limit 4
      erasebench table

    Without --probe and --limit, `evaluate` runs the full benchmark. Each command explains itself
    with --help and prints JSON with --json. Data goes to stdout, progress to stderr.
    """  # noqa: D301  (click keeps the lines after this mark as they are)
