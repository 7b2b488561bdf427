"""An attack that somebody handed in, replayed on a checkpoint and on what it is measured against.

The checkpoint, the unedited base and the model that never knew the concept are asked by the attack
from the same starts; the first two also by the concept's name.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    note_check,
    noted_check,
)
from erasebench.evaluation.plan.kept_images import images_of
from erasebench.evaluation.plan.plan import Plan
from erasebench.evaluation.replay.request import ReplayRequest
from erasebench.evaluation.run.loading import identity_of
from erasebench.evaluation.run.models import Apparatus, environment_of, open_apparatus
from erasebench.evaluation.run.record_log import Ledger, recorded_in
from erasebench.evaluation.run.run import run
from erasebench.evaluation.run.run_folder import RunSpec, claim, claimed_batch_size, working_in
from erasebench.evaluation.run.source_images import picture_store
from erasebench.probes.probe import Probe
from erasebench.probes.replayed_attack import ReplayedAttack, ReplayedPlain
from erasebench.results.record import Trial
from erasebench.results.reference import REFERENCES, references_of
from erasebench.submission.base_tensors import BaseTensors, open_base
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.load_changes import change_digest, load_changes
from erasebench.submission.pin import check_pins
from erasebench.submission.tensor_names import TEXT_ENCODER, parts_of

FLOOR = "floor"
"""Names the weights of the model that never knew the concept, and the folder of its run."""


@dataclass(frozen=True)
class ReplayPlan(Plan):
    """What a replay draws of one model.

    Attributes:
        asking: the attack and the plain prompt, which no protocol has among its probes.
    """

    asking: Mapping[str, Probe]

    @cached_property
    def probes(self) -> dict[str, Probe]:
        """The two by name."""
        return dict(self.asking)


def replay(
    request: ReplayRequest, cache: Path | None = None, references: Path | None = REFERENCES
) -> Replay:
    """Replays an attack; a replay that was stopped goes on from where it stood.

    Args:
        request: what is asked for.
        cache: holds what runs share; None for the user's cache.
        references: what is known of the base, for calibration; None to leave that out.

    Returns:
        What was found, which is also written to `request.result`.

    Raises:
        CalibrationError: if this machine does not draw the base as the references have it.
        CheckpointError: if the checkpoint's tensors are not an edit of the protocol's base, or not
            those of the row that is meant.
        DeviceError: if the device is not there.
        OverflowedError: if the attack gives NaN or infinity.
        PromptTooLongError: if a prompt has more tokens than the text encoder reads.
        ProtocolError: if a model of the protocol is not the pinned one.
        RunFolderError: if the folder holds something else, or is in use.
        DiskFullError, UnwritableError: if something cannot be written; what was recorded stays.
    """
    cache = cache or user_cache()
    attack, protocol = request.attack, request.attack.protocol
    with working_in(request.folder):
        apparatus = open_apparatus(
            protocol,
            cache,
            device=request.device,
            threads=request.threads,
            batch_size=request.batch_size,
            dtype=request.dtype,
        )
        pipeline = apparatus.pipeline
        prompts = _prompts(attack, pipeline)
        base = open_base(protocol)
        digest, edited = _add_submission(request, pipeline, base)
        floor_digest = _add_floor(request, pipeline, base)
        if request.batch_size is None:
            # All weights are in place, and what is free now stays so. A replay that goes on keeps
            # its batches, whatever is free.
            apparatus = apparatus.with_batches_of(claimed_batch_size(request.folder))
        asking = _asking(request, prompts)
        both, attacked = (REPLAYED_PLAIN, REPLAYED), (REPLAYED,)
        runs = [
            _Run(request.folder, SUBMISSION, digest, both, TEXT_ENCODER in edited),
            _Run(request.folder / BASE, BASE, base.digest, both),
        ]
        if floor_digest is not None:
            runs.append(_Run(request.folder / FLOOR, FLOOR, floor_digest, attacked))
        specs = {}
        for one in runs:
            plan = _plan(attack, one, asking)
            specs[one.subject] = plan, _spec(one, plan, apparatus, base)
        claim(request.folder, specs[SUBMISSION][1])
        is_drawn = all(recorded_in(one.folder) == len(specs[one.subject][0].trials) for one in runs)
        if not is_drawn or not (request.folder / CALIBRATION).exists():
            stored = references_of(protocol, apparatus.seeds.name, references)
            indices = range(protocol.prompts)
            calibration = calibration_of((attack.facts.concept,), stored.base, indices)
            note_check(request.folder, calibration.check(apparatus))
        ledgers = {one.subject: _drawn(one, *specs[one.subject], apparatus, cache) for one in runs}
        recorded = {subject: ledger.read() for subject, ledger in ledgers.items()}
        records = {subject: one.records for subject, one in recorded.items()}
        found = Replay(
            attack=attack.facts,
            protocol=protocol.name,
            protocol_digest=protocol.digest,
            seed_set=apparatus.seeds.name,
            starts=request.starts,
            checkpoint=identity_of(request.checkpoint, specs[SUBMISSION][1], edited),
            floor_digest=floor_digest,
            command=request.command,
            calibration=noted_check(request.folder),
            finished=max(one.finished for one in recorded.values()),
            environment=specs[SUBMISSION][1].environment,
            figures=replay_figures(records[SUBMISSION], records[BASE], records.get(FLOOR, ())),
            records=records[SUBMISSION],
            base_records=records[BASE],
            floor_records=records.get(FLOOR, ()),
        )
        write_replay(request.result, found)
        return found


@dataclass(frozen=True)
class _Run:
    """One model that is asked.

    Attributes:
        folder: of its records.
        subject: named weights.
        digest: of its tensors.
        probes: what it is asked by.
        encoder_edited: whether its text encoder is another than the base's.
    """

    folder: Path
    subject: str
    digest: str
    probes: tuple[str, ...]
    encoder_edited: bool = False


def _prompts(attack: LoadedAttack, pipeline: LoadedPipeline) -> tuple[str, ...]:
    """The prompts as they are asked, each short enough for the text encoder."""
    if attack.rows is None or attack.manifest.embeddings is None:
        prompts = attack.manifest.prompts or ()
        asked = prompts
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
        # The first word is known to every tokenizer, and each takes as many tokens.
        asked = (template.replace(gap, " ".join([LEARNED] * count)),)
    for prompt in asked:
        pipeline.tokens(prompt)
    return prompts


def _asking(request: ReplayRequest, prompts: tuple[str, ...]) -> dict[str, Probe]:
    rows = request.attack.rows
    stream = f"replay {request.attack.facts.digest} {request.starts}"
    flat = None if rows is None else torch.from_numpy(rows.reshape(-1, rows.shape[-1]))
    plain, attack = ReplayedPlain(stream), ReplayedAttack(prompts, flat, stream)
    return {plain.name: plain, attack.name: attack}


def _add_submission(
    request: ReplayRequest, pipeline: LoadedPipeline, base: BaseTensors
) -> tuple[str, tuple[str, ...]]:
    """Adds the checkpoint; returns its digest and the parts that it edits."""
    changed = load_changes(request.checkpoint, base).tensors
    digest = change_digest(request.checkpoint, changed)
    if request.expected not in (None, digest):
        raise CheckpointError(
            request.checkpoint.path,
            f"Its tensors are {digest[:12]}, and the row's are {str(request.expected)[:12]}. Give "
            "the checkpoint that the row was made of.",
        )
    if request.checkpoint.filtered is None:
        pipeline.add_weights(SUBMISSION, changed)
    else:
        pipeline.add_filtered(SUBMISSION, request.checkpoint.filtered)
    return digest, parts_of(changed)


def _add_floor(request: ReplayRequest, pipeline: LoadedPipeline, base: BaseTensors) -> str | None:
    """Adds the model that never knew the concept, where there is one; returns its digest."""
    known = request.attack.protocol.retrain
    if not known:
        return None
    check_pins(known[0])
    checkpoint = open_checkpoint(known[0].folder)
    changed = load_changes(checkpoint, base).tensors
    pipeline.add_weights(FLOOR, changed)
    return change_digest(checkpoint, changed)


def _plan(attack: LoadedAttack, one: _Run, asking: Mapping[str, Probe]) -> ReplayPlan:
    concept = attack.facts.concept
    trials = tuple(
        Trial(erased=concept, probe=probe, target=concept, prompt_index=index, variant=0)
        for index in range(attack.protocol.prompts)
        for probe in one.probes
    )
    return ReplayPlan(attack.protocol, one.subject, one.encoder_edited, trials, asking)


def _spec(one: _Run, plan: Plan, apparatus: Apparatus, base: BaseTensors) -> RunSpec:
    protocol = apparatus.protocol
    return RunSpec(
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        seed_set=apparatus.seeds.name,
        subject=one.subject,
        checkpoint_digest=one.digest,
        base_digest=base.digest,
        concepts=(plan.trials[0].erased,),
        probes=one.probes,
        limit=protocol.prompts,
        # Its trajectories name the attack's digest, and so the embeddings too.
        plan_digest=plan.digest,
        images=images_of(None, apparatus.seeds),
        environment=environment_of(apparatus.pipeline, apparatus.batch_size),
    )


def _drawn(one: _Run, plan: Plan, spec: RunSpec, apparatus: Apparatus, cache: Path) -> Ledger:
    store = picture_store(spec, range(apparatus.protocol.prompts), cache)
    if one.subject == SUBMISSION:
        return run(plan, spec, one.folder, apparatus, store, one.subject)
    with working_in(one.folder):
        claim(one.folder, spec)
        return run(plan, spec, one.folder, apparatus, store, one.subject)
