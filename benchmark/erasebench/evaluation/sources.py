"""The base's own pictures that inpainting fills in: drawn first, and kept."""

from __future__ import annotations

from pathlib import Path

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.trajectory import BASE
from erasebench.errors import RunFolderError
from erasebench.evaluation.apparatus import Apparatus
from erasebench.evaluation.folder import START_AGAIN, RunSpec
from erasebench.evaluation.images import Picture, load_picture, store_picture
from erasebench.evaluation.plan import Plan
from erasebench.probes.inpainting import source_key
from erasebench.probes.standard_prompt import StandardPrompt

SOURCES = "sources"
"""Folder of the source pictures inside a run's folder."""


def source_pictures(
    plan: Plan, spec: RunSpec, folder: Path, apparatus: Apparatus
) -> dict[str, Picture]:
    """The source pictures of every trial of a plan, by the key that trajectories name.

    Each is the base's standard-prompt picture of the same target and prompt index. Those that are
    stored are read; a batch of which any is not is drawn again, whole, so that a resumed run has
    the very pictures of one that was not interrupted.

    Args:
        plan: its trials name the sources.
        spec: fixes the batches.
        folder: the run's folder.
        apparatus: draws with the base's weights.

    Raises:
        RunFolderError: if a stored one cannot be read.
        DiskFullError: if there is no room for them.
    """
    wanted = {
        (trial.target, trial.prompt_index): folder
        / SOURCES
        / f"{trial.target}-{trial.prompt_index:03d}.png"
        for trial in plan.trials
        if plan.probes[trial.probe].needs_source
    }
    asked = list(wanted)
    batch_size = spec.environment.batch_size
    for at in range(0, len(asked), batch_size):
        batch = asked[at : at + batch_size]
        if all(wanted[key].exists() for key in batch):
            continue
        samples = apparatus.draw(
            [
                StandardPrompt().trajectory(plan.protocol, CONCEPTS[target], prompt_index, 0, BASE)
                for target, prompt_index in batch
            ],
            sources={},
        )
        for key, picture in zip(batch, samples.pictures, strict=True):
            store_picture(wanted[key], picture)
    return {
        source_key(CONCEPTS[target], prompt_index): _stored(folder, path)
        for (target, prompt_index), path in wanted.items()
    }


def _stored(folder: Path, path: Path) -> Picture:
    try:
        return load_picture(path)
    # Pillow's answers to pictures that are cut short or garbled.
    except (OSError, SyntaxError, ValueError) as error:
        raise RunFolderError(
            folder, f"{SOURCES}/{path.name} is damaged: {error}. {START_AGAIN}"
        ) from error
