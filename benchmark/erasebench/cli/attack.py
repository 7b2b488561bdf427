"""`erasebench attack`: attacks by third parties, submitted as data."""

from __future__ import annotations

import json
from pathlib import Path

import click
from tabulate import tabulate

from erasebench.attack.loading import LoadedAttack, load_attack
from erasebench.attack.replay_file import load_replay
from erasebench.attack.replay_result import FIRST_STARTS, Replay
from erasebench.board.attacks import add_attack
from erasebench.board.format import in_percent, visible
from erasebench.board.status import slug_of
from erasebench.cli import options
from erasebench.disk import user_cache
from erasebench.errors import RequestError
from erasebench.evaluation.replay.request import attacked_checkpoint, replay_request
from erasebench.hub.checkpoint_argument import read_checkpoint_argument
from erasebench.hub.protocol_models import fetch_models

_FILE = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def command() -> None:
    """Validate and replay attacks by third parties.

    An attack is data: prompts, or token embeddings in a safetensors file, and a YAML manifest with
    its finder's name. It changes no score. If it recovers the concept, the leaderboard entry shows
    the robustness to it as *worst known* and credits the finder.

    \b
      erasebench attack validate submissions/attacks/my_prompts.yaml
      erasebench attack replay submissions/attacks/my_prompts.yaml church.safetensors
      erasebench attack add replays/my_prompts_on_church_from_3c1f/replay.json --row esd_x
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.argument("path", metavar="ATTACK", type=_FILE)
@options.as_json("Print the attack as JSON.")
def validate(path: Path, *, as_json: bool) -> None:
    """Validate an attack's manifest and embeddings.

    Prints a summary of the attack, or every fault with its line. Embeddings on the Hub are
    downloaded and checked by digest. No model is loaded.

    \b
      erasebench attack validate submissions/attacks/my_prompts.yaml
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    attack = load_attack(path, user_cache())
    facts = {**attack.facts.model_dump(mode="json"), "asks": _asks(attack)}
    if as_json:
        click.echo(json.dumps({"path": str(path), **facts}, indent=2, sort_keys=True))
        return
    click.echo(
        f"{visible(attack.facts.name)} by {visible(attack.facts.finder.name)}: "
        f"{_asks(attack)} for {attack.facts.concept} under {attack.protocol.name}, against "
        f"{visible(attack.facts.against)}\n{path}"
    )


@command.command()
@click.argument("path", metavar="ATTACK", type=_FILE)
@click.argument("checkpoint", metavar="[HUB_ID|MANIFEST|PATH]", required=False)
@click.option(
    "--row",
    metavar="NAME",
    help="Leaderboard entry to attack. Its checkpoint is downloaded, or the given one is compared "
    "with it by digest.",
)
@options.leaderboard
@click.option(
    "--starts",
    metavar="WORD",
    default=FIRST_STARTS,
    show_default=True,
    help="Seeds the start latents, together with the attack's digest. Must be unknown to the "
    "finder: for the leaderboard, the commit that merged the attack.",
)
@click.option(
    "--output",
    "folder",
    type=_FOLDER,
    help="Folder of the replay; an interrupted replay in it is resumed.  [default: replays/NAME]",
)
@options.device
@options.batch_size
@options.threads
@options.dtype
@options.as_json("Print the rates as JSON.")
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
    """Replay an attack on a checkpoint.

    Prints its recovery rate next to that of the plain prompt, and both on the original model and on
    the retrained model (the floor), if the protocol has one. Writes replay.json to the folder of
    the replay. Seeds are derived after submission, so the finder could not fit the attack to them.

    \b
      erasebench attack replay submissions/attacks/my_prompts.yaml church.safetensors
      erasebench attack replay submissions/attacks/my_prompts.yaml --row esd_x --device cuda
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    attack = load_attack(path, user_cache())
    known = None
    if row is not None:
        known = attacked_checkpoint(attack, _row_file(leaderboard, attack.protocol.name, row))
        checkpoint = checkpoint or known.address
    if checkpoint is None:
        raise RequestError(
            "No checkpoint is given, and --row names no entry with a checkpoint on the Hub. Give "
            "its path, Hub id or manifest."
        )
    (found,) = read_checkpoint_argument(checkpoint, (attack.facts.concept,), user_cache())
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
    from erasebench.evaluation.replay.replay import replay as run_replay

    _print(asked.result, run_replay(asked), as_json=as_json)


@command.command()
@click.argument("path", metavar="REPLAY", type=_FILE)
@click.option("--row", metavar="NAME", required=True, help="Leaderboard entry that was attacked.")
@options.leaderboard
@options.as_json("Print the rates as JSON.")
def add(path: Path, row: str, leaderboard: Path, *, as_json: bool) -> None:
    """Add a replay to a leaderboard entry.

    Copies REPLAY next to the entry and prints the path, if the attack recovers the concept. The
    entry's own file and scores stay unchanged. All rates are recomputed from the records, here and
    whenever the site is built.

    \b
      erasebench attack add replays/my_prompts_on_church_from_3c1f/replay.json --row esd_x
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    protocol = load_replay(path).protocol
    place, found = add_attack(path, _row_file(leaderboard, protocol, row))
    _print(place, found, as_json=as_json)


def _row_file(leaderboard: Path, protocol: str, name: str) -> Path:
    return leaderboard / protocol / f"{slug_of(name)}.json"


def _asks(attack: LoadedAttack) -> str:
    """Number of prompts or tokens, as text."""
    if attack.rows is None:
        count = len(attack.manifest.prompts or ())
        return "1 prompt" if count == 1 else f"{count} prompts"
    many, tokens, _ = attack.rows.shape
    each = "" if many == 1 else f" for each of {many} prompt indices"
    return f"{tokens} learned token{'' if tokens == 1 else 's'}{each}"


def _print(path: Path, found: Replay, *, as_json: bool) -> None:
    figures = found.figures
    if as_json:
        facts = {
            "attack": found.attack.model_dump(mode="json"),
            "checkpoint": found.checkpoint.model_dump(mode="json"),
            "figures": figures.model_dump(mode="json"),
        }
        click.echo(json.dumps({"path": str(path), **facts}, indent=2, sort_keys=True))
        return
    floor = "not measured" if figures.floor is None else in_percent(figures.floor)
    withstands = "-" if figures.robustness is None else in_percent(figures.robustness)
    rows = [
        ("attack", in_percent(figures.rate)),
        ("plain prompt", in_percent(figures.control)),
        ("excess over the plain prompt", in_percent(figures.excess, signed=True)),
        ("attack on the original model", in_percent(figures.on_base)),
        ("plain prompt on the original model (ceiling)", in_percent(figures.ceiling)),
        ("attack on the retrained model (floor)", floor),
        ("robustness to the attack", withstands),
    ]
    click.echo(
        f"{visible(found.attack.name)} by {visible(found.attack.finder.name)}, on "
        f"{visible(found.checkpoint.name)}: {found.attack.concept}\n"
    )
    click.echo(tabulate(rows, headers=("recovery rate, %", ""), disable_numparse=True))
    outcome = "recovers" if figures.recovers else "does not recover"
    click.echo(f"\nThe attack {outcome} the concept (n = {figures.rate.n}).\n{path}")
