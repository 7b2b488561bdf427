"""A whole evaluation at toy size, in this process or in one that can be killed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.images import KeptImages
from erasebench.evaluation.request import request
from erasebench.protocol import Protocol
from erasebench.results.result import Result
from tests.tiny import tiny_pipeline_folder, tiny_protocol, tiny_world

PROBES = ("standard_prompt", "noise", "diffusion_completion_1", "inpainting_crop", "retention")
"""A probe of every kind: plain, with settings, opened by the base, filled in; and the others."""

CONCEPTS = ("church", "airliner")
"""A ranked concept, and one that is also asked for to measure the other's retention."""


@dataclass(frozen=True)
class TinyWorld:
    """Models of random weights and an edit of them, in one folder."""

    folder: Path

    @property
    def protocol(self) -> Protocol:
        """The protocol on these models."""
        return tiny_protocol(self.folder)

    @property
    def edit(self) -> Path:
        """The checkpoint."""
        return self.folder / "edit"

    def evaluate(
        self,
        runs: Path,
        batch_size: int = 7,
        *,
        name: str = "run",
        images: KeptImages = "judged",
        probes: tuple[str, ...] = PROBES,
        limit: int | None = None,
    ) -> Result:
        """Evaluates the edit, with run and cache under `runs`."""
        asked = request(
            self.edit,
            concepts=CONCEPTS,
            probes=probes,
            limit=limit,
            protocol=self.protocol,
            folder=runs / name,
            images=images,
            batch_size=batch_size,
        )
        return evaluate(asked, runs / "cache")


def make_tiny_world(folder: Path) -> TinyWorld:
    """Writes the models."""
    tiny_world(folder)
    tiny_pipeline_folder(folder / "edit", seed=1)
    return TinyWorld(folder)


def main() -> None:
    """Runs `python -m tests.evaluation.tiny_run WORLD RUNS`, to be killed."""
    torch.set_num_threads(1)
    world, runs = map(Path, sys.argv[1:])
    TinyWorld(world).evaluate(runs)


if __name__ == "__main__":
    main()
