"""A run's folder: what fixes the run is written into it first, and one process works in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from erasebench.disk import locked, replace_file, unfinished, writing
from erasebench.errors import RunFolderError, RunFolderTakenError, RunLockedError, quoted
from erasebench.evaluation.plan.kept_images import KeptImages
from erasebench.frozen_model import FrozenModel
from erasebench.protocol.seeds import SeedSetDigest
from erasebench.results.result import Environment

RUN = "run.json"
LOCK = "run.lock"

BESIDE = "base"
"""Folder, inside a submission's run folder, of what the base gave to the same questions."""

START_AGAIN = "Remove the folder and run the same command again."
"""What helps where something that a run recorded is damaged or gone."""


_REASONS = {
    "plan digest": "Another version of erasebench started it, or the attack or the training's "
    "checkpoints are others, so it cannot be resumed. "
}
"""Why a fact differs, where its value does not show it."""


class RunSpec(FrozenModel):
    """Everything that fixes a run's records, down to rounding; two runs with equal specs agree."""

    schema_version: Literal[1] = Field(default=1, description="Version of this schema.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    seed_set: str = Field(description="Name of the seed set.")
    seed_set_digest: SeedSetDigest = None
    subject: str = Field(description="Named weights under test: submission or base.")
    checkpoint_digest: str = Field(description="Digest of the tensors that differ from the base.")
    base_digest: str = Field(description="Digest of the base's tensors.")
    concepts: tuple[str, ...] = Field(description="Erased concepts that are asked for.")
    probes: tuple[str, ...] = Field(description="Probes that are run, and `retention`.")
    limit: int = Field(description="Prompt indices per concept and probe, at most.")
    plan_digest: str = Field(description="Digest of all that is drawn, in order.")
    images: KeptImages = Field(description="Which pictures are kept.")
    environment: Environment = Field(description="Software, device, dtype, threads, batch size.")
    classifiers: dict[str, str] | None = Field(
        None,
        description="By concept, where a latent classifier comes from that the protocol's recipe "
        "did not make; null where it made all.",
    )


class _RunFile(FrozenModel):
    """The content of `run.json`."""

    spec: RunSpec
    started: str = Field(description="UTC, ISO 8601.")


@contextmanager
def working_in(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Holds the folder's lock, which the system releases when the process ends in any way.

    Args:
        folder: made if it is not there.
        wait: whether to wait for another process to end, or to refuse.

    Raises:
        RunFolderError: if it holds something that is no run; nothing is written into it.
        RunLockedError: if another process holds it and `wait` is false.
        DiskFullError, UnwritableError: if the folder cannot be made or written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _check_no_strangers(folder)
    with locked(folder / LOCK, None if wait else RunLockedError(folder)):
        yield


def claim(folder: Path, spec: RunSpec) -> str:
    """Makes a folder this run's, or finds that it is already.

    Args:
        folder: one whose lock is held.
        spec: what fixes the run.

    Returns:
        When the run was first started: UTC, ISO 8601.

    Raises:
        RunFolderTakenError: if it holds another run.
        RunFolderError: if it holds a `run.json` that cannot be read.
        DiskFullError: if there is no room.
    """
    path = folder / RUN
    if not path.exists():
        started = now()
        content = _RunFile(spec=spec, started=started).model_dump_json(indent=2)
        replace_file(path, f"{content}\n".encode())
        return started
    found = _read(folder)
    _check_same(folder, found.spec, spec)
    return found.started


def read_spec(folder: Path) -> RunSpec:
    """What fixes the run in a folder.

    Raises:
        RunFolderError: if it holds no run, or a `run.json` that cannot be read.
    """
    if not (folder / RUN).is_file():
        raise RunFolderError(folder, f"It holds no run: there is no {RUN}.")
    return _read(folder).spec


def _read(folder: Path) -> _RunFile:
    try:
        return _RunFile.model_validate_json((folder / RUN).read_text())
    except ValidationError as error:
        raise RunFolderError(
            folder,
            f"Its {RUN} cannot be read: {error.errors()[0]['msg']}. "
            "Remove the folder, or give another with --output.",
        ) from error


def claimed_batch_size(folder: Path) -> int | None:
    """The batch size of the run in a folder; None where there is none, or it cannot be read."""
    try:
        found = _RunFile.model_validate_json((folder / RUN).read_text())
    except (OSError, ValidationError):
        return None
    return found.spec.environment.batch_size


def now() -> str:
    """The time: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _check_no_strangers(folder: Path) -> None:
    """Refuses a folder that is not empty and was never claimed."""
    ours = (LOCK, unfinished(folder / RUN).name)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name not in ours)
    if names and RUN not in names:
        raise RunFolderError(
            folder,
            f"It holds something that is no run: {quoted(names[0])}. "
            "Give a new or an empty folder with --output.",
        )


def _check_same(folder: Path, found: RunSpec, wanted: RunSpec) -> None:
    found_facts, wanted_facts = _facts(found), _facts(wanted)
    for name, value in wanted_facts.items():
        # What the public seed set does not have is left out of its spec.
        if (there := found_facts.get(name, "none")) != value:
            raise RunFolderTakenError(
                folder, differs=name, found=there, wanted=value, reason=_REASONS.get(name, "")
            )


def _facts(spec: RunSpec) -> dict[str, str]:
    """Every fact of a spec by the name that a message uses for it."""
    facts = spec.model_dump()
    environment = facts.pop("environment")
    return {
        name.replace("_", " "): ", ".join(value) if isinstance(value, tuple) else str(value)
        for name, value in (facts | environment).items()
    }
