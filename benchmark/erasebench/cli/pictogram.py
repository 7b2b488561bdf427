"""`erasebench pictogram`: measures the bundled models and shows what they draw."""

from __future__ import annotations

import json
from pathlib import Path

import click
from tqdm import tqdm

from erasebench.cli import options
from erasebench.disk import replace_file

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Measure the bundled models, or look at what they draw.

    \b
      erasebench pictogram card --markdown card.md
      erasebench pictogram sheets pictures/
      erasebench pictogram look runs/church -o look.webp
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@options.device
@click.option("--markdown", type=FILE, help="Write the card as a page of documentation as well.")
@options.as_json("Print the card as JSON.")
@click.pass_context
def card(ctx: click.Context, device: str, markdown: Path | None, *, as_json: bool) -> None:
    """Measure every bar of the bundled models, from the weights as shipped.

    Draws some 2,300 pictures, in about ten minutes on two CPU cores, and tells seed, training
    times and digests beside the figures. Exits with 1 if a bar is missed.
    """
    from erasebench.diffusion.device import device_named
    from erasebench.pictogram.bars import Bench, Sizes, measure, pictures_to_generate
    from erasebench.pictogram.card import card_of
    from erasebench.protocol import PICTOGRAM_V1

    sizes = Sizes()
    bench = Bench(PICTOGRAM_V1, device_named(device), sizes)
    with tqdm(total=pictures_to_generate(sizes), unit="image", desc="card") as progress:
        measured = card_of(PICTOGRAM_V1, tuple(measure(bench, progress.update)))
    click.echo(measured.as_json() if as_json else measured.as_text())
    if markdown is not None:
        replace_file(markdown, measured.as_markdown().encode())
        click.echo(f"\n{markdown}", err=as_json)
    ctx.exit(0 if measured.cleared else 1)


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@options.device
@options.as_json("Print the paths as JSON.")
def sheets(folder: Path, device: str, *, as_json: bool) -> None:
    """Write contact sheets: drawings, styles, generated pictures, and the drawings nearest to them.

    Compares with every training drawing, which takes some minutes.
    """
    from erasebench.diffusion.device import device_named
    from erasebench.pictogram.sheets import write_sheets
    from erasebench.protocol import PICTOGRAM_V1

    paths = write_sheets(PICTOGRAM_V1, device_named(device), folder)
    click.echo(json.dumps([str(path) for path in paths]) if as_json else "\n".join(map(str, paths)))


@command.command()
@click.argument("run", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("-o", "--output", type=FILE, required=True, help="The WebP file to write.")
@click.option("--concept", help="Which erased concept, where the run has several.")
@options.as_json("Print the path as JSON.")
def look(run: Path, output: Path, concept: str | None, *, as_json: bool) -> None:
    """Show an evaluation at a glance: base and erased model from the same starts.

    RUN is the folder that `erasebench evaluate` wrote. Rows from the top: the base at the standard
    prompt; the erased model at the standard prompt, inpainting, and finishing what the base began
    in ten steps.
    """
    from erasebench.pictogram.grid import write_webp
    from erasebench.pictogram.look import look as look_at

    path = write_webp(output, look_at(run, concept))
    click.echo(json.dumps({"path": str(path)}) if as_json else path)
