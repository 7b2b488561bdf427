"""`erasebench attack`: attacks by third parties, submitted as data."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click
from tabulate import tabulate

from erasebench.attack.loading import LoadedAttack, load_attack
from erasebench.attack.replay_file import load_replay
from erasebench.attack.replay_result import FIRST_STARTS, Replay
from erasebench.board.attacks import add_attack
from erasebench.board.format import in_percent, visible
from erasebench.board.status import slug_of
from erasebench.cli import options
from erasebench.cli.output import show, with_path
from erasebench.disk import user_cache
from erasebench.errors import RequestError
from erasebench.evaluation.plan.request import Compute
from erasebench.evaluation.replay.request import attacked_checkpoint, replay_request
from erasebench.hub.checkpoint_argument import read_checkpoint_argument
from erasebench.hub.protocol_models import fetch_models


@click.group()
def command() -> None:
    """Validate and replay attacks by third parties.

    An attack is a YAML manifest with prompts, or with token embeddings in a safetensors file, and
    with the name of its finder. It changes no score. If it recovers the concept, the leaderboard
    entry shows the robustness to it as *worst known* and credits the finder.

    \b
      erasebench attack validate submissions/attacks/my_prompts.yaml
      erasebench attack replay submissions/attacks/my_prompts.yaml church.safetensors
      erasebench attack add replays/my_prompts_on_church_from_3c1f/replay.json --row esd_x
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.argument("path", metavar="ATTACK", type=options.PATH)
@options.as_json("Print the attack as JSON.")
def validate(path: Path, *, as_json: bool) -> None:
    """Validate an attack's manifest and embeddings.

    Prints a summary of the attack, or every fault with its line. Embeddings on the Hub are
    downloaded and checked by digest. No model is loaded.

    \b
      erasebench attack validate submissions/attacks/my_prompts.yaml
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    attack = load_attack(path, user_cache())
    facts, asks = attack.facts, _asks(attack)
    show(
        with_path(path, facts, asks=asks),
        f"{visible(facts.name)} by {visible(facts.finder.name)}: {asks} for {facts.concept} under "
        f"{attack.protocol.name}, against {visible(facts.against)}",
        path,
        as_json=as_json,
    )


@command.command()
@click.argument("path", metavar="ATTACK", type=options.PATH)
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
    help="Word that seeds the start latents, together with the attack's digest. The finder must "
    "not know it in advance: for the leaderboard it is the commit that merged the attack.",
)
@options.output(
    "Folder of the replay; an interrupted replay in it is resumed.  [default: replays/NAME]",
    folder=True,
)
@options.batch_size
@options.dtype
@options.compute
@options.as_json("Print the rates as JSON.")
def replay(
    path: Path,
    checkpoint: str | None,
    row: str | None,
    leaderboard: Path,
    starts: str,
    output: Path | None,
    batch_size: int | None,
    dtype: str | None,
    *,
    as_json: bool,
    **compute: Unpack[options.DeviceOptions],
) -> None:
    """Replay an attack on a checkpoint.

    Prints the recovery rates of the attack and of the plain prompt, on the checkpoint and on the
    original model, and the attack's rate on the retrained model (floor) if the protocol has one.
    Writes replay.json to the folder of the replay. Seeds derive from
    --starts: use a word that the finder could not know.

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
        folder=output,
        starts=starts,
        compute=Compute(batch_size=batch_size, dtype=dtype, **compute),
    )
    fetch_models(attack.protocol)

    # Loads torch, so only once the options have been checked.
    from erasebench.evaluation.replay.replay import replay as run_replay

    _print(asked.result, run_replay(asked), as_json=as_json)


@command.command()
@click.argument("path", metavar="REPLAY", type=options.PATH)
@click.option("--row", metavar="NAME", required=True, help="Leaderboard entry that was attacked.")
@options.leaderboard
@options.as_json("Print the rates as JSON.")
def add(path: Path, row: str, leaderboard: Path, *, as_json: bool) -> None:
    """Add a replay to a leaderboard entry.

    Copies REPLAY next to the entry and prints the path. A replay that does not recover the concept
    is rejected. The entry's own file and scores stay unchanged. All rates are recomputed from the
    records, now and whenever the site is built.

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
    outcome = "recovers" if figures.recovers else "does not recover"
    show(
        {
            "path": path,
            "attack": found.attack,
            "checkpoint": found.checkpoint,
            "figures": figures,
        },
        f"{visible(found.attack.name)} by {visible(found.attack.finder.name)}, on "
        f"{visible(found.checkpoint.name)}: {found.attack.concept}\n",
        tabulate(rows, headers=("recovery rate, %", ""), disable_numparse=True),
        f"\nThe attack {outcome} the concept (n = {figures.rate.n}).",
        path,
        as_json=as_json,
    )
