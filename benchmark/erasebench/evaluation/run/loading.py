"""Loads a checkpoint and the protocol's models, and lists everything that fixes the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from erasebench.classifier_training.data_set import DataSet
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import SUBMISSION
from erasebench.evaluation.plan.classifier_sources import public_name
from erasebench.evaluation.plan.plan import Plan, submission_plan
from erasebench.evaluation.plan.request import Request
from erasebench.evaluation.run.latent_classifiers import load_given
from erasebench.evaluation.run.models import LoadedModels, open_models
from erasebench.evaluation.run.run_folder import RunSpec
from erasebench.results.preparation import WeightChangeCard
from erasebench.results.result import Identity
from erasebench.submission.base_tensors import BaseTensors, open_base
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.load_changes import Changes, change_digest, load_changes
from erasebench.submission.tensor_names import TEXT_ENCODER, parts_of
from erasebench.submission.tensors import digest_of


@dataclass(frozen=True)
class LoadedCheckpoint:
    """A checkpoint's changes in memory.

    Attributes:
        checkpoint: known by its headers.
        changes: the tensors that differ from the base's.
        identity: names checkpoint and base in a result.
    """

    checkpoint: Checkpoint
    changes: Changes
    identity: Identity

    def add_to(self, pipeline: LoadedPipeline, name: str) -> None:
        """Adds its weights to a pipeline, under a name."""
        if self.checkpoint.filtered is None:
            pipeline.add_weights(name, self.changes.tensors)
        else:
            pipeline.add_filtered(name, self.checkpoint.filtered)


def load_checkpoint(checkpoint: Checkpoint, base: BaseTensors) -> LoadedCheckpoint:
    """Reads the tensors of a checkpoint that differ from its base's.

    Raises:
        CheckpointError: if its tensors are not an edit of the base.
    """
    changes = load_changes(checkpoint, base)
    identity = Identity(
        name=checkpoint.name,
        layout=checkpoint.layout,
        tensors_digest=change_digest(checkpoint, changes.tensors),
        base_digest=base.digest,
        method=checkpoint.method,
        edited=parts_of(changes.tensors),
    )
    return LoadedCheckpoint(checkpoint, changes, identity)


@dataclass(frozen=True)
class LoadedRun:
    """A submission and its base, ready to run.

    Attributes:
        models: generate and judge.
        plan: lists the submission's images.
        spec: fixes the run.
        identity: names checkpoint and base in the result.
        changed: the submission's tensors that differ from the base's; empty unless the run traces,
            since they take as much memory as the weights made from them.
        weight_change: size of the change; None for a prompt filter.
    """

    models: LoadedModels
    plan: Plan
    spec: RunSpec
    identity: Identity
    changed: Mapping[str, torch.Tensor]
    weight_change: WeightChangeCard | None


def load(request: Request, cache: Path, photographs: DataSet | None) -> LoadedRun:
    """Loads every model.

    Args:
        request: the checked evaluation.
        cache: shared by runs.
        photographs: of `open_photographs`; None to train no classifier on photographs.

    Raises:
        CheckpointError: if the checkpoint's tensors are not an edit of the protocol's base.
        DeviceError: if the machine lacks the device.
        ProtocolError: if a model of the protocol is not the pinned one.
        RequestError: if no selected probe applies to a concept, or a latent classifier recognises
            no selected concept.
        ErasebenchError: if a latent classifier cannot be used; see `load_given`.
    """
    protocol, selection = request.protocol, request.selection
    base = open_base(protocol)
    submission = load_checkpoint(request.checkpoint, base)
    encoder_edited = TEXT_ENCODER in submission.identity.edited
    plan = submission_plan(protocol, selection, encoder_edited=encoder_edited)
    models = open_models(protocol, cache, request.compute, seeds=request.seeds)
    given = load_given(request.sources, selection, models.pipeline, base.digest)
    submission.add_to(models.pipeline, SUBMISSION)
    models = replace(models, given=given, photographs=photographs)
    # Now that all weights are loaded, the free memory no longer changes.
    models = models.batched(request.compute, request.folder)
    spec = RunSpec(
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        seed_set=request.seeds.name,
        seed_set_digest=request.seeds.digest,
        subject=SUBMISSION,
        checkpoint_digest=submission.identity.tensors_digest,
        base_digest=base.digest,
        concepts=selection.concepts,
        probes=selection.names,
        limit=len(selection.indices(protocol.prompts)),
        plan_digest=plan.digest,
        images=request.images,
        environment=models.environment,
        classifiers=_custom_classifiers(request, given) or None,
    )
    changes = submission.changes
    kept = changes.tensors if selection.tracing else {}
    return LoadedRun(models, plan, spec, submission.identity, kept, changes.card)


def _custom_classifiers(request: Request, given: Mapping[str, LatentClassifier]) -> dict[str, str]:
    """By concept, the origin of each latent classifier that the protocol's recipe did not make."""
    found = {}
    for name in request.selection.guided(request.protocol):
        if name in given:
            found[name] = f"given, {digest_of(given[name].state_dict())[:16]}"
        elif request.sources.data is not None:
            found[name] = f"trained on {public_name(request.sources.data)}"
    return found
