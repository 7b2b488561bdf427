"""What an evaluation would take on this device, without any of it: time, memory, disk."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from erasebench.diffusion.memory import (
    decoding_memory,
    drawing_memory,
    free_memory,
    gradient_memory,
    weights_size,
)
from erasebench.disk import user_cache
from erasebench.evaluation.base import base_runs
from erasebench.evaluation.base_pictures import picture_store
from erasebench.evaluation.calibration import calibration_of
from erasebench.evaluation.cost import megabytes
from erasebench.evaluation.forecast import forecast, unverified_models
from erasebench.evaluation.known import known_base
from erasebench.evaluation.loading import load
from erasebench.evaluation.photographs import photographs_to_fetch
from erasebench.evaluation.request import Request
from erasebench.results.reference import REFERENCES, references_of
from erasebench.results.result import Environment


class Profile(BaseModel):
    """What an evaluation would take; every number of bytes is an estimate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: Environment = Field(description="Device, dtype and batch size, as they would be.")
    pictures: int = Field(description="Left to be drawn, the base's included, at most.")
    updates: int = Field(description="Of optimisers, at most.")
    seconds: float = Field(description="From calls that were timed, classifiers' training apart.")
    weights: int = Field(description="Bytes of base and submission on the device.")
    drawing: int = Field(description="Bytes of a full UNet call beside them.")
    decoding: int = Field(description="Bytes of decoding one picture beside them.")
    optimised: int = Field(
        description="Bytes of a call with the gradient of textual inversion or the prefix attack, "
        "beside them."
    )
    free: int | None = Field(description="Bytes that are free beside the weights; null if unknown.")
    disk: int = Field(description="Bytes that run and cache need, without photographs.")
    lines: tuple[str, ...] = Field(description="The forecast that an evaluation prints.")

    def report(self) -> str:
        """The same for people."""
        on = self.environment
        free = "" if self.free is None else f"; {megabytes(self.free)} are free"
        memory = {
            "weights": self.weights,
            f"drawing, {on.batch_size} pictures a batch": self.drawing,
            "decoding a picture": self.decoding,
            "optimised probes": self.optimised,
        }
        return "\n".join(
            (
                f"{on.device}, {on.dtype}, {on.threads} threads",
                *self.lines,
                f"memory on the device, judges and libraries apart{free}:",
                *(f"  {name}: {megabytes(size)}" for name, size in memory.items()),
            )
        )


def profile(
    request: Request, cache: Path | None = None, references: Path | None = REFERENCES
) -> Profile:
    """Estimates what an evaluation would take, and draws nothing.

    All models are loaded, and a few calls of the UNet are timed; memory is counted at the shapes of
    the base without being taken. Nothing of a run is written, and no photographs are fetched.

    Args:
        request: what would be asked for.
        cache: see `evaluate`.
        references: see `evaluate`.

    Raises:
        CheckpointError, DeviceError, ProtocolError, RequestError: see `evaluate`.
        ClassifierFileError: if a classifier that was given is none.
    """
    cache = cache or user_cache()
    protocol = request.protocol
    loaded = load(request, cache, photographs=None)
    photographs = photographs_to_fetch(request)
    stored = references_of(protocol, loaded.spec.seed_set, references)
    known = known_base(protocol, stored, references, loaded.spec.seed_set)
    runs = [
        base
        for base in base_runs(protocol, request.selection, loaded.spec, cache, known)
        if base.plan.trials
    ]
    indices = request.selection.indices(protocol.prompts)
    calibration = calibration_of(request.selection.concepts, stored.base, indices)
    store = picture_store(loaded.spec, indices, cache)
    told = forecast(request, loaded, runs, store, calibration.pictures)
    pipeline = loaded.apparatus.pipeline
    both = told.own + told.bases
    return Profile(
        environment=loaded.spec.environment,
        pictures=both.pictures,
        updates=both.updates,
        seconds=round(told.seconds, 1),
        weights=weights_size(pipeline),
        drawing=drawing_memory(pipeline, pipeline.rows_per_call),
        decoding=decoding_memory(pipeline),
        optimised=gradient_memory(pipeline, protocol.inversion.batch),
        free=free_memory(pipeline.device),
        disk=told.disk,
        lines=(
            *unverified_models(protocol),
            *told.lines,
            *(() if photographs is None else (photographs,)),
        ),
    )
