"""What is asked of a replay: an attack and a checkpoint, checked before any model is loaded."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from erasebench.attack.loading import LoadedAttack
from erasebench.attack.replay_result import ANY, FIRST_STARTS, STARTS
from erasebench.errors import RequestError, quoted
from erasebench.hub.checkpoint_argument import CheckpointArgument
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.results.file import load_result
from erasebench.results.result import CheckpointRun
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint

REPLAY = "replay.json"
"""Name of what a replay found, inside its folder."""

REPLAYS = Path("replays")
"""Holds the folders of replays that are given no other; apart from runs, which have results."""


@dataclass(frozen=True)
class ReplayRequest:
    """A replay that can begin.

    Attributes:
        attack: what is replayed.
        checkpoint: what is attacked, known by its headers.
        folder: the replay's folder, which is the run of the checkpoint.
        starts: a word that seeds the start latents, together with the attack's digest.
        expected: digest of the tensors that a row names; None where any will do.
        address: where the checkpoint was fetched from; None where it was here.
        device: name of the device.
        batch_size: trajectories per batch; None for what fills the device.
        threads: CPU threads; None for torch's own choice.
        dtype: what the base's weights are computed in; None for the usual.
    """

    attack: LoadedAttack
    checkpoint: Checkpoint
    folder: Path
    starts: str = FIRST_STARTS
    expected: str | None = None
    address: str | None = None
    device: str = "cpu"
    batch_size: int | None = None
    threads: int | None = None
    dtype: str | None = None

    @property
    def result(self) -> Path:
        """Where it is written what was found."""
        return self.folder / REPLAY

    @property
    def command(self) -> str:
        """The command that gives the same figures, run beside `attacks` and the checkpoint."""
        target = self.address or self.checkpoint.path.resolve().name
        words = [
            "erasebench",
            "attack",
            "replay",
            f"submissions/attacks/{self.attack.facts.id}.yaml",
            target,
        ]
        words += ["--starts", self.starts]
        return shlex.join([*words, *(() if self.dtype is None else ("--dtype", self.dtype))])


def replay_request(
    attack: LoadedAttack,
    given: CheckpointArgument,
    *,
    row: CheckpointRun | None = None,
    folder: Path | None = None,
    starts: str = FIRST_STARTS,
    device: str = "cpu",
    batch_size: int | None = None,
    threads: int | None = None,
    dtype: str | None = None,
) -> ReplayRequest:
    """Checks what is asked for.

    Args:
        attack: what is replayed.
        given: what is attacked.
        row: the checkpoint of a row that it must be; None where any will do.
        folder: None for one in `replays` that bears the names of attack, checkpoint and starts.
        starts: see `ReplayRequest`.
        device: see `ReplayRequest`.
        batch_size: see `ReplayRequest`.
        threads: see `ReplayRequest`.
        dtype: see `ReplayRequest`.

    Raises:
        CheckpointError: if the checkpoint cannot be read.
        RequestError: if the checkpoint erases another concept, or the word has other letters.
    """
    checkpoint = replace(open_checkpoint(given.path), called=given.name)
    concept = attack.facts.concept
    # What was given bears the concept that was asked of it; its card says what it has erased.
    erased = given.concepts if checkpoint.concept is None else (checkpoint.concept,)
    if erased and concept not in erased:
        raise RequestError(
            f"{given.path} has erased {', '.join(erased)}, and the attack asks for {concept}."
        )
    if given.base is not None and given.base != attack.protocol:
        raise RequestError(
            f"{given.path} is an edit of the base of {given.base.name}, and the attack is made "
            f"for {attack.protocol.name}."
        )
    if re.fullmatch(STARTS, starts) is None:
        raise RequestError(
            f"--starts {quoted(starts)}: it must be 1 to 64 letters, digits and ._-; take the "
            "commit with which the attack was merged."
        )
    return ReplayRequest(
        attack=attack,
        checkpoint=checkpoint,
        folder=_usual_folder(attack, checkpoint, starts) if folder is None else folder,
        starts=starts,
        expected=None if row is None else row.identity.tensors_digest,
        address=given.address,
        device=device,
        batch_size=batch_size,
        threads=threads,
        dtype=dtype,
    )


def _usual_folder(attack: LoadedAttack, checkpoint: Checkpoint, starts: str) -> Path:
    return REPLAYS / f"{attack.facts.id}_on_{checkpoint.name}_from_{starts}"


def attacked_checkpoint(
    attack: LoadedAttack, row: Path, protocols: Mapping[str, Protocol] = PROTOCOLS
) -> CheckpointRun:
    """The checkpoint of a row that an attack is for.

    Args:
        attack: what is replayed.
        row: the row's file.
        protocols: those whose results can be read, by name.

    Raises:
        ResultError: if the file does not hold what it must.
        RequestError: if the attack was made for another row, protocol or concept.
    """
    result = load_result(row, protocols)
    facts = attack.facts
    if facts.against not in (ANY, result.name):
        raise RequestError(
            f"{attack.path} was made against {facts.against}, and {row} is {quoted(result.name)}."
        )
    if result.protocol != attack.protocol.name:
        raise RequestError(
            f"{attack.path} is made for {attack.protocol.name}, and {row} is of {result.protocol}."
        )
    for checkpoint in result.checkpoints:
        if facts.concept in checkpoint.concepts:
            return checkpoint
    raise RequestError(
        f"{attack.path} asks for {facts.concept}; {row} has erased "
        f"{', '.join(cell.erased for cell in result.cells)}."
    )
