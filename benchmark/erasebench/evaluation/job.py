"""An evaluation by a user's words: of a file, a manifest or a Hub repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from erasebench.disk import user_cache
from erasebench.errors import RequestError
from erasebench.evaluation.plan.kept_images import KeptImages
from erasebench.evaluation.plan.request import (
    CHECKPOINTS,
    Compute,
    Request,
    RowRequest,
    request,
    row_folder,
    row_request,
)
from erasebench.hub.checkpoint_argument import agreed_protocol, read_checkpoint_argument
from erasebench.hub.protocol_models import fetch_models
from erasebench.imagenet import Numbering
from erasebench.protocol import PUBLIC_SEEDS, SeedSet, protocol_named
from erasebench.results.result import Result

if TYPE_CHECKING:
    from erasebench.evaluation.forecast.profile import Profile


@dataclass(frozen=True)
class Job:
    """An evaluation that can start: its options are valid and its models are on this machine.

    Attributes:
        requests: one per checkpoint; several only for a manifest.
        row: the submission that the checkpoints belong to; None without a manifest.
        cache: the user's cache.
    """

    requests: tuple[Request, ...]
    row: RowRequest | None
    cache: Path

    @property
    def path(self) -> Path:
        """The result file."""
        return (self.row or self.requests[0]).result

    def profile(self) -> tuple[Profile, ...]:
        """Estimates time, memory and disk for each checkpoint; generates no images.

        Raises:
            CheckpointError, DeviceError, ProtocolError, RequestError: see `profile`.
        """
        # Loads torch, so only after the options have been checked.
        from erasebench.evaluation.forecast.profile import profile

        return tuple(profile(one, self.cache) for one in self.requests)

    def run(self) -> Result:
        """Evaluates every checkpoint, or resumes, and writes the result to `path`.

        Raises:
            CheckpointError, DeviceError, ProtocolError, RunFolderError, RequestError, ResultError,
                DiskFullError, UnwritableError: see `evaluate` and `evaluate_row`.
            HubError: if a data set has to be downloaded and cannot be.
        """
        # Loads torch, so only after the options have been checked.
        from erasebench.evaluation.evaluate import evaluate, evaluate_row
        from erasebench.evaluation.run.latent_classifiers import fetch_photographs

        # The last step that uses the Hub: what follows opens no connection.
        requests = tuple(fetch_photographs(self.requests))
        if self.row is None:
            return evaluate(requests[0], self.cache)
        return evaluate_row(replace(self.row, checkpoints=requests), self.cache)


def evaluation_job(
    checkpoint: str | Path,
    *,
    concepts: str | Sequence[str] = (),
    protocol: str | None = None,
    probes: str | Sequence[str] = (),
    limit: int | None = None,
    output: Path | None = None,
    device: str = "cpu",
    images: KeptImages | None = None,
    batch_size: int | None = None,
    threads: int | None = None,
    dtype: str | None = None,
    data: str | None = None,
    numbering: Numbering | None = None,
    classifiers: Sequence[str] = (),
    seeds: SeedSet = PUBLIC_SEEDS,
    cache: Path | None = None,
) -> Job:
    """Checks all options and downloads missing files; loads no model.

    Args:
        checkpoint: path of a checkpoint, path of a manifest, or a Hub repository,
            `organisation/name[@revision][/folder]`.
        concepts: erased concepts, or one; empty to read them from the diff's card or, for a
            manifest, to evaluate all its checkpoints.
        protocol: name of the protocol; None to detect it from the tensors.
        probes: names of probes, `retention` or `tracing`, or one; empty for the whole suite.
        limit: prompt indices per probe, at least 2; None for all.
        output: folder of the run, or of the submission's runs; None for `runs/NAME`.
        device: e.g. `cpu` or `cuda:1`.
        images: which images are kept as files; None for the default.
        batch_size: images per batch; None to fill the device.
        threads: CPU threads; None for all cores.
        dtype: dtype of the base's weights; None for the default.
        data: data set that latent classifiers are trained on; None for the protocol's.
        numbering: what the data set's label numbers mean.
        classifiers: latent classifier files, `[CONCEPT=]FILE`, instead of training.
        seeds: public seeds, or those of a season.
        cache: shared by all runs; None for the user's cache.

    Raises:
        UnknownNameError: if a name is unknown.
        RequestError: if options contradict each other, a concept is missing, or `limit` is < 2.
        CheckpointError: if a checkpoint cannot be read or fits no protocol.
        ManifestError: if the manifest is invalid.
        RunFolderError: if the output folder holds something else.
        HubError: if a file cannot be downloaded.
    """
    if limit is not None and limit < 2:
        raise RequestError(
            f"limit is {limit}. Use at least 2: a probe's setting is selected on one half of the "
            "prompt indices and scored on the other."
        )
    cache = cache or user_cache()
    wanted = None if protocol is None else protocol_named(protocol)
    found = read_checkpoint_argument(str(checkpoint), _names(concepts), cache)
    agreed = agreed_protocol(str(checkpoint), found[0].base, wanted)
    submission = found[0].submission
    rows = None if submission is None else row_folder(submission, output)
    requests = tuple(
        request(
            one.path,
            concepts=one.concepts,
            probes=_names(probes),
            limit=limit,
            protocol=agreed,
            folder=output if rows is None else rows / CHECKPOINTS / one.concepts[0],
            images=images,
            compute=Compute(device, threads, batch_size, dtype),
            name=one.name,
            address=one.address,
            declared=one.declared,
            data=data,
            numbering=numbering,
            classifiers=tuple(classifiers),
            seeds=seeds,
        )
        for one in found
    )
    row = None if submission is None or rows is None else row_request(submission, rows, requests)
    fetch_models(requests[0].protocol)
    return Job(requests, row, cache)


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
