"""Options that several verbs share, so that they read and behave alike."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click

from erasebench.imagenet import Numbering
from erasebench.protocol import PICTOGRAM_V1, PUBLIC_SEEDS, SeedSet
from erasebench.protocol.season import seeds_of

DEFAULT_PROTOCOL = PICTOGRAM_V1.name
"""Bundled, so that it is there for everybody."""

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
"""What is put over a command's function to give it an option."""

device: Option = click.option(
    "--device", default="cpu", show_default=True, help="Where to compute."
)

threads: Option = click.option(
    "--threads", type=click.IntRange(min=1), help="CPU threads.  [default: all cores]"
)

results: Option = click.option(
    "--results",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="A leaderboard, an evaluation, a folder of evaluations, or a result file; repeat for "
    "several.  [default: leaderboard]",
)

leaderboard: Option = click.option(
    "--into",
    "leaderboard",
    type=click.Path(path_type=Path, file_okay=False),
    default="leaderboard",
    show_default=True,
    help="The leaderboard's folder.",
)

numbering: Option = click.option(
    "--labels",
    "numbering",
    type=click.Choice(get_args(Numbering)),
    help="What the data set's label numbers count, where its labels have no names that tell: "
    "ImageNet-1k's thousand, or Imagenette's ten from 0 on.",
)


def data(use: str) -> Option:
    """`--data`; the command takes it as `data`, None where it is left out.

    Args:
        use: sentences on what it serves, and what is taken without it.
    """
    return click.option(
        "--data",
        metavar="DATASET",
        help="Labelled photographs: a folder with one folder a label, a folder of parquet files, "
        f"one parquet file, or OWNER/NAME@REVISION on the Hub. {use}",
    )


dtype: Option = click.option(
    "--dtype",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    help="What the base's weights are computed in; results record it.  [default: float32; for a "
    "base from the Hub on a GPU float16]",
)


season: Option = click.option(
    "--season",
    metavar="NAME",
    help="Seeds of a season instead of the public ones. While they are hidden their secret is "
    "taken from ERASEBENCH_SEASON_SECRET, and no pictures are kept.",
)


def seeds(name: str | None) -> SeedSet:
    """What `--season` names; the secret of a hidden season is compared with its digest first."""
    return PUBLIC_SEEDS if name is None else seeds_of(name, os.environ)


def as_json(meaning: str) -> Option:
    """`--json`, which every verb has; the command takes it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help=meaning)


def protocol(meaning: str, default: str | None = DEFAULT_PROTOCOL) -> Option:
    """`--protocol`; the command takes it as `protocol_name`, None where there is no default."""
    return click.option(
        "--protocol",
        "protocol_name",
        default=default,
        show_default=default is not None,
        help=meaning,
    )
