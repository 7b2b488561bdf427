"""Options of several verbs, and the current day."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypedDict, get_args

import click

from erasebench.imagenet import Numbering
from erasebench.protocol import PICTOGRAM_V1, PUBLIC_SEEDS, SeedSet, protocol_named
from erasebench.protocol.seeds import seeds_of

DEFAULT_PROTOCOL = PICTOGRAM_V1.name
"""Bundled with the package, so it needs no download."""

PATH = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Decorator that adds options to a command."""

device: Option = click.option(
    "--device",
    metavar="DEVICE",
    default="cpu",
    show_default=True,
    help="Device to compute on, e.g. cpu, cuda or cuda:1.",
)

threads: Option = click.option(
    "--threads", metavar="N", type=click.IntRange(min=1), help="CPU threads.  [default: all cores]"
)


class DeviceOptions(TypedDict):
    """The values of `compute`; with more options they make a `plan.request.Compute`."""

    device: str
    threads: int | None


def compute(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--device` and `--threads`; the command takes them as `**compute: Unpack[DeviceOptions]`."""
    return device(threads(command))


batch_size: Option = click.option(
    "--batch-size",
    metavar="N",
    type=click.IntRange(min=1),
    help="Images per batch.  [default: as many as fit into the free memory]",
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
    type=FOLDER,
    default="leaderboard",
    show_default=True,
    help="Folder of the leaderboard.",
)

numbering: Option = click.option(
    "--labels",
    "numbering",
    type=click.Choice(get_args(Numbering)),
    help="Meaning of the data set's label numbers, if the labels have no names: the 1,000 of "
    "ImageNet-1k, or the 10 of Imagenette.",
)


def data(use: str) -> Option:
    """`--data`; the command takes it as `data`, None by default.

    Args:
        use: purpose and default, for the help.
    """
    return click.option(
        "--data",
        metavar="DATASET",
        help="Labelled photographs: a folder with one subfolder per label, a parquet file, a "
        f"folder of parquet files, or OWNER/NAME@REVISION on the Hub. {use}",
    )


dtype: Option = click.option(
    "--dtype",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    help="Precision of the base's weights; recorded in the result.  [default: float32; float16 for "
    "a base from the Hub on a GPU]",
)


season: Option = click.option(
    "--season",
    metavar="NAME",
    help="Use the seeds of a season instead of the public seeds. While they are hidden, the secret "
    "is read from ERASEBENCH_SEASON_SECRET and no images are kept.",
)


def seeds(name: str | None) -> SeedSet:
    """The seeds that `--season` names; the secret of a hidden season is checked first."""
    return PUBLIC_SEEDS if name is None else seeds_of(name, os.environ)


def output(
    meaning: str, default: str | None = None, *, required: bool = False, folder: bool = False
) -> Option:
    """`--output`, a file or a folder."""
    return click.option(
        "-o",
        "--output",
        type=FOLDER if folder else FILE,
        default=default,
        show_default=default is not None,
        required=required,
        help=meaning,
    )


def seed(meaning: str = "Random seed.") -> Option:
    """`--seed`, 0 by default."""
    return click.option(
        "--seed",
        metavar="N",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help=meaning,
    )


def as_json(meaning: str) -> Option:
    """`--json`, which every verb has; the command takes it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help=meaning)


def protocol(meaning: str, default: str | None = DEFAULT_PROTOCOL) -> Option:
    """`--protocol`; the command takes a `Protocol`, None if there is no default."""
    return click.option(
        "--protocol",
        metavar="NAME",
        default=default,
        show_default=default is not None,
        callback=lambda _ctx, _option, name: None if name is None else protocol_named(name),
        help=meaning,
    )


def today() -> date:
    """The current day, UTC."""
    return datetime.now(UTC).date()
