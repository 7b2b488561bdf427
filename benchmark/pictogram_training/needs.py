"""Checks the prerequisites of a stage before it starts."""

from __future__ import annotations

from erasebench.errors import ErasebenchError
from pictogram_training.autoencoder import SCALING
from pictogram_training.draw import EXAMPLES
from pictogram_training.latents import LATENTS
from pictogram_training.run import Run
from pictogram_training.stage import CHECKPOINT, read_checkpoint

SNAPSHOT, EXPORT = "snapshot", "export"
"""Stages that write the pipeline with an unfinished UNet, and all finished models."""

_PIPELINE = ("draw", "tokenizer", "clip", "vae", "latents", "unet")
_JUDGING = ("selector", "judge", "scorer")

NEEDS: dict[str, tuple[str, ...]] = {
    "draw": (),
    "tokenizer": (),
    "selector": ("draw",),
    "judge": ("draw",),
    "clip": ("draw", "tokenizer"),
    "scorer": ("draw", "tokenizer"),
    "vae": ("draw",),
    "latents": ("draw", "vae"),
    "unet": ("draw", "tokenizer", "clip", "latents"),
    SNAPSHOT: _PIPELINE,
    EXPORT: (*_PIPELINE, *_JUDGING),
}
"""Parts that a stage needs, in the order in which they are made.

A run that reuses parts exports no judge, selector or scorer and does not need them.
"""

_LAST_WRITTEN = {
    "draw": EXAMPLES,
    "tokenizer": "tokenizer_config.json",
    "vae": SCALING,
    "latents": LATENTS,
}
"""File that is written last in the folder of a part; a checkpoint for other parts."""


class UnfinishedPartError(ErasebenchError):
    """A part that another stage needs is missing or not fully trained."""


def check_needs(run: Run, stage: str) -> None:
    """Checks the parts that a stage needs.

    The UNet may be unfinished here: `snapshot` allows it, and `export` has its own check.

    Raises:
        UnfinishedPartError: if a part is missing or not fully trained; names the stage to run.
    """
    for part in NEEDS[stage]:
        if part in _JUDGING and not run.makes(part):
            continue
        folder = run.folder(part)
        where = "" if run.makes(part) else " in the folder of --reuse"
        if not (folder / _LAST_WRITTEN.get(part, CHECKPOINT)).exists():
            raise UnfinishedPartError(
                f"{stage} needs {part}, which {folder} lacks; run --stage {part}{where} first"
            )
        if part in _LAST_WRITTEN or part == "unet":
            continue
        state = read_checkpoint(folder)
        if state["step"] < state["schedule"]["steps"]:
            raise UnfinishedPartError(
                f"{stage} needs {part}, which is at step {state['step']} of "
                f"{state['schedule']['steps']}; finish --stage {part}{where} first"
            )
