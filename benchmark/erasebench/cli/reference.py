"""`erasebench reference`: builds reference results and reference entries."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from erasebench.cli import options
from erasebench.cli.output import show, with_path
from erasebench.evaluation.plan.request import Compute
from erasebench.protocol import Protocol


@click.group()
def command() -> None:
    """Build reference results and reference entries.

    `build` measures the original and the retrained model, which all scores are normalised by.
    `make` writes checkpoints of reference entries: a prompt filter and weight noise.

    \b
      erasebench reference build
      erasebench reference make prompt_filter --concept church -o filter.safetensors
      erasebench reference make weight_noise -o noise.safetensors
      erasebench evaluate filter.safetensors
      erasebench evaluate noise.safetensors --concept church
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@options.protocol("Protocol whose references are built.")
@click.option(
    "--work",
    type=options.FOLDER,
    default="build/references",
    show_default=True,
    help="Folder of the run: new, empty, or of an interrupted build, which is resumed.",
)
@options.compute
@options.season
@options.as_json("Print the paths as JSON.")
def build(
    protocol: Protocol,
    work: Path,
    season: str | None,
    *,
    as_json: bool,
    **compute: Unpack[options.DeviceOptions],
) -> None:
    """Build the reference results of a protocol.

    Runs every probe for every ranked concept on the original model (ceiling) and on the model
    trained without the concepts (floor), writes the results as package data and prints their
    paths. All later evaluations are scored against them. For the bundled base this takes about 2 h
    on two CPU cores.

    \b
      erasebench reference build --protocol pictogram-v1
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    seeds = options.seeds(season)

    # Loads torch, so only after the options have been checked.
    from erasebench.classifier_training.datasets_download import fetch_data_set
    from erasebench.evaluation.references import build_references

    if protocol.photographs is not None:
        fetch_data_set(protocol.photographs)
    paths = build_references(protocol, work, Compute(**compute), seeds=seeds)
    show({"paths": paths}, *paths, as_json=as_json)


@command.group()
def make() -> None:
    """Make the checkpoint of a reference entry.

    Reference entries are two bad erasures: a filter that hides the concept's name from an unchanged
    model, and a model that generates nothing recognisable. Evaluate them like other checkpoints.
    """


@make.command("prompt_filter")
@click.option(
    "--concept", "concept_name", required=True, help="Concept whose prompts become empty."
)
@options.protocol("Protocol whose base is filtered.")
@options.output(
    "File to write; an existing file is replaced.  [default: prompt_filter-CONCEPT.safetensors]"
)
@options.as_json("Print the card as JSON.")
def prompt_filter(
    concept_name: str, protocol: Protocol, output: Path | None, *, as_json: bool
) -> None:
    """Write a prompt filter for the original model.

    Replaces each prompt that contains the concept's name (upper or lower case) by the empty prompt.
    Prompts that only describe the concept, and learned tokens, pass unchanged.

    \b
      erasebench reference make prompt_filter --concept church -o filter.safetensors
      erasebench evaluate filter.safetensors
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    concept = protocol.concept(concept_name)
    path = output or Path(f"prompt_filter-{concept.name}.safetensors")

    # Loads torch, so only after the options have been checked.
    from erasebench.submission.base_tensors import open_base
    from erasebench.submission.formats.diff_writer import write_prompt_filter

    card = write_prompt_filter(path, concept, open_base(protocol).digest)
    show(with_path(path, card), path, as_json=as_json)


@make.command("weight_noise")
@options.protocol("Protocol whose base is used.")
@options.output("File to write; an existing file is replaced.", default="weight_noise.safetensors")
@options.compute
@options.seed("Random seed of the noise.")
@options.as_json("Print the card as JSON.")
def weight_noise(
    protocol: Protocol,
    output: Path,
    seed: int,
    *,
    as_json: bool,
    **compute: Unpack[options.DeviceOptions],
) -> None:
    """Write a diff that adds noise to the UNet's weights.

    Each tensor gets Gaussian noise with s times its own standard deviation. s is the smallest of
    0.1, 0.2, … at which the judge recognises no image of gas_pump or of any retention object; it
    is printed. The search takes 3 min on two CPU cores for the bundled base.

    \b
      erasebench reference make weight_noise -o noise.safetensors
      erasebench evaluate noise.safetensors --concept church
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    # Loads torch, so only after the options have been checked.
    from erasebench.evaluation.selfcheck.weight_noise import make_weight_noise

    card = make_weight_noise(protocol, output, Compute(**compute), seed=seed)
    show(with_path(output, card), f"s = {card.settings['scale']}", output, as_json=as_json)
