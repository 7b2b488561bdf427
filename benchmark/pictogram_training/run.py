"""One run of the recipe: its folder, source and seeds.

A work folder belongs to one run, named in its `run.json`. So a model that must not know a concept
is never trained on the images of another run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch

from erasebench.disk import replace_file
from erasebench.errors import RunFolderError
from erasebench.frozen_model import FrozenModel
from erasebench.pictogram.source import PictureSource

OWN_PARTS = frozenset({"draw", "latents", "unet"})
"""Parts that a run makes itself even if it reuses another run."""

IDENTITY = "run.json"
"""File of a work folder that identifies its run."""


class WorkFolderTakenError(RunFolderError):
    """A work folder of another run."""


class RunIdentity(FrozenModel):
    """Identity of a run.

    Attributes:
        seed: of all random numbers.
        source: kind of the images.
        without: things and styles that were left out, sorted.
        reuse: whether all parts except the UNet are reused.
    """

    seed: int
    source: str
    without: tuple[str, ...]
    reuse: bool


@dataclass(frozen=True)
class Run:
    """Facts that every stage needs.

    Attributes:
        work: folder with one subfolder per part.
        source: source of the images.
        seed: of all random numbers; each part derives its own stream from it.
        device: device of the training.
        reuse: work folder of a finished run whose tokenizer, CLIPs, VAE and classifiers are
            reused, so that only the UNet is trained; None to make all parts.
    """

    work: Path
    source: PictureSource
    seed: int = 0
    device: torch.device = torch.device("cpu")
    reuse: Path | None = None

    def folder(self, part: str) -> Path:
        """The folder of a part: this run's, or the reused run's for parts taken from there."""
        root = self.work if self.reuse is None or part in OWN_PARTS else self.reuse
        return root / part

    def makes(self, part: str) -> bool:
        """Whether this run makes the part itself."""
        return self.reuse is None or part in OWN_PARTS

    def seed_of(self, part: str) -> int:
        """A seed of 63 bits for this part, independent of every other part's."""
        digest = hashlib.sha256(f"erasebench pictogram {self.seed} {part}".encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 1

    def generator(self, part: str) -> torch.Generator:
        """A fresh CPU generator for this part."""
        return torch.Generator().manual_seed(self.seed_of(part))

    @property
    def identity(self) -> RunIdentity:
        """The identity stored in the work folder."""
        return RunIdentity(
            seed=self.seed,
            source=self.source.kind,
            without=self.source.without,
            reuse=self.reuse is not None,
        )


def claim(run: Run) -> RunIdentity:
    """Claims a work folder for this run, or checks that it belongs to it.

    Raises:
        WorkFolderTakenError: if the folder belongs to another run; names what differs.
    """
    path = run.work / IDENTITY
    if not path.exists():
        replace_file(path, f"{run.identity.model_dump_json(indent=2)}\n".encode())
    found = RunIdentity.model_validate_json(path.read_text(encoding="utf-8"))
    for name, wanted in run.identity:
        held = getattr(found, name)
        if held != wanted:
            raise WorkFolderTakenError(
                run.work,
                f"It belongs to another run: {name} is {_shown(held)}, not {_shown(wanted)}. "
                "Choose another folder with --work, or use the options of that run.",
            )
    return found


def _shown(value: object) -> str:
    return ", ".join(value) or "nothing" if isinstance(value, tuple) else str(value)
