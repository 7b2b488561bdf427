"""How a command ends when it cannot go on: one line on stderr, and a status that scripts can read.

Every command line of the package shares this, `erasebench` and the training recipe alike.
"""

from __future__ import annotations

import click

from erasebench.errors import ErasebenchError

EXPECTED_FAILURE = 2
"""Exit status after an `ErasebenchError`; click gives the same to a wrong option."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells count it: 128 and the signal's number."""


class TellsFailures(click.Command):
    """A command, or mixed into a group a group, whose expected failures are one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command.

        Expected failures go to stderr without a traceback; anything else is a bug and keeps it.
        """
        try:
            return super().invoke(ctx)
        except ErasebenchError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(EXPECTED_FAILURE)
        except KeyboardInterrupt:
            click.echo(
                "\ninterrupted: what was written is kept; the same command goes on from there.",
                err=True,
            )
            ctx.exit(INTERRUPTED)
