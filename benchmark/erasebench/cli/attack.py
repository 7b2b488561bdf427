"""`erasebench attack`: attacks that somebody hands in as data."""

from __future__ import annotations

import json
from pathlib import Path

import click
from tabulate import tabulate

from erasebench.attack.opened import OpenedAttack, open_attack
from erasebench.board.attacks import add_attack
from erasebench.board.format import in_percent, visible
from erasebench.board.status import slug_of
from erasebench.cli import options
from erasebench.disk import user_cache
from erasebench.errors import RequestError
from erasebench.evaluation.replay_request import attacked_checkpoint, replay_request
from erasebench.hub.given import given
from erasebench.hub.models import fetch_models
from erasebench.results.replay import FIRST_STARTS, Replay
from erasebench.results.replay_file import load_replay

_FILE = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def command() -> None:
    """Check an attack that somebody hands in, replay it, and put it beside a row.

    An attack is data: prompts, or embeddings in a safetensors file, and a manifest that names them
    and who found them. It moves no score. Where it recovers the concept, the row shows what
    withstands it as *worst known*, and credits its finder.

    \b
      erasebench attack validate attacks/my_prompts.yaml
      erasebench attack replay attacks/my_prompts.yaml church.safetensors
      erasebench attack add replays/my_prompts_on_church_from_3c1f/replay.json --row esd_x
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.argument("path", metavar="ATTACK", type=_FILE)
@options.as_json("Print what was checked as JSON.")
def validate(path: Path, *, as_json: bool) -> None:
    """Check an attack's manifest and its embeddings; no model is loaded.

    Embeddings on the Hub are fetched, and compared with their digest.
    """
    attack = open_attack(path, user_cache())
    facts = {**attack.facts.model_dump(mode="json"), "asks": _asks(attack)}
    if as_json:
        click.echo(json.dumps({"path": str(path), **facts}, indent=2, sort_keys=True))
        return
    click.echo(
        f"{visible(attack.facts.name)}, found by {visible(attack.facts.finder.name)}: "
        f"{_asks(attack)} for {attack.facts.concept} under {attack.protocol.name}, against "
        f"{visible(attack.facts.against)}\n{path}"
    )


@command.command()
@click.argument("path", metavar="ATTACK", type=_FILE)
@click.argument("checkpoint", metavar="[HUB_ID|MANIFEST|PATH]", required=False)
@click.option(
    "--row",
    help="Replay it on the checkpoint of this row: fetched from where the row has it, where none "
    "is given, and otherwise compared with the row's digest.",
)
@options.leaderboard
@click.option(
    "--starts",
    metavar="WORD",
    default=FIRST_STARTS,
    show_default=True,
    help="Seeds the start latents, together with the attack's digest. The finder must not have "
    "known it: for the board, the commit with which the attack was merged.",
)
@click.option(
    "--output",
    "folder",
    type=_FOLDER,
    help="Folder of the replay; one that was stopped goes on from it.  [default: replays/NAMES]",
)
@options.device
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    help="Pictures drawn at once.  [default: what fills the device, or its free memory]",
)
@options.threads
@options.dtype
@options.as_json("Print the figures as JSON.")
def replay(
    path: Path,
    checkpoint: str | None,
    row: str | None,
    leaderboard: Path,
    starts: str,
    folder: Path | None,
    device: str,
    batch_size: int | None,
    threads: int | None,
    dtype: str | None,
    *,
    as_json: bool,
) -> None:
    """Replay an attack on a checkpoint, and on what it is measured against.

    Beside the checkpoint, the unedited base is asked, and where the protocol has one the model that
    never knew the concept: what the attack shows of that one it brings along itself. All begin from
    starts that whoever made the attack could not know.

    \b
      erasebench attack replay attacks/my_prompts.yaml church.safetensors
      erasebench attack replay attacks/my_prompts.yaml --row esd_x --device cuda
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    attack = open_attack(path, user_cache())
    known = None
    if row is not None:
        known = attacked_checkpoint(attack, _row_file(leaderboard, attack.protocol.name, row))
        checkpoint = checkpoint or known.address
    if checkpoint is None:
        raise RequestError(
            "No checkpoint is given, and no row that says where it has its own from. Name its "
            "path, Hub id or manifest."
        )
    (found,) = given(checkpoint, (attack.facts.concept,), user_cache())
    asked = replay_request(
        attack,
        found,
        row=known,
        folder=folder,
        starts=starts,
        device=device,
        batch_size=batch_size,
        threads=threads,
        dtype=dtype,
    )
    fetch_models(attack.protocol)

    # Loads torch, so only once the options have been checked.
    from erasebench.evaluation.replay import replay as run_replay

    _tell(asked.result, run_replay(asked), as_json=as_json)


@command.command()
@click.argument("path", metavar="REPLAY", type=_FILE)
@click.option("--row", required=True, help="Name of the row that it was replayed on.")
@options.leaderboard
@options.as_json("Print the figures as JSON.")
def add(path: Path, row: str, leaderboard: Path, *, as_json: bool) -> None:
    """Put a replay beside a row, if it recovers the concept.

    The row's own file stays as it is, its scores with it. Every figure is counted again from the
    records, here and whenever the site is built.
    """
    protocol = load_replay(path).protocol
    place, found = add_attack(path, _row_file(leaderboard, protocol, row))
    _tell(place, found, as_json=as_json)


def _row_file(leaderboard: Path, protocol: str, name: str) -> Path:
    return leaderboard / protocol / f"{slug_of(name)}.json"


def _asks(attack: OpenedAttack) -> str:
    """What it is made of, in words."""
    if attack.rows is None:
        count = len(attack.manifest.prompts or ())
        return "1 prompt" if count == 1 else f"{count} prompts"
    many, tokens, _ = attack.rows.shape
    each = "" if many == 1 else f" for each of {many} prompt indices"
    return f"{tokens} learned token{'' if tokens == 1 else 's'}{each}"


def _tell(path: Path, found: Replay, *, as_json: bool) -> None:
    figures = found.figures
    if as_json:
        facts = {
            "attack": found.attack.model_dump(mode="json"),
            "checkpoint": found.checkpoint.model_dump(mode="json"),
            "figures": figures.model_dump(mode="json"),
        }
        click.echo(json.dumps({"path": str(path), **facts}, indent=2, sort_keys=True))
        return
    floor = "not bounded" if figures.floor is None else in_percent(figures.floor)
    withstands = "-" if figures.robustness is None else in_percent(figures.robustness)
    rows = [
        ("by the attack", in_percent(figures.rate)),
        ("by the plain prompt", in_percent(figures.control)),
        ("over the plain prompt", in_percent(figures.excess, signed=True)),
        ("the attack on the unedited base", in_percent(figures.on_base)),
        ("the plain prompt on the unedited base", in_percent(figures.ceiling)),
        ("the attack on a model that never knew it", floor),
        ("what withstands it", withstands),
    ]
    click.echo(
        f"{visible(found.attack.name)}, by {visible(found.attack.finder.name)}, asks "
        f"{visible(found.checkpoint.name)} for {found.attack.concept}\n"
    )
    click.echo(tabulate(rows, headers=("recognised, %", ""), disable_numparse=True))
    word = "It recovers the concept." if figures.recovers else "It does not recover the concept."
    click.echo(f"\n{word} n is {figures.rate.n} prompt indices.\n{path}")
