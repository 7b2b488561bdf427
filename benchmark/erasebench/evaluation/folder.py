"""A run's folder: what fixes the run is written into it first, and one process works in it."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tqdm import tqdm

from erasebench.disk import replace_file, room_for, unfinished
from erasebench.errors import RunFolderError, RunFolderTakenError, RunLockedError
from erasebench.evaluation.images import KeptImages
from erasebench.results.result import Environment

RUN_SCHEMA = 1
"""Version of `run.json`; another is refused."""

RUN = "run.json"
LOCK = "run.lock"


class RunSpec(BaseModel):
    """Everything that fixes a run's records, down to rounding; two runs with equal specs agree."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = Field(default=1, description="Version of this schema.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    seed_set: str = Field(description="Name of the seed set.")
    subject: str = Field(description="Named weights under test: submission or base.")
    checkpoint_digest: str = Field(description="Digest of the tensors that differ from the base.")
    base_digest: str = Field(description="Digest of the base's tensors.")
    panel_digest: str = Field(description="Digest of the judge's, selector's and CLIP's tensors.")
    plan_digest: str = Field(description="Digest of every trial in order.")
    images: KeptImages = Field(description="Which pictures are kept.")
    environment: Environment = Field(description="Software, device, dtype, threads, batch size.")


class _RunFile(BaseModel):
    """The content of `run.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spec: RunSpec
    started: str = Field(description="UTC, ISO 8601.")


@contextmanager
def working_in(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Holds the folder's lock, which the system releases when the process ends in any way.

    Args:
        folder: made if it is not there.
        wait: whether to wait for another process to end, or to refuse.

    Raises:
        RunLockedError: if another process holds it and `wait` is false.
        DiskFullError: if there is no room for the folder.
    """
    with room_for(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if not wait:
                raise RunLockedError(folder) from error
            tqdm.write(f"Waiting for another process at work in {folder}.", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
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
        RunFolderError: if it holds something else, or a `run.json` that cannot be read.
        DiskFullError: if there is no room.
    """
    path = folder / RUN
    if not path.exists():
        ours = (LOCK, unfinished(path).name)
        strangers = sorted(entry.name for entry in folder.iterdir() if entry.name not in ours)
        if strangers:
            raise RunFolderError(
                folder,
                f"It holds something that is no run: {strangers[0]}. "
                "Give a new or an empty folder with --output.",
            )
        started = now()
        content = _RunFile(spec=spec, started=started).model_dump_json(indent=2)
        replace_file(path, f"{content}\n".encode())
        return started
    try:
        found = _RunFile.model_validate_json(path.read_text())
    except ValidationError as error:
        raise RunFolderError(
            folder,
            f"Its {RUN} cannot be read: {error.errors()[0]['msg']}. "
            "Remove the folder, or give another with --output.",
        ) from error
    _check_same(folder, found.spec, spec)
    return found.started


def now() -> str:
    """The time: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _check_same(folder: Path, found: RunSpec, wanted: RunSpec) -> None:
    found_facts, wanted_facts = _facts(found), _facts(wanted)
    for name, value in wanted_facts.items():
        if found_facts[name] != value:
            raise RunFolderTakenError(folder, differs=name, found=found_facts[name], wanted=value)


def _facts(spec: RunSpec) -> dict[str, str]:
    """Every fact of a spec by the name that a message uses for it."""
    facts = spec.model_dump()
    environment = facts.pop("environment")
    return {name.replace("_", " "): str(value) for name, value in (facts | environment).items()}
