"""Estimated time, memory and disk space of an evaluation on this device."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from erasebench.diffusion.memory import (
    decoding_memory,
    drawing_memory,
    free_memory,
    gradient_memory,
    weights_size,
)
from erasebench.disk import user_cache
from erasebench.evaluation.base.needs import base_needs
from erasebench.evaluation.forecast.cost import readable_size
from erasebench.evaluation.forecast.forecast import forecast, unverified_models
from erasebench.evaluation.plan.request import Request
from erasebench.evaluation.run.latent_classifiers import photographs_to_fetch
from erasebench.evaluation.run.loading import load
from erasebench.frozen_model import FrozenModel
from erasebench.results.reference import REFERENCES
from erasebench.results.result import Environment


class Profile(FrozenModel):
    """Estimated cost of an evaluation; sizes are estimates in bytes."""

    environment: Environment = Field(description="Device, dtype and batch size of the run.")
    pictures: int = Field(description="Images to generate, the base's included, at most.")
    updates: int = Field(description="Optimiser updates, at most.")
    seconds: float = Field(
        description="Estimated from timed UNet calls, without training classifiers."
    )
    weights: int = Field(description="Bytes of base and submission on the device.")
    drawing: int = Field(description="Bytes of a UNet call with a full batch, in addition.")
    decoding: int = Field(description="Bytes to decode one image, in addition.")
    optimised: int = Field(
        description="Bytes of a call with gradients, for textual inversion or the prefix attack, "
        "in addition."
    )
    free: int | None = Field(description="Free bytes after loading the weights; null if unknown.")
    disk: int = Field(description="Bytes for the run and the cache, without photographs.")
    lines: tuple[str, ...] = Field(description="The forecast that `evaluate` prints.")

    def report(self) -> str:
        """The same as text."""
        on = self.environment
        free = "" if self.free is None else f"; {readable_size(self.free)} free"
        memory = {
            "weights": self.weights,
            f"generating, {on.batch_size} images per batch": self.drawing,
            "decoding an image": self.decoding,
            "optimised probes": self.optimised,
        }
        return "\n".join(
            (
                f"{on.device}, {on.dtype}, {on.threads} threads",
                *self.lines,
                f"Memory (without judges and libraries){free}:",
                *(f"  {name}: {readable_size(size)}" for name, size in memory.items()),
            )
        )


def profile(
    request: Request, cache: Path | None = None, references: Path | None = REFERENCES
) -> Profile:
    """Estimates the cost of an evaluation without generating images.

    Loads all models and times a few UNet calls; memory is computed from the base's shapes, without
    being allocated. Writes nothing and downloads no photographs.

    Args:
        request: the evaluation.
        cache: see `evaluate`.
        references: see `evaluate`.

    Raises:
        CheckpointError, DeviceError, ProtocolError, RequestError: see `evaluate`.
        ClassifierFileError: if a given classifier file is invalid.
    """
    cache = cache or user_cache()
    protocol = request.protocol
    loaded = load(request, cache, photographs=None)
    photographs = photographs_to_fetch(request)
    base = base_needs(protocol, request.selection, loaded.spec, cache, references)
    expected = forecast(request, loaded, base)
    pipeline = loaded.models.pipeline
    both = expected.own + expected.bases
    return Profile(
        environment=loaded.spec.environment,
        pictures=both.pictures,
        updates=both.updates,
        seconds=round(expected.seconds, 1),
        weights=weights_size(pipeline),
        drawing=drawing_memory(pipeline, pipeline.rows_per_call),
        decoding=decoding_memory(pipeline),
        optimised=gradient_memory(pipeline, protocol.inversion.batch),
        free=free_memory(pipeline.device),
        disk=both.room,
        lines=(
            *unverified_models(protocol),
            *expected.lines,
            *(() if photographs is None else (photographs,)),
        ),
    )
