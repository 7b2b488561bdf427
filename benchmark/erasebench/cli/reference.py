"""`erasebench reference`: makes the rows that every table is read against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from erasebench.cli import options
from erasebench.protocol import protocol_named

if TYPE_CHECKING:
    from erasebench.submission.card import Card

_output = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Make what every table is read against: the ends of its scale, and rows.

    \b
      erasebench reference build
      erasebench reference make prompt_filter --concept church -o filter.safetensors
      erasebench reference make weight_noise -o noise.safetensors
      erasebench evaluate filter.safetensors
      erasebench evaluate noise.safetensors --concept church
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@options.protocol("The protocol whose references are made.")
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/references"),
    show_default=True,
    help="Folder of the run, which is kept: a build that was stopped goes on from it. It must be "
    "new or empty, or that of such a build.",
)
@options.device
@options.threads
@options.season
@options.as_json("Print the paths as JSON.")
def build(
    protocol_name: str,
    work: Path,
    device: str,
    threads: int | None,
    season: str | None,
    *,
    as_json: bool,
) -> None:
    """Measure the ends of the scale: the unedited base, and retrain, which never knew.

    Every probe is asked of both on every ranked concept. What they give becomes package data, by
    which every later evaluation is scored, so that none has to measure them again. For the
    bundled base this takes about two hours on two CPU cores.
    """
    seeds = options.seeds(season)
    protocol = protocol_named(protocol_name)

    # Loads torch, so only once the options have been checked.
    from erasebench.classifier_training.fetched import fetch_data_set
    from erasebench.evaluation.references import build_references

    if protocol.photographs is not None:
        fetch_data_set(protocol.photographs)
    paths = build_references(protocol, work, device=device, threads=threads, seeds=seeds)
    if as_json:
        click.echo(json.dumps({"paths": list(map(str, paths))}, indent=2))
        return
    for path in paths:
        click.echo(path)


@command.group()
def make() -> None:
    """Make the checkpoint of a row.

    Both are what no erasure should be: words that are kept from a model which knows all, and a
    model that draws nothing any more. They are evaluated like any other checkpoint.
    """


@make.command("prompt_filter")
@click.option("--concept", "concept_name", required=True, help="Whose prompts become empty.")
@options.protocol("The protocol whose base is filtered.")
@click.option(
    "-o",
    "--output",
    type=_output,
    help="File of the filter; what was there is replaced.  "
    "[default: prompt_filter-CONCEPT.safetensors]",
)
@options.as_json("Print the card as JSON.")
def prompt_filter(
    concept_name: str, protocol_name: str, output: Path | None, *, as_json: bool
) -> None:
    """The unedited base behind a perfect filter.

    A prompt that holds the concept's name, in any case, becomes the empty prompt. Descriptions,
    and tokens learned on the model, pass.
    """
    protocol = protocol_named(protocol_name)
    concept = protocol.concept(concept_name)
    path = output or Path(f"prompt_filter-{concept.name}.safetensors")

    # Loads torch, so only once the options have been checked.
    from erasebench.submission.base import open_base
    from erasebench.submission.diff import write_prompt_filter

    card = write_prompt_filter(path, concept, open_base(protocol).digest)
    click.echo(_as_json(path, card) if as_json else path)


@make.command("weight_noise")
@options.protocol("The protocol whose base is broken.")
@click.option(
    "-o",
    "--output",
    type=_output,
    default=Path("weight_noise.safetensors"),
    show_default=True,
    help="File of the diff; what was there is replaced.",
)
@options.device
@options.threads
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of the noise in the weights.",
)
@options.as_json("Print the card as JSON.")
def weight_noise(
    protocol_name: str,
    output: Path,
    device: str,
    threads: int | None,
    seed: int,
    *,
    as_json: bool,
) -> None:
    """The base with noise on the UNet's weights.

    Every tensor gets Gaussian noise of s times its own deviation: s is the smallest of 0.1,
    0.2, … at which the judge accepts no picture of gas_pump, nor of any object by which retention
    is measured. For the bundled base the search takes three minutes on two CPU cores.
    """
    protocol = protocol_named(protocol_name)

    # Loads torch, so only once the options have been checked.
    from erasebench.evaluation.weight_noise import make_weight_noise

    card = make_weight_noise(protocol, output, seed=seed, device=device, threads=threads)
    if as_json:
        click.echo(_as_json(output, card))
        return
    click.echo(f"s = {card.settings['scale']}")
    click.echo(output)


def _as_json(path: Path, card: Card) -> str:
    return json.dumps({"path": str(path), **card.model_dump()}, indent=2, sort_keys=True)
