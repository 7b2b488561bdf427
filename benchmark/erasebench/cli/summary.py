"""What a step of a workflow leaves on the page of its run, for whoever handed something in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from erasebench.disk import room_for
from erasebench.errors import ErasebenchError

option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--summary",
    "summary_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also append to FILE, as Markdown, what was found and what to do.",
)


def summarise(path: Path | None, title: str, found: str, advice: str) -> None:
    """Appends a section to a summary.

    Args:
        path: the summary; None to do nothing.
        title: in our words.
        found: as it was printed. It may repeat what others wrote, so every line of it is indented:
            in such a block Markdown and HTML mean nothing, and no line can end it.
        advice: in our words.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    if path is None:
        return
    block = "".join(f"    {line}\n" for line in found.splitlines())
    with room_for(path), path.open("a", encoding="utf-8") as file:
        file.write(f"### {title}\n\n{block}\n{advice}\n\n")


@contextmanager
def summarised(path: Path | None, title: str, advice: str) -> Iterator[None]:
    """Tells an expected failure in a summary as well, and hands it on.

    Args:
        path: the summary; None to do nothing.
        title: of the section, where there is a failure.
        advice: what to do about it.
    """
    try:
        yield
    except ErasebenchError as error:
        summarise(path, title, str(error), advice)
        raise
