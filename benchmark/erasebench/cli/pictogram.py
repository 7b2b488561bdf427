"""`erasebench pictogram`: measures the bundled models and shows what they draw."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from tabulate import tabulate
from tqdm import tqdm


@click.group()
def command() -> None:
    """Measure the bundled models, or look at what they draw.

    \b
      erasebench pictogram card
      erasebench pictogram sheets pictures/
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.option("--device", "device_name", default="cpu", show_default=True, help="Where to compute.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_context
def card(ctx: click.Context, device_name: str, *, as_json: bool) -> None:
    """Measure every bar of the bundled models, from the weights as shipped.

    Draws some 2,300 pictures, in about ten minutes on two CPU cores. Exits with 1 if a bar is
    missed.
    """
    from erasebench.diffusion.device import device_named
    from erasebench.pictogram.bars import Bench, Sizes, measure, pictures_to_generate
    from erasebench.protocol import PICTOGRAM_V1

    sizes = Sizes()
    bench = Bench(PICTOGRAM_V1, device_named(device_name), sizes)
    with tqdm(total=pictures_to_generate(sizes), unit="picture", desc="card") as progress:
        bars = list(measure(bench, progress.update))
    if as_json:
        rows = [
            {**asdict(bar), "estimate": bar.estimate.model_dump(), "cleared": bar.cleared}
            for bar in bars
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        table = [
            (
                bar.name,
                f"{100 * bar.estimate.value:.1f}",
                f"{100 * bar.estimate.low:.1f} to {100 * bar.estimate.high:.1f}",
                bar.estimate.n,
                f"{'≤' if bar.at_most else '≥'} {100 * bar.bar:.0f}",
                "" if bar.cleared else "missed",
            )
            for bar in bars
        ]
        headers = ("bar", "%", "95 % interval (Wilson)", "pictures", "wanted", "")
        click.echo(tabulate(table, headers, disable_numparse=True))
    ctx.exit(0 if all(bar.cleared for bar in bars) else 1)


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--device", "device_name", default="cpu", show_default=True, help="Where to compute.")
@click.option("--json", "as_json", is_flag=True, help="Print the paths as JSON.")
def sheets(folder: Path, device_name: str, *, as_json: bool) -> None:
    """Write contact sheets: drawings, generated pictures, and each one's nearest drawing."""
    from erasebench.diffusion.device import device_named
    from erasebench.pictogram.sheets import write_sheets
    from erasebench.protocol import PICTOGRAM_V1

    paths = write_sheets(PICTOGRAM_V1, device_named(device_name), folder)
    click.echo(json.dumps([str(path) for path in paths]) if as_json else "\n".join(map(str, paths)))
