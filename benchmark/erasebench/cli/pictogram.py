"""`erasebench pictogram`: measures the bundled models and shows their images."""

from __future__ import annotations

from pathlib import Path

import click
from tqdm import tqdm

from erasebench.cli import options
from erasebench.cli.output import show
from erasebench.disk import replace_file


@click.group()
def command() -> None:
    """Measure the bundled models and show their images.

    \b
      erasebench pictogram card --markdown card.md
      erasebench pictogram sheets sheets/
      erasebench pictogram look runs/church -o look.webp
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@options.device
@click.option("--markdown", type=options.FILE, help="Also write the card as a documentation page.")
@options.as_json("Print the card as JSON.")
@click.pass_context
def card(ctx: click.Context, device: str, markdown: Path | None, *, as_json: bool) -> None:
    """Measure the bundled models against their acceptance thresholds.

    Generates about 2,300 images (10 min on two CPU cores) and prints the measurements with seed,
    training times and digests. Exits with 1 if a threshold is missed.

    \b
      erasebench pictogram card --markdown card.md
    """  # noqa: D301  (click keeps the lines after this mark as they are)
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
@click.argument("folder", type=options.FOLDER)
@options.device
@options.as_json("Print the paths as JSON.")
def sheets(folder: Path, device: str, *, as_json: bool) -> None:
    """Write contact sheets of drawings and generated images to FOLDER.

    They show drawings, styles, generated images, and the training drawings nearest to them. Finding
    the nearest drawings takes some minutes.

    \b
      erasebench pictogram sheets sheets/
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    from erasebench.diffusion.device import device_named
    from erasebench.pictogram.sheets import write_sheets
    from erasebench.protocol import PICTOGRAM_V1

    paths = write_sheets(PICTOGRAM_V1, device_named(device), folder)
    show(paths, *paths, as_json=as_json)


@command.command()
@click.argument("run", type=click.Path(path_type=Path, file_okay=False, exists=True))
@options.output("WebP file to write.", required=True)
@click.option("--concept", help="Erased concept, if the run has several.")
@options.as_json("Print the path as JSON.")
def look(run: Path, output: Path, concept: str | None, *, as_json: bool) -> None:
    """Write an overview image of an evaluation.

    RUN is the folder of `erasebench evaluate`. All rows use the same seeds. From the top: original
    model with the standard prompt; erased model with the standard prompt, with inpainting, and
    completing images that the original model started (10 steps).

    \b
      erasebench pictogram look runs/church -o look.webp
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    from erasebench.pictogram.look import look as look_at
    from erasebench.pictogram.sheets import write_webp

    path = write_webp(output, look_at(run, concept))
    show({"path": path}, path, as_json=as_json)
