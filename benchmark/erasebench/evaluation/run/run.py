"""Runs a plan: makes what its probes need, draws, judges and records every picture."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from tqdm import tqdm

from erasebench.diffusion.picture_file import store_picture
from erasebench.diffusion.trajectory import Trajectory
from erasebench.evaluation.plan.kept_images import kept_trials, picture_digest, picture_path
from erasebench.evaluation.plan.plan import Plan
from erasebench.evaluation.run.models import Apparatus
from erasebench.evaluation.run.preparation import PREPARED, keep_tokens, prepare
from erasebench.evaluation.run.record_log import BatchTiming, Ledger
from erasebench.evaluation.run.run_folder import RunSpec, now
from erasebench.optimisation.base_pictures import PictureStore
from erasebench.results.record import Record, Trial


def run(
    plan: Plan,
    spec: RunSpec,
    folder: Path,
    apparatus: Apparatus,
    store: PictureStore,
    label: str,
) -> Ledger:
    """Runs a plan to its end, from wherever an earlier process left it.

    A batch's pictures are on disk before its records are, and its records before the next batch
    begins; a batch that is not wholly recorded is drawn again, whole.

    Args:
        plan: what is drawn, in order.
        spec: fixes batches and which pictures are kept.
        folder: the run's folder, claimed for the spec and locked.
        apparatus: draws and judges.
        store: gives the base's pictures.
        label: what the progress bar calls it.

    Returns:
        The full ledger.

    Raises:
        DiskFullError, UnwritableError: if something cannot be written; whole batches stay recorded.
        RunFolderError: if what is recorded is not of this plan, or something kept is damaged.
    """
    ledger = Ledger(folder, plan, apparatus.batch_size)
    kept = kept_trials(plan, spec.images)
    batches = plan.batches(apparatus.batch_size)
    done = ledger.resume()
    given = apparatus.pipeline.names
    if done < len(batches):
        prepared = prepare(plan, folder, apparatus, store, ledger.prepared)
    recorded = sum(map(len, batches[:done]))
    with tqdm(desc=label, total=len(plan.trials), initial=recorded, unit=" images") as progress:
        for number, batch in enumerate(batches[done:], start=done):
            began = perf_counter()
            trajectories = [prepared.trajectory(plan, trial) for trial in batch]
            samples = apparatus.draw(trajectories, prepared.sources, prepared.classifiers)
            opinions = apparatus.judge(
                plan, batch, [trajectory.prompt for trajectory in trajectories], samples
            )
            records = []
            for trial, trajectory, picture, opinion in zip(
                batch, trajectories, samples.pictures, opinions, strict=True
            ):
                if trial in kept:
                    store_picture(folder / picture_path(trial), picture)
                records.append(
                    Record(
                        trial=trial,
                        setting=plan.settings(trial.probe)[trial.variant],
                        prompt=trajectory.prompt,
                        seeds=_seeds(apparatus, trajectory),
                        seed_set_digest=spec.seed_set_digest,
                        **asdict(opinion),
                        picture=picture_path(trial) if trial in kept else None,
                        picture_digest=picture_digest(picture),
                    )
                )
            seconds = _by_probe(perf_counter() - began, batch, samples.unet_rows)
            ledger.append(BatchTiming(batch=number, finished=now(), seconds=seconds), records)
            progress.update(len(batch))
    keep_tokens(folder)
    # Tuned weights and an optimiser's state are many times a checkpoint's size.
    for name in apparatus.pipeline.names - given:
        apparatus.pipeline.remove_weights(name)
    shutil.rmtree(folder / PREPARED, ignore_errors=True)
    return ledger


def _seeds(apparatus: Apparatus, trajectory: Trajectory) -> dict[str, int] | None:
    """The seed of every stream that a picture is drawn from, by the stream's name.

    None where nobody is to know them yet.
    """
    if not apparatus.seeds.revealed:
        return None
    inpainting = trajectory.inpainting
    streams = (
        trajectory.start,
        trajectory.step_noise,
        None if inpainting is None else inpainting.noise,
    )
    return {stream.name: apparatus.noise.seed(stream) for stream in streams if stream is not None}


def _by_probe(
    seconds: float, batch: Sequence[Trial], unet_rows: Sequence[float]
) -> dict[str, float]:
    """Shares a batch's wall time out among its probes, by UNet rows."""
    rows: defaultdict[str, float] = defaultdict(float)
    for trial, share in zip(batch, unet_rows, strict=True):
        rows[trial.probe] += share
    return {probe: seconds * share / sum(unet_rows) for probe, share in rows.items()}
