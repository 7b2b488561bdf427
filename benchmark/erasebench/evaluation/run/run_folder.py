"""A run's folder: holds everything that fixes the run, and is locked by one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from erasebench.diffusion.trajectory import BASE
from erasebench.disk import locked, replace_file, unfinished, writing
from erasebench.errors import RunFolderError, RunFolderTakenError, RunLockedError
from erasebench.evaluation.plan.kept_images import KeptImages
from erasebench.evaluation.plan.request import check_no_other_files
from erasebench.frozen_model import FrozenModel
from erasebench.protocol.seeds import SeedSetDigest
from erasebench.results.result import Environment

RUN = "run.json"
LOCK = "run.lock"

BASE_FOLDER = "base"
"""Folder of the base's records and images inside a submission's run folder."""

START_AGAIN = "Remove the folder and run the same command again."
"""Advice if a file of a run is damaged or missing."""


_REASONS = {
    "plan digest": "Another version of erasebench started it, or the attack or the training's "
    "checkpoints differ, so it cannot be resumed. "
}
"""Reasons of differences that the values do not show."""


class RunSpec(FrozenModel):
    """Everything that fixes a run's records: runs with equal specs agree down to rounding."""

    schema_version: Literal[1] = Field(default=1, description="Version of this schema.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    seed_set: str = Field(description="Name of the seed set.")
    seed_set_digest: SeedSetDigest = None
    subject: str = Field(description="Named weights under test: submission or base.")
    checkpoint_digest: str = Field(description="Digest of the tensors that differ from the base.")
    base_digest: str = Field(description="Digest of the base's tensors.")
    concepts: tuple[str, ...] = Field(description="Erased concepts of the run.")
    probes: tuple[str, ...] = Field(description="Probes of the run, and `retention`.")
    limit: int = Field(description="Prompt indices per concept and probe, at most.")
    plan_digest: str = Field(description="Digest of all images to generate, in order.")
    images: KeptImages = Field(description="Which images are kept.")
    environment: Environment = Field(description="Software, device, dtype, threads, batch size.")
    classifiers: dict[str, str] | None = Field(
        None,
        description="By concept, the origin of each latent classifier that the protocol's recipe "
        "did not make; null if it made all.",
    )

    def of_base(self, **changes: object) -> RunSpec:
        """The spec of a base's run that goes with this one, with some other fields."""
        own = {"subject": BASE, "checkpoint_digest": self.base_digest}
        return self.model_copy(update={**own, **changes})


class _RunFile(FrozenModel):
    """The content of `run.json`."""

    spec: RunSpec
    started: str = Field(description="UTC, ISO 8601.")


@contextmanager
def working_in(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Holds the folder's lock; the system releases it when the process ends.

    Args:
        folder: created if missing.
        wait: whether to wait for another process, or to refuse.

    Raises:
        RunFolderError: if it holds other files; nothing is written into it.
        RunLockedError: if another process holds the lock and `wait` is false.
        DiskFullError, UnwritableError: if the folder cannot be created or written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        check_no_other_files(folder, (LOCK, unfinished(folder / RUN).name), claimed_by=RUN)
    with locked(folder / LOCK, None if wait else RunLockedError(folder)):
        yield


def claim(folder: Path, spec: RunSpec) -> str:
    """Writes a run's spec into its folder, or checks that it is there.

    Args:
        folder: a locked folder.
        spec: fixes the run.

    Returns:
        First start of the run: UTC, ISO 8601.

    Raises:
        RunFolderTakenError: if the folder holds another run.
        RunFolderError: if its `run.json` cannot be read.
        DiskFullError: if the disk is full.
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
    """The spec of the run in a folder.

    Raises:
        RunFolderError: if it holds no run, or its `run.json` cannot be read.
    """
    return _read(folder).spec


def _read(folder: Path) -> _RunFile:
    if not (folder / RUN).is_file():
        raise RunFolderError(folder, f"It holds no run: there is no {RUN}.")
    try:
        return _RunFile.model_validate_json((folder / RUN).read_text())
    except ValidationError as error:
        raise RunFolderError(
            folder,
            f"Its {RUN} cannot be read: {error.errors()[0]['msg']}. "
            "Remove the folder, or choose another with --output.",
        ) from error


def claimed_batch_size(folder: Path) -> int | None:
    """The batch size of the run in a folder; None without a run that can be read."""
    try:
        return _read(folder).spec.environment.batch_size
    except (OSError, RunFolderError):
        return None


def now() -> str:
    """The current time: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _check_same(folder: Path, found: RunSpec, wanted: RunSpec) -> None:
    found_facts, wanted_facts = _facts(found), _facts(wanted)
    for name, value in wanted_facts.items():
        # The public seed set has no digest in its spec.
        if (there := found_facts.get(name, "none")) != value:
            raise RunFolderTakenError(
                folder, differs=name, found=there, wanted=value, reason=_REASONS.get(name, "")
            )


def _facts(spec: RunSpec) -> dict[str, str]:
    """The fields of a spec as text, by the names that messages use."""
    facts = spec.model_dump()
    environment = facts.pop("environment")
    return {
        name.replace("_", " "): ", ".join(value) if isinstance(value, tuple) else str(value)
        for name, value in (facts | environment).items()
    }
