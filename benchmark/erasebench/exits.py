"""Failure of a command: one line on stderr, and an exit status for scripts.

Shared by `erasebench` and the training recipe.
"""

from __future__ import annotations

import click

from erasebench.errors import ErasebenchError

EXPECTED_FAILURE = 2
"""Exit status after an `ErasebenchError`; the same as click's for a wrong option."""

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 plus the signal's number."""


class ReportsFailures(click.Command):
    """Command, or mixin for a group, that prints expected failures as one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command.

        Expected failures are printed to stderr without a traceback; bugs keep theirs.
        """
        try:
            return super().invoke(ctx)
        except ErasebenchError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(EXPECTED_FAILURE)
        except KeyboardInterrupt:
            click.echo(
                "\ninterrupted: records are kept; run the same command again to resume.",
                err=True,
            )
            ctx.exit(INTERRUPTED)
