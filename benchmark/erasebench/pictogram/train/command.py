"""The recipe's command: which stages, from which source, into which folder."""

from __future__ import annotations

from pathlib import Path

import click
import torch

from erasebench.errors import UnknownNameError
from erasebench.pictogram.drawings import Drawings
from erasebench.pictogram.photographs import Photographs
from erasebench.pictogram.source import PictureSource
from erasebench.pictogram.train.export import export, write_base
from erasebench.pictogram.train.recipe import STAGES, TRAINED, Recipe
from erasebench.pictogram.train.run import Run

DRAWINGS = "drawings"

CHOICES = (*STAGES, "snapshot", "export")
"""The stages; `snapshot` exports the pipeline with the UNet as far as it has been trained."""


def open_source(source: str, without: tuple[str, ...]) -> PictureSource:
    """The drawn world, or a folder of photographs, with some things left out.

    Raises:
        UnknownNameError: if a name to leave out is neither a thing nor a style of the source.
    """
    kind = Drawings if source == DRAWINGS else lambda names: Photographs(Path(source), names)
    whole = kind(())
    known = (*whole.things, *whole.styles)
    for name in without:
        if name not in known:
            raise UnknownNameError("thing or style", name, known)
    return kind(without)


def with_steps(recipe: Recipe, choices: tuple[str, ...]) -> Recipe:
    """The recipe with the number of steps of some parts replaced, each told as `part=number`."""
    for choice in choices:
        part, _, steps = choice.partition("=")
        if part not in TRAINED or not steps.isdigit():
            raise click.UsageError(
                f"--steps {choice}: say part=number, the part one of {', '.join(TRAINED)}"
            )
        recipe = recipe.with_steps(part, int(steps))
    return recipe


@click.command()
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for what the stages make; a stage goes on where it was stopped.",
)
@click.option(
    "--stage",
    "stages",
    multiple=True,
    type=click.Choice(CHOICES),
    help="Stages to run, in the recipe's order; all but snapshot by default.",
)
@click.option(
    "--source",
    default=DRAWINGS,
    show_default=True,
    help="`drawings`, or a folder with one folder of photographs a label.",
)
@click.option(
    "--without",
    default="",
    metavar="NAME,…",
    help="Things and styles that no picture or caption may hold; needs --reuse.",
)
@click.option(
    "--reuse",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Work folder of a finished run that lends all parts but the UNet.",
)
@click.option("--steps", multiple=True, metavar="PART=N", help="Other numbers of steps.")
@click.option("--seed", default=0, show_default=True, help="Of everything random.")
@click.option("--device", default="cpu", show_default=True, help="A torch device.")
@click.option("--threads", default=2, show_default=True, help="CPU threads of torch.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where export and snapshot write; a folder of that name in --work by default.",
)
def train(
    work: Path,
    stages: tuple[str, ...],
    source: str,
    without: str,
    reuse: Path | None,
    steps: tuple[str, ...],
    seed: int,
    device: str,
    threads: int,
    out: Path | None,
) -> None:
    """Trains the pictogram world's models, stage by stage, and exports them."""
    names = tuple(name for name in without.split(",") if name)
    if names and reuse is None:
        raise click.UsageError(
            "--without needs --reuse: text encoder and VAE stay those of the world that holds all"
        )
    torch.set_num_threads(threads)
    recipe = with_steps(Recipe(), steps)
    run = Run(work, open_source(source, names), seed, torch.device(device), reuse)
    for stage in stages or (*STAGES, "export"):
        if stage == "export":
            export(run, recipe, out or work / "export")
        elif stage == "snapshot":
            write_base(run, recipe, out or work / "snapshot")
        elif run.makes(stage):
            STAGES[stage](run, recipe)
