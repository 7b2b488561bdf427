"""`erasebench diff`: makes, applies and shows weight diffs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click
from tabulate import tabulate

from erasebench.cli import options
from erasebench.cli.output import show
from erasebench.errors import RequestError
from erasebench.results.preparation import GroupChange, WeightChangeCard
from erasebench.submission.base_tensors import base_named
from erasebench.submission.card import Card
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.diff import MadeKind
from erasebench.submission.match import base_for

if TYPE_CHECKING:
    from erasebench.submission.inspect_checkpoint import CheckpointReport

_base = click.option(
    "--base",
    "base_word",
    metavar="BASE",
    help="Protocol, or folder of the original pipeline.  [default: detected from the tensors]",
)


@click.group()
def command() -> None:
    """Make, apply or show a weight diff.

    A diff is a safetensors file with the tensors that an erasure changed, often 1 % of the model.
    It records the digest of its base, so it cannot be evaluated on another base.

    \b
      erasebench diff make pictogram-v1 my_pipeline/ -o church.safetensors --concept church
      erasebench diff show church.safetensors
      erasebench diff apply church.safetensors -o church/
      erasebench evaluate church.safetensors
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.argument("base_word", metavar="BASE")
@click.argument("erased", type=options.PATH)
@options.output("File to write; an existing file is replaced.", required=True)
@click.option(
    "--kind",
    type=click.Choice(get_args(MadeKind)),
    default="replace",
    show_default=True,
    help="replace: complete changed tensors (exact). sparse: only the changed values, where that "
    "is smaller (exact). low_rank: two factors of rank --rank (not exact; the loss is printed).",
)
@click.option("--rank", type=click.IntRange(min=1), help="Rank of the factors of a low_rank diff.")
@click.option("--concept", help="Erased concept, for the card.")
@click.option("--method", help="Erasure method, for the card.")
@options.as_json("Print the diff's header and size as JSON.")
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
    """Make a diff from an erased checkpoint.

    Writes one safetensors file and prints how much each kind of module changed. BASE is a protocol
    or the folder of the original pipeline. ERASED is any checkpoint that `erasebench evaluate`
    takes: a pipeline; a UNet or a text encoder (folder, file or shards); a single-file checkpoint
    in the original naming; a LoRA; another diff.

    \b
      erasebench diff make pictogram-v1 erased/unet -o church.safetensors --concept church
      erasebench diff make pictogram-v1 erased/ -o church.safetensors --kind sparse
      erasebench diff make pictogram-v1 erased/ -o church.safetensors --kind low_rank --rank 8

    An exact diff restores the changed tensors bit by bit, in the dtype of ERASED. A tensor that is
    only rounded to a shorter dtype does not count as changed.
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    if (kind == "low_rank") != (rank is not None):
        raise RequestError(
            f"--kind is {kind} and --rank is {'missing' if rank is None else rank}. A low_rank "
            "diff needs a rank, other kinds have none: use --kind low_rank and --rank together."
        )
    base = base_named(base_word)
    checkpoint = open_checkpoint(erased)
    known = Card() if checkpoint.diff is None else checkpoint.diff.card
    card = Card(
        method=method or known.method, concept=concept or known.concept, settings=known.settings
    )

    # Loads torch, so only after the options have been checked.
    from erasebench.submission.make import make_diff

    made = make_diff(checkpoint, base, output, kind=kind, rank=rank or 1, card=card)
    short = f" ({made.brief} sparse or low-rank)" if made.brief else ""
    exact = "exact" if made.header.result else f"loses at most {100 * made.lost:.2g} % of a change"
    show(
        made,
        _table(made.weight_change),
        f"\n{made.tensors} tensors{short}, {made.bytes:,} bytes; {exact}",
        output,
        as_json=as_json,
    )


@command.command()
@click.argument("diff", type=options.PATH)
@options.output(
    "Folder for unet/ and text_encoder/; existing files are replaced.", required=True, folder=True
)
@_base
@options.as_json("Print the written files as JSON.")
def apply(diff: Path, output: Path, base_word: str | None, *, as_json: bool) -> None:
    """Write the complete weights of a diff.

    Writes each changed part, unet/ or text_encoder/, as a folder for `from_pretrained` of diffusers
    or transformers; unchanged parts are not copied. DIFF may also be any other checkpoint: a LoRA
    is merged, a single-file checkpoint is split into parts.

    \b
      erasebench diff apply church.safetensors -o church/
      erasebench diff apply church.safetensors -o church/ --base my_base/
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    checkpoint = open_checkpoint(diff)
    base = base_for(checkpoint, base_word)

    from erasebench.submission.export import write_edited

    written = write_edited(checkpoint, base, output)
    show({"path": output, "files": written}, *written, as_json=as_json)


@command.command("show")
@click.argument("checkpoint", type=options.PATH)
@_base
@options.as_json("Print card and weight change as JSON.")
def show_command(checkpoint: Path, base_word: str | None, *, as_json: bool) -> None:
    """Show the card and the weight change of a checkpoint.

    CHECKPOINT is a diff or any other checkpoint that `erasebench evaluate` takes. All tensors are
    read and checked; no model is run. Columns of the table, per kind of module:

    \b
      tensors         tensors that differ from the base
      values          share of values that differ
      change          norm of the difference divided by the norm of the base's weights
      effective rank  of a matrix's change, and the largest possible rank (medians)

    \b
      erasebench diff show church.safetensors
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    opened = open_checkpoint(checkpoint)
    base = base_for(opened, base_word)

    from erasebench.submission import inspect_checkpoint

    shown = inspect_checkpoint.inspect(opened, base)
    change = () if shown.weight_change is None else (f"\n{_table(shown.weight_change)}",)
    show(shown, *_card_lines(shown), *change, f"\n{shown.path}", as_json=as_json)


def _card_lines(shown: CheckpointReport) -> list[str]:
    """Layout, base and card of a checkpoint, one line each."""
    lines = [f"{shown.layout}, an edit of {shown.base} (base {shown.base_digest[:12]})"]
    if shown.header is not None:
        card, result = shown.header.card, shown.header.result
        exact = "" if result is None else f", exact (tensors {result[:12]})"
        lines[0] += f"; kind {shown.header.kind}{exact}"
        lines.append(f"concept {card.concept or 'unknown'}, method {card.method or 'unknown'}")
        if card.settings:
            settings = ", ".join(f"{name} {value}" for name, value in card.settings.items())
            # A CI runner may interpret the start of a line.
            lines.append(f"settings: {settings}")
    return lines


def _table(change: WeightChangeCard) -> str:
    rows = [_row(f"{group.part} {group.group}", group) for group in change.groups]
    rows.append(_row("all", change))
    columns = ("", "tensors", "values", "change", "effective rank")
    return tabulate(rows, columns, disable_numparse=True)


def _row(name: str, change: GroupChange | WeightChangeCard) -> tuple[str, ...]:
    if not change.tensors_changed:
        return name, f"0 of {change.tensors}", "", "", ""
    share = _percent(change.values_changed / change.values)
    size = "" if change.relative_change is None else _percent(change.relative_change)
    rank = ""
    if isinstance(change, GroupChange) and change.effective_rank is not None:
        rank = f"{change.effective_rank:.1f} of {change.possible_rank:.0f}"
    return name, f"{change.tensors_changed} of {change.tensors}", share, size, rank


def _percent(share: float) -> str:
    """Two digits; `.2g` alone would print 100 as 1e+02."""
    return f"{100 * share:.0f} %" if share >= 0.995 else f"{100 * share:.2g} %"
