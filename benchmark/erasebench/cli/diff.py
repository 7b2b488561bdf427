"""`erasebench diff`: makes diffs, applies them, and shows what a checkpoint changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click
from tabulate import tabulate

from erasebench.cli import options
from erasebench.errors import RequestError
from erasebench.results.weight_change import GroupChange, WeightChangeCard
from erasebench.submission.base import BaseTensors, base_named, open_base
from erasebench.submission.card import Card
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint
from erasebench.submission.diff_edits import MadeKind
from erasebench.submission.match import infer_protocol

if TYPE_CHECKING:
    from erasebench.submission.shown import Shown

CHECKPOINT = click.Path(path_type=Path)

_base = click.option(
    "--base",
    "base_word",
    metavar="BASE",
    help="Name of a protocol, or folder of the unedited pipeline.  [default: the protocol whose "
    "base it is an edit of]",
)


@click.group()
def command() -> None:
    """Make a diff of an erased checkpoint, apply one, or show what a checkpoint changes.

    A diff is one safetensors file with what an erasure changed, and no more. It names its base by
    digest, so it cannot be evaluated on another. What it holds is often a hundredth of a model.

    \b
      erasebench diff make pictogram-v1 my_pipeline/ -o church.safetensors --concept church
      erasebench diff show church.safetensors
      erasebench diff apply church.safetensors -o church/
      erasebench evaluate church.safetensors
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.argument("base_word", metavar="BASE")
@click.argument("erased", type=CHECKPOINT)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of the diff; what was there is replaced.",
)
@click.option(
    "--kind",
    type=click.Choice(get_args(MadeKind)),
    default="replace",
    show_default=True,
    help="replace: each changed tensor, whole; exact. sparse: of a tensor that was changed in a "
    "few places, only those; exact. low_rank: the change of a matrix as two factors of the rank "
    "given with --rank; not exact, and it says how much is lost.",
)
@click.option("--rank", type=click.IntRange(min=1), help="Of the factors in a low_rank diff.")
@click.option("--concept", help="The concept that was erased, for the card.")
@click.option("--method", help="The method that erased it, for the card.")
@options.as_json("Print what was made as JSON.")
def make(
    base_word: str,
    erased: Path,
    output: Path,
    kind: MadeKind,
    rank: int | None,
    concept: str | None,
    method: str | None,
    *,
    as_json: bool,
) -> None:
    """Make a diff of a base and an erased checkpoint.

    BASE is the name of a protocol, for its base, or the folder of an unedited pipeline. ERASED is
    whatever `erasebench evaluate` takes: a pipeline folder; a folder, file or shards of a UNet or a
    text encoder; a single-file checkpoint in the original naming; a LoRA; another diff.

    \b
      erasebench diff make pictogram-v1 erased/unet -o church.safetensors --concept church
      erasebench diff make pictogram-v1 erased/ -o church.safetensors --kind sparse
      erasebench diff make pictogram-v1 erased/ -o church.safetensors --kind low_rank --rank 8

    An exact diff gives the changed tensors back to the last bit, in the dtype in which ERASED holds
    them. A tensor that ERASED has merely rounded to a shorter dtype is not a change.
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    if (kind == "low_rank") != (rank is not None):
        raise RequestError(
            "A low_rank diff needs the rank of its factors, and no other kind has any. Give --kind "
            "low_rank and --rank together."
        )
    base = base_named(base_word)
    checkpoint = open_checkpoint(erased)
    card = _card(checkpoint, concept, method)

    # Loads torch, so only once the options have been checked.
    from erasebench.submission.make import make_diff

    made = make_diff(checkpoint, base, output, kind=kind, rank=rank or 1, card=card)
    if as_json:
        click.echo(made.model_dump_json(indent=2))
        return
    click.echo(_table(made.weight_change))
    brief = f", {made.brief} of them briefly" if made.brief else ""
    exact = "exact" if made.header.result else f"at most {100 * made.lost:.2g} % of a change lost"
    click.echo(f"\n{made.tensors} tensors{brief}, {made.bytes:,} bytes; {exact}")
    click.echo(output)


@command.command()
@click.argument("diff", type=CHECKPOINT)
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for unet/, text_encoder/ or both; files of the same names are replaced.",
)
@_base
@options.as_json("Print the files that were written as JSON.")
def apply(diff: Path, folder: Path, base_word: str | None, *, as_json: bool) -> None:
    """Write the whole weights that a diff means.

    Each part that the diff changes is written as a folder that diffusers or transformers reads with
    from_pretrained; parts that it does not change are the base's, and are not copied. DIFF may be a
    checkpoint of any other layout as well: a LoRA is merged, a single file is taken apart.

    \b
      erasebench diff apply church.safetensors -o church/
      erasebench diff apply church.safetensors -o church/ --base my_base/
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    checkpoint = open_checkpoint(diff)
    base = _base_of(checkpoint, base_word)

    from erasebench.submission.written import write_edited

    written = [str(path) for path in write_edited(checkpoint, base, folder)]
    if as_json:
        click.echo(json.dumps({"path": str(folder), "files": written}, indent=2))
        return
    for path in written:
        click.echo(path)


@command.command("show")
@click.argument("checkpoint", type=CHECKPOINT)
@_base
@options.as_json("Print all of it as JSON.")
def show_command(checkpoint: Path, base_word: str | None, *, as_json: bool) -> None:
    """Show what a checkpoint says of itself, and what it changes.

    CHECKPOINT is a diff, or whatever else `erasebench evaluate` takes. Every tensor is read and
    checked; no model is run. For each kind of module the table tells

    \b
      tensors    how many of them differ from the base's
      values     the share of their numbers that differ
      change     the norm of the difference over that of the base's weights
      rank       in how many directions a changed matrix acts, of those possible (median)
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    opened = open_checkpoint(checkpoint)
    base = _base_of(opened, base_word)

    from erasebench.submission.shown import show

    shown = show(opened, base)
    if as_json:
        click.echo(shown.model_dump_json(indent=2))
        return
    click.echo("\n".join(_said(shown)))
    if shown.weight_change is not None:
        click.echo(f"\n{_table(shown.weight_change)}")
    click.echo(f"\n{shown.path}")


def _base_of(checkpoint: Checkpoint, word: str | None) -> BaseTensors:
    return (
        open_base(infer_protocol(checkpoint, option="--base")) if word is None else base_named(word)
    )


def _card(checkpoint: Checkpoint, concept: str | None, method: str | None) -> Card:
    """The card that the checkpoint brings, with what was given in its place."""
    known = Card() if checkpoint.diff is None else checkpoint.diff.card
    return Card(
        method=method or known.method, concept=concept or known.concept, settings=known.settings
    )


def _said(shown: Shown) -> list[str]:
    """What a checkpoint is and what it says of itself, a line each."""
    lines = [f"{shown.layout}, an edit of {shown.base} (base {shown.base_digest[:12]})"]
    if shown.header is not None:
        card, result = shown.header.card, shown.header.result
        exact = "" if result is None else f", exact: gives tensors {result[:12]}"
        lines[0] += f"; kind {shown.header.kind}{exact}"
        lines.append(f"concept {card.concept or 'not said'}, method {card.method or 'not said'}")
        if card.settings:
            settings = ", ".join(f"{name} {value}" for name, value in card.settings.items())
            # What begins a line may mean something to whoever reads it, such as a CI's runner.
            lines.append(f"settings: {settings}")
    return lines


def _table(change: WeightChangeCard) -> str:
    rows = [_row(f"{group.part} {group.group}", group) for group in change.groups]
    rows.append(_row("all", change))
    columns = ("", "tensors", "values", "change", "rank")
    return tabulate(rows, columns, disable_numparse=True)


def _row(name: str, change: GroupChange | WeightChangeCard) -> tuple[str, ...]:
    if not change.tensors_changed:
        return name, f"0 of {change.tensors}", "", "", ""
    share = f"{100 * change.values_changed / change.values:.2g} %"
    size = "" if change.relative_change is None else f"{100 * change.relative_change:.2g} %"
    rank = ""
    if isinstance(change, GroupChange) and change.effective_rank is not None:
        rank = f"{change.effective_rank:.1f} of {change.possible_rank:.0f}"
    return name, f"{change.tensors_changed} of {change.tensors}", share, size, rank
