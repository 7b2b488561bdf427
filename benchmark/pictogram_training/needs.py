"""What each stage needs from the stages before it, checked before it starts."""

from __future__ import annotations

from erasebench.errors import ErasebenchError
from pictogram_training.autoencoder import SCALING
from pictogram_training.draw import EXAMPLES
from pictogram_training.latents import LATENTS
from pictogram_training.run import Run
from pictogram_training.stage import CHECKPOINT, read_checkpoint

SNAPSHOT, EXPORT = "snapshot", "export"
"""What writes the pipeline with the UNet as far as it is trained, and what writes all, finished."""

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
"""The parts that must be there before a stage runs, in the order in which they are made.

A run that reuses another's parts exports no judging ones, and does not need them.
"""

_LAST_WRITTEN = {
    "draw": EXAMPLES,
    "tokenizer": "tokenizer_config.json",
    "vae": SCALING,
    "latents": LATENTS,
}
"""The file that a part's folder holds once the part is made; a checkpoint where none is named."""


class UnfinishedPartError(ErasebenchError):
    """A part that another stage needs is missing or has not been trained to its end."""


def check_needs(run: Run, stage: str) -> None:
    """Finds what a stage needs, or says which stage must run first.

    The UNet may have steps left here: `snapshot` allows it, and `export` has its own check.

    Raises:
        UnfinishedPartError: if a part is missing, or a trained one has steps left.
    """
    for part in NEEDS[stage]:
        if part in _JUDGING and not run.makes(part):
            continue
        folder = run.folder(part)
        lent = "" if run.makes(part) else " in the folder that --reuse names"
        if not (folder / _LAST_WRITTEN.get(part, CHECKPOINT)).exists():
            raise UnfinishedPartError(
                f"{stage} needs {part}, which {folder} lacks; run --stage {part}{lent} first"
            )
        if part in _LAST_WRITTEN or part == "unet":
            continue
        state = read_checkpoint(folder)
        if state["step"] < state["schedule"]["steps"]:
            raise UnfinishedPartError(
                f"{stage} needs {part}, which stands at step {state['step']} of "
                f"{state['schedule']['steps']}; run --stage {part}{lent} to its end first"
            )
