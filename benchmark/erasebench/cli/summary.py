"""Markdown summary that a workflow step shows to the submitter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from erasebench.disk import writing
from erasebench.errors import ErasebenchError

option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--summary",
    "summary_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also append findings and advice to FILE, as Markdown.",
)


def summarise(path: Path | None, title: str, found: str, advice: str) -> None:
    """Appends a section to a summary.

    Args:
        path: the summary; None to do nothing.
        title: trusted text.
        found: the printed output. It may contain text by others, so every line is indented: in a
            code block Markdown and HTML have no effect, and no line can end it.
        advice: trusted text.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    if path is None:
        return
    block = "".join(f"    {line}\n" for line in found.splitlines())
    with writing(path), path.open("a", encoding="utf-8") as file:
        file.write(f"### {title}\n\n{block}\n{advice}\n\n")


@contextmanager
def summarised(path: Path | None, title: str, advice: str) -> Iterator[None]:
    """Adds an expected failure to a summary, and raises it again.

    Args:
        path: the summary; None to do nothing.
        title: of the section, if there is a failure.
        advice: how to fix it.
    """
    try:
        yield
    except ErasebenchError as error:
        summarise(path, title, str(error), advice)
        raise
