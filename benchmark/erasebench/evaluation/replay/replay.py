"""Replays a submitted attack on a checkpoint, the original model and the retrained model.

All three generate from the same starts with the attack's prompts; the first two also with the plain
prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from erasebench.attack.loading import LoadedAttack
from erasebench.attack.manifest import GAP
from erasebench.attack.replay_figures import replay_figures
from erasebench.attack.replay_file import write_replay
from erasebench.attack.replay_result import REPLAYED, REPLAYED_PLAIN, Replay
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import (
    BASE,
    LEARNED,
    SUBMISSION,
    learned_words,
    prompt_with_token,
)
from erasebench.disk import user_cache
from erasebench.errors import CheckpointError
from erasebench.evaluation.base.calibration import (
    CALIBRATION,
    calibration_of,
    read_calibration,
    write_calibration,
)
from erasebench.evaluation.base.needs import picture_store
from erasebench.evaluation.plan.kept_images import images_of
from erasebench.evaluation.plan.plan import Plan
from erasebench.evaluation.replay.request import ReplayRequest
from erasebench.evaluation.run.loading import load_checkpoint
from erasebench.evaluation.run.models import LoadedModels, open_models
from erasebench.evaluation.run.record_log import Recorded, recorded_in
from erasebench.evaluation.run.run import run
from erasebench.evaluation.run.run_folder import RunSpec, claim, working_in
from erasebench.probes.probe import Probe
from erasebench.probes.replayed_attack import ReplayedAttack, ReplayedPlain
from erasebench.results.facts import EDITED_ENCODER
from erasebench.results.record import Trial
from erasebench.results.reference import REFERENCES, references_of
from erasebench.results.result import Identity
from erasebench.submission.base_tensors import BaseTensors, open_base
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint
from erasebench.submission.pin import check_pins

FLOOR = "floor"
"""Name of the retrained model's weights, and of its run's folder."""


@dataclass(frozen=True)
class ReplayPlan(Plan):
    """The images of one model in a replay.

    Attributes:
        asking: the attack and the plain prompt, which are no probes of a protocol.
    """

    asking: Mapping[str, Probe]

    @cached_property
    def probes(self) -> dict[str, Probe]:
        """Both by name."""
        return dict(self.asking)


@dataclass(frozen=True)
class _Run:
    """The run of one model: its folder, plan and spec."""

    folder: Path
    plan: Plan
    spec: RunSpec


def replay(
    request: ReplayRequest, cache: Path | None = None, references: Path | None = REFERENCES
) -> Replay:
    """Replays an attack; an interrupted replay is resumed.

    Args:
        request: the checked replay.
        cache: shared by runs; None for the user's cache.
        references: folder of references, for calibration; None to skip it.

    Returns:
        The replay, which is also written to `request.result`.

    Raises:
        CalibrationError: if this machine does not reproduce the base's reference.
        CheckpointError: if the checkpoint's tensors are not an edit of the protocol's base, or not
            those of the chosen row.
        DeviceError: if the machine lacks the device.
        OverflowedError: if the attack gives NaN or infinity.
        PromptTooLongError: if a prompt has too many tokens for the text encoder.
        ProtocolError: if a model of the protocol is not the pinned one.
        RunFolderError: if the folder contains something else, or is in use.
        DiskFullError, UnwritableError: if a file cannot be written; records stay.
    """
    cache = cache or user_cache()
    attack, protocol = request.attack, request.attack.protocol
    with working_in(request.folder):
        models = open_models(protocol, cache, request.compute)
        asking = _asking(request, _prompts(attack, models.pipeline))
        base = open_base(protocol)
        submission = _add(models.pipeline, SUBMISSION, request.checkpoint, base, request.expected)
        digests = {SUBMISSION: submission.tensors_digest, BASE: base.digest}
        if protocol.retrain:
            pin = protocol.retrain[0]
            check_pins(pin)
            floor = _add(models.pipeline, FLOOR, open_checkpoint(pin.folder), base)
            digests[FLOOR] = floor.tensors_digest
        # Now that all weights are loaded, the free memory no longer changes.
        models = models.batched(request.compute, request.folder)
        runs = {
            subject: _run_of(request, models, asking, subject, digests, submission)
            for subject in digests
        }
        spec = runs[SUBMISSION].spec
        claim(request.folder, spec)
        is_finished = all(recorded_in(one.folder) == len(one.plan.trials) for one in runs.values())
        if not is_finished or not (request.folder / CALIBRATION).exists():
            stored = references_of(protocol, spec.seed_set, references)
            indices = range(protocol.prompts)
            calibration = calibration_of((attack.facts.concept,), stored.base, indices)
            write_calibration(request.folder, calibration.check(models))
        recorded = {subject: _recorded(one, models) for subject, one in runs.items()}
        records = {subject: one.records for subject, one in recorded.items()}
        found = Replay(
            attack=attack.facts,
            protocol=protocol.name,
            protocol_digest=protocol.digest,
            seed_set=spec.seed_set,
            starts=request.starts,
            checkpoint=submission,
            floor_digest=digests.get(FLOOR),
            command=request.command,
            calibration=read_calibration(request.folder),
            finished=max(one.finished for one in recorded.values()),
            environment=spec.environment,
            figures=replay_figures(records[SUBMISSION], records[BASE], records.get(FLOOR, ())),
            records=records[SUBMISSION],
            base_records=records[BASE],
            floor_records=records.get(FLOOR, ()),
        )
        write_replay(request.result, found)
        return found


def _prompts(attack: LoadedAttack, pipeline: LoadedPipeline) -> tuple[str, ...]:
    """The attack's prompts, each short enough for the text encoder."""
    if attack.rows is None or attack.manifest.embeddings is None:
        prompts = attack.manifest.prompts or ()
        checked = prompts
    else:
        many, count, _ = attack.rows.shape
        words = learned_words(many * count)
        concept = attack.protocol.concept(attack.facts.concept)
        template, gap = attack.manifest.embeddings.template, GAP
        if template is None:
            template, gap = prompt_with_token(concept), LEARNED
        prompts = tuple(
            template.replace(gap, " ".join(words[at : at + count]))
            for at in range(0, many * count, count)
        )
        # Every tokenizer knows the first word, and each word takes equally many tokens.
        checked = (template.replace(gap, " ".join([LEARNED] * count)),)
    for prompt in checked:
        pipeline.tokens(prompt)
    return prompts


def _asking(request: ReplayRequest, prompts: tuple[str, ...]) -> dict[str, Probe]:
    rows = request.attack.rows
    stream = f"replay {request.attack.facts.digest} {request.starts}"
    flat = None if rows is None else torch.from_numpy(rows.reshape(-1, rows.shape[-1]))
    plain, attack = ReplayedPlain(stream), ReplayedAttack(prompts, flat, stream)
    return {plain.name: plain, attack.name: attack}


def _add(
    pipeline: LoadedPipeline,
    name: str,
    checkpoint: Checkpoint,
    base: BaseTensors,
    expected: str | None = None,
) -> Identity:
    """Adds a checkpoint's weights under a name; its own tensors are freed again."""
    loaded = load_checkpoint(checkpoint, base)
    digest = loaded.identity.tensors_digest
    if expected not in (None, digest):
        raise CheckpointError(
            checkpoint.path,
            f"Its tensors are {digest[:12]}, but the row's are {str(expected)[:12]}. Choose the "
            "row's checkpoint.",
        )
    loaded.add_to(pipeline, name)
    return loaded.identity


def _run_of(
    request: ReplayRequest,
    models: LoadedModels,
    asking: Mapping[str, Probe],
    subject: str,
    digests: Mapping[str, str],
    submission: Identity,
) -> _Run:
    """The run of one model; `digests` has each model's."""
    protocol, concept = models.protocol, request.attack.facts.concept
    probes = (REPLAYED,) if subject == FLOOR else (REPLAYED_PLAIN, REPLAYED)
    trials = tuple(
        Trial(erased=concept, probe=probe, target=concept, prompt_index=index, variant=0)
        for index in range(protocol.prompts)
        for probe in probes
    )
    encoder_edited = subject == SUBMISSION and EDITED_ENCODER in submission.edited
    plan = ReplayPlan(protocol, subject, encoder_edited, trials, asking)
    spec = RunSpec(
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        seed_set=models.seeds.name,
        subject=subject,
        checkpoint_digest=digests[subject],
        base_digest=digests[BASE],
        concepts=(concept,),
        probes=probes,
        limit=protocol.prompts,
        # Its trajectories name the attack's digest, and so the embeddings too.
        plan_digest=plan.digest,
        images=images_of(None, models.seeds),
        environment=models.environment,
    )
    folder = request.folder if subject == SUBMISSION else request.folder / subject
    return _Run(folder, plan, spec)


def _recorded(one: _Run, models: LoadedModels) -> Recorded:
    """Runs one model's plan to its end, or resumes it."""
    store = picture_store(one.spec, range(models.protocol.prompts), models.cache)
    label = one.spec.subject
    # The submission's folder is locked already.
    with nullcontext() if label == SUBMISSION else working_in(one.folder):
        claim(one.folder, one.spec)
        return run(one.plan, one.spec, one.folder, models, store, label).read()
