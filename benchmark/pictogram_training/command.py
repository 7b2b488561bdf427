"""The recipe's command: which stages, from which source, into which folder."""

from __future__ import annotations

from pathlib import Path

import click
import torch

from erasebench.diffusion.device import device_named
from erasebench.errors import UnknownNameError
from erasebench.exits import ReportsFailures
from erasebench.pictogram.drawings import Drawings
from erasebench.pictogram.source import PictureSource
from pictogram_training.export import export, write_base
from pictogram_training.needs import EXPORT, SNAPSHOT, check_needs
from pictogram_training.photographs import Photographs
from pictogram_training.recipe import STAGES, TRAINED, Recipe
from pictogram_training.run import OWN_PARTS, Run, claim

DRAWINGS = "drawings"

CHOICES = (*STAGES, SNAPSHOT, EXPORT)


def open_source(source: str, without: tuple[str, ...]) -> PictureSource:
    """The drawn world, or a folder of photographs, with some things left out.

    Raises:
        NoPhotographsError: if the folder does not hold photographs sorted into labels.
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


def own_stages(run: Run, stages: tuple[str, ...]) -> tuple[str, ...]:
    """The stages to run, in the recipe's order: those chosen, or all of this run's and the export.

    Raises:
        click.UsageError: if a chosen stage makes a part that another run lends.
    """
    lent = [stage for stage in stages if stage in STAGES and not run.makes(stage)]
    if lent:
        own = [stage for stage in STAGES if stage in OWN_PARTS]
        raise click.UsageError(
            f"--stage {lent[0]}: with --reuse the {lent[0]} is taken from {run.reuse}; this run "
            f"makes only {', '.join(own)}. Run it there, without --reuse."
        )
    if stages:
        return tuple(choice for choice in CHOICES if choice in stages)
    return (*(stage for stage in STAGES if run.makes(stage)), EXPORT)


@click.command(cls=ReportsFailures)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for what the stages of one run make; a stage goes on where it was stopped.",
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
    run = Run(work, open_source(source, names), seed, device_named(device), reuse)
    chosen = own_stages(run, stages)
    claim(run)
    for stage in chosen:
        check_needs(run, stage)
        if stage == EXPORT:
            export(run, recipe, out or work / EXPORT)
        elif stage == SNAPSHOT:
            write_base(run, recipe, out or work / SNAPSHOT)
        else:
            STAGES[stage](run, recipe)
