"""The recipe's command line."""

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
    """Drawings, or a folder of photographs, without some things and styles.

    Raises:
        NoPhotographsError: if the folder has no photographs sorted by label.
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
    """The recipe with other numbers of steps for some parts, each given as `part=number`."""
    for choice in choices:
        part, _, steps = choice.partition("=")
        if part not in TRAINED or not steps.isdigit():
            raise click.UsageError(
                f"--steps {choice}: use PART=N with one of the parts {', '.join(TRAINED)}"
            )
        recipe = recipe.with_steps(part, int(steps))
    return recipe


def own_stages(run: Run, stages: tuple[str, ...]) -> tuple[str, ...]:
    """The stages to run, in the recipe's order: the chosen ones, or all of this run and the export.

    Raises:
        click.UsageError: if a chosen stage makes a part that is reused from another run.
    """
    reused = [stage for stage in stages if stage in STAGES and not run.makes(stage)]
    if reused:
        own = [stage for stage in STAGES if stage in OWN_PARTS]
        raise click.UsageError(
            f"--stage {reused[0]}: --reuse takes the {reused[0]} from {run.reuse}; this run makes "
            f"only {', '.join(own)}. Run the stage there, without --reuse."
        )
    if stages:
        return tuple(choice for choice in CHOICES if choice in stages)
    return (*(stage for stage in STAGES if run.makes(stage)), EXPORT)


@click.command(cls=ReportsFailures)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Work folder of the run; stages resume in it.",
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
    help="`drawings`, or a folder with one subfolder of photographs per label.",
)
@click.option(
    "--without",
    default="",
    metavar="NAME,…",
    help="Things and styles to leave out of images and captions; needs --reuse.",
)
@click.option(
    "--reuse",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Work folder of a finished run; all parts except the UNet are reused.",
)
@click.option(
    "--steps", multiple=True, metavar="PART=N", help="Number of training steps of a part."
)
@click.option("--seed", default=0, show_default=True, help="Seed of all random numbers.")
@click.option("--device", default="cpu", show_default=True, help="Torch device.")
@click.option("--threads", default=2, show_default=True, help="CPU threads.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Output of export and snapshot; default: a folder of that name in --work.",
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
    """Trains the bundled models, stage by stage, and exports them."""
    names = tuple(name for name in without.split(",") if name)
    if names and reuse is None:
        raise click.UsageError(
            "--without needs --reuse: text encoder and VAE must come from a run with everything"
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
