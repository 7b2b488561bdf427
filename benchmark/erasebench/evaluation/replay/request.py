"""A replay to run: attack and checkpoint, checked before any model is loaded."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from erasebench.attack.loading import LoadedAttack
from erasebench.attack.replay_result import ANY, FIRST_STARTS, STARTS
from erasebench.errors import RequestError, quoted
from erasebench.evaluation.plan.request import CPU, Compute
from erasebench.hub.checkpoint_argument import CheckpointArgument
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.results.file import load_result
from erasebench.results.result import CheckpointRun
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint

REPLAY = "replay.json"
"""Name of the result file in a replay's folder."""

REPLAYS = Path("replays")
"""Default parent of replay folders; not `runs`, whose folders hold results."""


@dataclass(frozen=True)
class ReplayRequest:
    """A checked replay.

    Attributes:
        attack: the attack.
        checkpoint: the attacked checkpoint, known by its headers.
        folder: the replay's folder, which is also the checkpoint's run folder.
        starts: word that seeds the start latents, together with the attack's digest.
        expected: digest of a row's tensors, which the checkpoint must have; None for any.
        address: where the checkpoint was downloaded from; None for a local file.
        compute: device, threads, batch size and precision.
    """

    attack: LoadedAttack
    checkpoint: Checkpoint
    folder: Path
    starts: str = FIRST_STARTS
    expected: str | None = None
    address: str | None = None
    compute: Compute = CPU

    @property
    def result(self) -> Path:
        """The result file."""
        return self.folder / REPLAY

    @property
    def command(self) -> str:
        """The command that reproduces the rates, run next to `submissions` and the checkpoint."""
        words = ["erasebench", "attack", "replay"]
        words += [f"submissions/attacks/{self.attack.facts.id}.yaml"]
        words += [self.address or self.checkpoint.path.resolve().name, "--starts", self.starts]
        if self.compute.dtype is not None:
            words += ["--dtype", self.compute.dtype]
        return shlex.join(words)


def replay_request(
    attack: LoadedAttack,
    given: CheckpointArgument,
    *,
    row: CheckpointRun | None = None,
    folder: Path | None = None,
    starts: str = FIRST_STARTS,
    compute: Compute = CPU,
) -> ReplayRequest:
    """Checks the options against the attack and the checkpoint's headers.

    Args:
        attack: the attack.
        given: the attacked checkpoint.
        row: the checkpoint of a row that it must equal; None for any.
        folder: None for `replays/ATTACK_on_CHECKPOINT_from_STARTS`.
        starts: see `ReplayRequest`.
        compute: see `ReplayRequest`.

    Raises:
        CheckpointError: if the checkpoint cannot be read.
        RequestError: if the checkpoint erases another concept, or the word has other characters.
    """
    checkpoint = replace(open_checkpoint(given.path), called=given.name)
    concept = attack.facts.concept
    # The argument has the attack's concept; the card names the erased one.
    erased = given.concepts if checkpoint.concept is None else (checkpoint.concept,)
    if erased and concept not in erased:
        raise RequestError(
            f"{given.path} erases {', '.join(erased)}, but the attack is for {concept}."
        )
    if given.base is not None and given.base != attack.protocol:
        raise RequestError(
            f"{given.path} is an edit of the base of {given.base.name}, but the attack is for "
            f"{attack.protocol.name}."
        )
    if re.fullmatch(STARTS, starts) is None:
        raise RequestError(
            f"--starts {quoted(starts)}: it must be 1 to 64 letters, digits and ._-; use the "
            "commit that merged the attack."
        )
    return ReplayRequest(
        attack=attack,
        checkpoint=checkpoint,
        folder=folder or REPLAYS / f"{attack.facts.id}_on_{checkpoint.name}_from_{starts}",
        starts=starts,
        expected=None if row is None else row.identity.tensors_digest,
        address=given.address,
        compute=compute,
    )


def attacked_checkpoint(
    attack: LoadedAttack, row: Path, protocols: Mapping[str, Protocol] = PROTOCOLS
) -> CheckpointRun:
    """The checkpoint of a row that an attack is for.

    Args:
        attack: the attack.
        row: the row's file.
        protocols: protocols of readable results, by name.

    Raises:
        ResultError: if the file is no valid result.
        RequestError: if the attack is for another row, protocol or concept.
    """
    result = load_result(row, protocols)
    facts = attack.facts
    if facts.against not in (ANY, result.name):
        raise RequestError(
            f"{attack.path} is against {facts.against}, but {row} is {quoted(result.name)}."
        )
    if result.protocol != attack.protocol.name:
        raise RequestError(
            f"{attack.path} is for {attack.protocol.name}, but {row} is of {result.protocol}."
        )
    for checkpoint in result.checkpoints:
        if facts.concept in checkpoint.concepts:
            return checkpoint
    raise RequestError(
        f"{attack.path} is for {facts.concept}, but {row} erases "
        f"{', '.join(cell.erased for cell in result.cells)}."
    )
