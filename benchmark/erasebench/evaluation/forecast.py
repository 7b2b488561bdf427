"""What a run will take, told before it begins: pictures, time, disk, and models to be verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from erasebench.evaluation.base import BaseRun
from erasebench.evaluation.base_pictures import missing_pictures
from erasebench.evaluation.cost import (
    Cost,
    copy_cost,
    cost_of,
    drawing_cost,
    megabytes,
    seconds_per_row,
    tight_disks,
    unet_size_of,
)
from erasebench.evaluation.folder import BESIDE
from erasebench.evaluation.ledger import RECORDS, recorded_in
from erasebench.evaluation.loading import Loaded
from erasebench.evaluation.request import Request
from erasebench.optimisation.base_pictures import PictureStore
from erasebench.protocol import Protocol
from erasebench.submission.pin import unverified


@dataclass(frozen=True)
class Forecast:
    """What is left to be done, at most.

    Attributes:
        own: of the submission's run.
        bases: of the unedited base's runs and pictures.
        seconds: of both on this device, without the training of latent classifiers.
        lines: the same for people, and what is short of room.
    """

    own: Cost
    bases: Cost
    seconds: float
    lines: tuple[str, ...]

    @property
    def disk(self) -> int:
        """Bytes that must be free."""
        return (self.own + self.bases).room


def forecast(
    request: Request,
    loaded: Loaded,
    runs: Sequence[BaseRun],
    store: PictureStore,
    calibrating: int,
) -> Forecast:
    """Counts what is still to be done and whether the disks have room for it.

    Args:
        request: what is asked for.
        loaded: models and plan; a few calls of the UNet are timed.
        runs: of the base, those that are not known.
        store: of the base's pictures.
        calibrating: pictures of the base by which the machine is calibrated.
    """
    images, protocol, plan = request.images, request.protocol, loaded.plan
    unet_size = unet_size_of(loaded.apparatus.pipeline)
    own = cost_of(plan, images, unet_size, recorded_in(request.folder))
    if own.pictures and request.selection.tracing:
        traced = protocol.tracing_points * protocol.tracing_seeds
        own += drawing_cost(protocol, traced * len(request.selection.concepts))
    bases = sum(
        (cost_of(base.plan, images, unet_size, recorded_in(base.folder)) for base in runs), Cost()
    )
    plans = [base.plan for base in runs if recorded_in(base.folder) < len(base.plan.trials)]
    missing = missing_pictures(store, [*plans, *([plan] if own.pictures else [])])
    bases += drawing_cost(protocol, missing, stored=True)
    bases += drawing_cost(protocol, calibrating)
    said = [f"{request.checkpoint.name}: {own}", f"the unedited base: {bases}"]
    if not (request.folder / BESIDE / RECORDS).exists():
        own += sum((copy_cost(base.plan, images) for base in runs), Cost())
    together, per_row = own + bases, 0.0
    if together.unet_rows:
        per_row = seconds_per_row(loaded.apparatus.pipeline)
        guided = any(plan.probes[name].guided for name, _ in plan.asked)
        more = ", and two more for a latent classifier that was never trained here"
        said.append(f"together {together.minutes(per_row)} on this device{more if guided else ''}")
    said.append(f"together at most {megabytes(together.room)}, with a copy of what the base gave")
    said += tight_disks([(request.folder, own), (loaded.apparatus.cache, bases)])
    return Forecast(own, bases, together.unet_rows * per_row, tuple(said))


def unverified_models(protocol: Protocol) -> Iterator[str]:
    """Says which models are known by their commit alone, and what is to be written of them."""
    found = unverified(protocol)
    if found:
        yield (
            f"UNVERIFIED: {protocol.name} does not know the digests of {len(found)} of its models "
            "yet. Whoever keeps the protocol writes them into it, as tensors_digest and "
            "files_digest; until then its results are a preview."
        )
    for address, digests in found.items():
        yield f"  {address} {digests}"
