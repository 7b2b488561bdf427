"""Runs a plan: draws, judges and records every picture that is not recorded yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

from tqdm import tqdm

from erasebench.concepts import CONCEPTS
from erasebench.evaluation.apparatus import Apparatus
from erasebench.evaluation.folder import now
from erasebench.evaluation.images import (
    KeptImages,
    Picture,
    kept_trials,
    picture_digest,
    picture_path,
    store_picture,
)
from erasebench.evaluation.ledger import BatchTiming, Ledger
from erasebench.evaluation.plan import Plan
from erasebench.results.trial import Record, Trial


def run(
    plan: Plan,
    folder: Path,
    apparatus: Apparatus,
    sources: Mapping[str, Picture],
    *,
    batch_size: int,
    images: KeptImages,
) -> Ledger:
    """Runs a plan to its end, from wherever an earlier process left it.

    A batch's pictures are on disk before its records are, and its records before the next batch
    begins; a batch that is not wholly recorded is drawn again, whole.

    Args:
        plan: what is drawn, in order.
        folder: the run's folder, claimed and locked.
        apparatus: draws and judges.
        sources: the base pictures that trajectories fill in.
        batch_size: trials per batch.
        images: which pictures are kept as files.

    Returns:
        The full ledger.

    Raises:
        DiskFullError: if there is no room; whole batches stay recorded.
        RunFolderError: if what is recorded is not of this plan.
    """
    ledger = Ledger(folder, plan, batch_size)
    kept = kept_trials(plan, images)
    batches = plan.batches(batch_size)
    done = ledger.resume()
    with tqdm(
        desc=plan.subject,
        total=len(plan.trials),
        initial=min(done * batch_size, len(plan.trials)),
        unit=" pictures",
    ) as progress:
        for number, batch in enumerate(batches[done:], start=done):
            began = perf_counter()
            records, unet_rows = _draw(plan, folder, apparatus, sources, batch, kept)
            seconds = _shared_out(perf_counter() - began, batch, unet_rows)
            ledger.append(BatchTiming(batch=number, finished=now(), seconds=seconds), records)
            progress.update(len(batch))
    return ledger


def _draw(
    plan: Plan,
    folder: Path,
    apparatus: Apparatus,
    sources: Mapping[str, Picture],
    batch: tuple[Trial, ...],
    kept: frozenset[Trial],
) -> tuple[list[Record], tuple[float, ...]]:
    """Draws and judges one batch and stores its pictures; its records and their UNet rows."""
    trajectories = [plan.trajectory(trial) for trial in batch]
    samples = apparatus.draw(plan.protocol, trajectories, sources)
    verdicts = apparatus.judge(
        samples.pictures,
        targets=[CONCEPTS[trial.target] for trial in batch],
        prompts=[one.prompt for one in trajectories],
        views=[plan.probes[trial.probe].view for trial in batch],
    )
