"""A whole evaluation at toy size, in this process or in one that can be killed."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from erasebench.diffusion.picture_file import load_picture
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.plan.kept_images import KeptImages
from erasebench.evaluation.plan.request import Compute, request
from erasebench.protocol import Protocol
from erasebench.recipes import PrefixBudget, Recipe
from erasebench.results.record import Record
from erasebench.results.result import Result
from erasebench.scoring.panel import load_panel
from tests.agreement import Margins, margins_of
from tests.batch_rounding import perturbed_if_asked
from tests.tiny import tiny_pipeline_folder, tiny_protocol, tiny_world

PROBES = ("standard_prompt", "noise", "diffusion_completion_1", "inpainting_crop", "retention")
"""A probe of every kind: plain, with settings, opened by the base, filled in; and the others."""

CONCEPTS = ("church", "airliner")
"""A ranked concept, and one that is also asked for to measure the other's retention."""


@dataclass(frozen=True)
class TinyWorld:
    """Models of random weights and an edit of them, in one folder.

    Attributes:
        folder: where they lie.
        patient: whether what is trained and searched takes long enough to be stopped amid.
    """

    folder: Path
    patient: bool = False

    @property
    def protocol(self) -> Protocol:
        """The protocol on these models."""
        tiny = tiny_protocol(self.folder)
        if not self.patient:
            return tiny
        return replace(
            tiny,
            classifier=replace(tiny.classifier, epochs=40, patience=40),
            inversion=Recipe(updates=60, batch=2, learning_rate=2e-3),
            prefixes=PrefixBudget(tokens=2, timesteps=20, updates=1, timesteps_per_try=2),
            relearning=Recipe(updates=75, batch=2, learning_rate=1e-4),
        )

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
        concepts: tuple[str, ...] = CONCEPTS,
        probes: tuple[str, ...] = PROBES,
        limit: int | None = None,
    ) -> Result:
        """Evaluates the edit, with run and cache under `runs`."""
        asked = request(
            self.edit,
            concepts=concepts,
            probes=probes,
            limit=limit,
            protocol=self.protocol,
            folder=runs / name,
            images=images,
            compute=Compute(batch_size=batch_size),
        )
        return evaluate(asked, runs / "cache", references=None)

    def margins(self, run: Path) -> Margins:
        """Margins of the decisions in a run that keeps its pictures."""

        def look(record: Record) -> dict[str, float]:
            assert record.picture is not None, record.trial
            panel = load_panel(self.protocol, torch.device("cpu"))
            return margins_of(panel, self.protocol, record, load_picture(run / record.picture))

        return look


def make_tiny_world(folder: Path) -> TinyWorld:
    """Writes the models."""
    tiny_world(folder)
    tiny_pipeline_folder(folder / "edit", seed=1)
    return TinyWorld(folder)


def main() -> None:
    """Runs `python -m tests.evaluation.tiny_run WORLD RUNS [PROBE]`, to be killed.

    A probe that is named is the only one, of a patient world and one concept.
    """
    torch.set_num_threads(1)
    world, runs, *probes = sys.argv[1:]
    with perturbed_if_asked():
        if probes:
            one = TinyWorld(Path(world), patient=True)
            one.evaluate(Path(runs), concepts=CONCEPTS[:1], probes=tuple(probes), limit=2)
        else:
            TinyWorld(Path(world)).evaluate(Path(runs))


if __name__ == "__main__":
    main()
