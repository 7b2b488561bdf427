"""Loads everything that a run needs, and says all that fixes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from erasebench.classifier_training.data_set import DataSet
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.trajectory import SUBMISSION
from erasebench.evaluation.plan.classifier_sources import shown
from erasebench.evaluation.plan.plan import Plan, submission_plan
from erasebench.evaluation.plan.request import Request
from erasebench.evaluation.run.latent_classifiers import load_given
from erasebench.evaluation.run.models import Apparatus, environment_of, open_apparatus
from erasebench.evaluation.run.run_folder import RunSpec, claimed_batch_size
from erasebench.results.preparation import WeightChangeCard
from erasebench.results.result import Identity
from erasebench.submission.base_tensors import open_base
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.load_changes import change_digest, load_changes
from erasebench.submission.tensor_names import TEXT_ENCODER, parts_of
from erasebench.submission.tensors import digest_of


@dataclass(frozen=True)
class Loaded:
    """A submission beside its base, ready to run.

    Attributes:
        apparatus: draws and judges.
        plan: what is drawn of the submission.
        spec: fixes the run.
        changed: the submission's tensors that differ from the base's; none where the run does not
            trace, since they take as much memory as the weights that were made of them.
        edited: the parts that differ from the base's.
        weight_change: how much they differ; None for a prompt filter.
    """

    apparatus: Apparatus
    plan: Plan
    spec: RunSpec
    changed: Mapping[str, torch.Tensor]
    edited: tuple[str, ...]
    weight_change: WeightChangeCard | None


def load(request: Request, cache: Path, photographs: DataSet | None) -> Loaded:
    """Loads every model.

    Args:
        request: what is asked for.
        cache: holds what runs share.
        photographs: of `open_photographs`; None where no classifier is trained on any, or none at
            all.

    Raises:
        CheckpointError: if the checkpoint's tensors are not an edit of the protocol's base.
        DeviceError: if the device is not there.
        ProtocolError: if a model of the protocol is not the pinned one.
        RequestError: if no probe asked for applies to a concept, or a latent classifier that was
            given is for none of those asked for.
        ErasebenchError: if a classifier that was given does not serve; see `load_given`.
    """
    protocol, selection = request.protocol, request.selection
    base = open_base(protocol)
    changes = load_changes(request.checkpoint, base)
    changed = changes.tensors
    plan = submission_plan(protocol, selection, encoder_edited=TEXT_ENCODER in parts_of(changed))
    apparatus = open_apparatus(
        protocol,
        cache,
        device=request.device,
        threads=request.threads,
        batch_size=request.batch_size,
        dtype=request.dtype,
        seeds=request.seeds,
    )
    pipeline = apparatus.pipeline
    given = load_given(request.sources, selection, pipeline, base.digest)
    apparatus = replace(apparatus, given=given, photographs=photographs)
    if request.checkpoint.filtered is None:
        pipeline.add_weights(SUBMISSION, changed)
    else:
        pipeline.add_filtered(SUBMISSION, request.checkpoint.filtered)
    if request.batch_size is None:
        # A run that goes on keeps its batches, whatever is free now.
        apparatus = apparatus.with_batches_of(claimed_batch_size(request.folder))
    spec = RunSpec(
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        seed_set=request.seeds.name,
        seed_set_digest=request.seeds.digest,
        subject=SUBMISSION,
        checkpoint_digest=change_digest(request.checkpoint, changed),
        base_digest=base.digest,
        concepts=selection.concepts,
        probes=selection.names,
        limit=len(selection.indices(protocol.prompts)),
        plan_digest=plan.digest,
        images=request.images,
        environment=environment_of(pipeline, apparatus.batch_size),
        classifiers=_foreign(request, given) or None,
    )
    kept = changed if selection.tracing else {}
    return Loaded(apparatus, plan, spec, kept, parts_of(changed), changes.card)


def _foreign(request: Request, given: Mapping[str, LatentClassifier]) -> dict[str, str]:
    """Where classifiers come from that the protocol's recipe does not make, by concept."""
    found = {}
    for name in request.selection.guided(request.protocol):
        if name in given:
            found[name] = f"given, {digest_of(given[name].state_dict())[:16]}"
        elif request.sources.data is not None:
            found[name] = f"trained on {shown(request.sources.data)}"
    return found


def identity_of(checkpoint: Checkpoint, spec: RunSpec, edited: tuple[str, ...]) -> Identity:
    """How a result names a checkpoint.

    Args:
        checkpoint: what was given.
        spec: of its run; holds the digests.
        edited: the parts that differ from the base's.
    """
    return Identity(
        name=checkpoint.name,
        layout=checkpoint.layout,
        tensors_digest=spec.checkpoint_digest,
        base_digest=spec.base_digest,
        method=checkpoint.method,
        edited=edited,
    )
