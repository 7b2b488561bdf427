"""Forecast of a run: images, time, disk space, and models that are not verified yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from erasebench.evaluation.base.needs import BaseNeeds, missing_pictures
from erasebench.evaluation.forecast.cost import (
    Cost,
    copy_cost,
    cost_of,
    drawing_cost,
    readable_size,
    seconds_per_row,
    tight_disks,
    unet_size_of,
)
from erasebench.evaluation.plan.request import Request
from erasebench.evaluation.run.loading import LoadedRun
from erasebench.evaluation.run.record_log import RECORDS, recorded_in
from erasebench.evaluation.run.run_folder import BASE_FOLDER
from erasebench.protocol import Protocol
from erasebench.submission.pin import unverified


@dataclass(frozen=True)
class Forecast:
    """Upper bound of the remaining work.

    Attributes:
        own: of the submission's run.
        bases: of the base's runs and images.
        seconds: of both on this device, without the training of latent classifiers.
        lines: the same as text, with warnings about disk space.
    """

    own: Cost
    bases: Cost
    seconds: float
    lines: tuple[str, ...]


def forecast(
    request: Request, loaded: LoadedRun, base: BaseNeeds, *, is_calibrated: bool = False
) -> Forecast:
    """Counts the remaining work and checks the free disk space.

    Args:
        request: the checked evaluation.
        loaded: models and plan; a few calls of the UNet are timed.
        base: the run's needs from the original model.
        is_calibrated: whether no calibration is left to do.
    """
    images, protocol, plan = request.images, request.protocol, loaded.plan
    pipeline = loaded.models.pipeline
    unet_size = unet_size_of(pipeline)
    own = cost_of(plan, images, unet_size, recorded_in(request.folder))
    if own.pictures and request.selection.tracing:
        traced = protocol.tracing_points * protocol.tracing_seeds
        own += drawing_cost(protocol, traced * len(request.selection.concepts))
    bases = Cost()
    plans = [plan] if own.pictures else []
    for one in base.unmeasured:
        recorded = recorded_in(one.folder)
        bases += cost_of(one.plan, images, unet_size, recorded)
        if recorded < len(one.plan.trials):
            plans.append(one.plan)
    bases += drawing_cost(protocol, missing_pictures(base.images, plans), stored=True)
    bases += drawing_cost(protocol, 0 if is_calibrated else base.calibration.pictures)
    work = f"To do: {request.checkpoint.name} {own}, base {bases}"
    if not (request.folder / BASE_FOLDER / RECORDS).exists():
        own += sum((copy_cost(one.plan, images) for one in base.unmeasured), Cost())
    together, per_row, time = own + bases, 0.0, ""
    if together.unet_rows:
        per_row = seconds_per_row(pipeline)
        guided = any(plan.probes[name].guided for name, _ in plan.probe_targets)
        more = ", plus about 2 min to train a latent classifier the first time" if guided else ""
        time = f" Estimated time: {together.minutes(per_row)}{more}."
    lines = (
        f"{work}; at most {readable_size(together.room)} on disk.{time}",
        *tight_disks([(request.folder, own), (loaded.models.cache, bases)]),
    )
    return Forecast(own, bases, together.unet_rows * per_row, lines)


def unverified_models(protocol: Protocol) -> Iterator[str]:
    """Lists the models that are pinned by commit only, with the digests to add."""
    found = unverified(protocol)
    if found:
        yield (
            f"UNVERIFIED: {protocol.name} does not pin the digests of {len(found)} of its models "
            "yet, so its results are a preview. Maintainers add them to the protocol as "
            "tensors_digest and files_digest:"
        )
    for address, digests in found.items():
        yield f"  {address} {digests}"
