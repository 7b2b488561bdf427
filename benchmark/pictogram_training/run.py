"""One run of the recipe: where its parts lie, what it draws from and how it is seeded.

A work folder belongs to one run. `run.json` in it says which, so that drawings made for one seed,
or of one world, never serve another: a model that must not know a concept would have seen it.
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
"""What a run makes for itself even when it takes everything else from another run."""

TOLD = "run.json"
"""The file of a work folder that says which run it belongs to."""


class WorkFolderTakenError(RunFolderError):
    """A work folder that holds what another run made."""


class RunIdentity(FrozenModel):
    """What tells one run's parts from another's.

    Attributes:
        seed: of everything random.
        source: kind of the pictures.
        without: things and styles that were left out, sorted.
        reuse: whether all parts but the UNet are another run's.
    """

    seed: int
    source: str
    without: tuple[str, ...]
    reuse: bool


@dataclass(frozen=True)
class Run:
    """What every stage knows.

    Attributes:
        work: folder that holds what the stages make, one folder a part.
        source: where the pictures come from.
        seed: of everything random; each part derives its own stream from it.
        device: where tensors live while training.
        reuse: work folder of a finished run whose tokenizer, CLIPs, VAE and classifiers serve
            this one, so that only the UNet is trained anew; None to make all parts.
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
        """What its work folder says of it."""
        return RunIdentity(
            seed=self.seed,
            source=self.source.kind,
            without=self.source.without,
            reuse=self.reuse is not None,
        )


def claim(run: Run) -> RunIdentity:
    """Makes a work folder this run's, or finds that it is.

    Raises:
        WorkFolderTakenError: if the folder belongs to another run; names what differs.
    """
    path = run.work / TOLD
    if not path.exists():
        replace_file(path, f"{run.identity.model_dump_json(indent=2)}\n".encode())
    found = RunIdentity.model_validate_json(path.read_text(encoding="utf-8"))
    for name, wanted in run.identity:
        held = getattr(found, name)
        if held != wanted:
            raise WorkFolderTakenError(
                run.work,
                f"It holds another run: its {name} is {_shown(held)}, not {_shown(wanted)}. "
                "Give another folder with --work, or the options that this one was made with.",
            )
    return found


def _shown(value: object) -> str:
    return ", ".join(value) or "nothing" if isinstance(value, tuple) else str(value)
