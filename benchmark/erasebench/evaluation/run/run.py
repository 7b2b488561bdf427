"""Runs a plan: prepares its probes, then generates, judges and records every image."""

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
from erasebench.evaluation.run.models import LoadedModels
from erasebench.evaluation.run.preparation import PREPARED, keep_tokens, prepare
from erasebench.evaluation.run.record_log import BatchTiming, RecordLog
from erasebench.evaluation.run.run_folder import RunSpec, now
from erasebench.optimisation.base_pictures import PictureStore
from erasebench.results.record import Record, Trial


def run(
    plan: Plan,
    spec: RunSpec,
    folder: Path,
    models: LoadedModels,
    store: PictureStore,
    label: str,
) -> RecordLog:
    """Runs a plan to its end, or resumes it.

    A batch's images are written before its records, and its records before the next batch begins; a
    batch that is not wholly recorded is generated again.

    Args:
        plan: the images, in order.
        spec: says which images are kept.
        folder: the run's folder, claimed for the spec and locked.
        models: generate and judge.
        store: of the base's images.
        label: of the progress bar.

    Returns:
        The complete log.

    Raises:
        DiskFullError, UnwritableError: if a file cannot be written; whole batches stay recorded.
        RunFolderError: if the records are not of this plan, or a file is damaged.
    """
    log = RecordLog(folder, plan, models.batch_size)
    kept = kept_trials(plan, spec.images)
    batches = plan.batches(models.batch_size)
    done = log.resume()
    given = models.pipeline.names
    if done < len(batches):
        prepared = prepare(plan, folder, models, store, log.prepared)
    recorded = sum(map(len, batches[:done]))
    with tqdm(desc=label, total=len(plan.trials), initial=recorded, unit=" images") as progress:
        for number, batch in enumerate(batches[done:], start=done):
            began = perf_counter()
            trajectories = [prepared.trajectory(plan, trial) for trial in batch]
            samples = models.draw(trajectories, prepared.sources, prepared.classifiers)
            opinions = models.judge(plan, batch, [one.prompt for one in trajectories], samples)
            records = []
            for trial, trajectory, picture, opinion in zip(
                batch, trajectories, samples.pictures, opinions, strict=True
            ):
                if trial in kept:
                    store_picture(folder / picture_path(trial), picture)
                records.append(
                    Record(
                        trial=trial,
                        setting=plan.setting(trial),
                        prompt=trajectory.prompt,
                        seeds=_seeds(models, trajectory),
                        seed_set_digest=spec.seed_set_digest,
                        **asdict(opinion),
                        picture=picture_path(trial) if trial in kept else None,
                        picture_digest=picture_digest(picture),
                    )
                )
            seconds = _by_probe(perf_counter() - began, batch, samples.unet_rows)
            log.append(BatchTiming(batch=number, finished=now(), seconds=seconds), records)
            progress.update(len(batch))
    keep_tokens(folder)
    # Tuned weights and an optimiser's state are many times a checkpoint's size.
    for name in models.pipeline.names - given:
        models.pipeline.remove_weights(name)
    shutil.rmtree(folder / PREPARED, ignore_errors=True)
    return log


def _seeds(models: LoadedModels, trajectory: Trajectory) -> dict[str, int] | None:
    """The seed of each noise stream of an image, by the stream's name; None while hidden."""
    if not models.seeds.revealed:
        return None
    inpainting = trajectory.inpainting
    filled = None if inpainting is None else inpainting.noise
    streams = (trajectory.start, trajectory.step_noise, filled)
    return {stream.name: models.noise.seed(stream) for stream in streams if stream is not None}


def _by_probe(
    seconds: float, batch: Sequence[Trial], unet_rows: Sequence[float]
) -> dict[str, float]:
    """Divides a batch's wall time among its probes, by UNet rows."""
    rows: defaultdict[str, float] = defaultdict(float)
    for trial, share in zip(batch, unet_rows, strict=True):
        rows[trial.probe] += share
    return {probe: seconds * share / sum(unet_rows) for probe, share in rows.items()}
