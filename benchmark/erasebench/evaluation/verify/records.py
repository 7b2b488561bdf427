"""Compares the outcomes of a result with its records."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from erasebench.diffusion.picture_file import load_picture
from erasebench.errors import ResultError, quoted
from erasebench.evaluation.plan.kept_images import picture_digest, picture_path
from erasebench.evaluation.plan.plan import submission_plan
from erasebench.evaluation.plan.selection import select
from erasebench.evaluation.run.record_log import RECORDS, RecordLog
from erasebench.evaluation.run.run_folder import BASE_FOLDER, RunSpec, read_spec
from erasebench.protocol import Protocol
from erasebench.results.facts import EDITED_ENCODER
from erasebench.results.outcome import Outcome, OutcomeKey
from erasebench.results.record import Record, read_records
from erasebench.results.result import CheckpointRun, Result
from erasebench.stats.outcomes import outcomes_of

TOLERANCE = 1e-9
"""Largest rounding difference between processors in means of the same numbers."""


def described(key: OutcomeKey) -> str:
    """An outcome's question as text."""
    erased, target, probe, prompt_index, setting = key
    question = f"{erased}, {probe}" if target == erased else f"{erased}, {probe} for {target}"
    return f"{question}, prompt {prompt_index}{f', {setting}' if setting else ''}"


def differing_records(result: Result, run: Path, protocol: Protocol) -> Iterator[str]:
    """The differences between a run's folder and a result, as text.

    Args:
        result: the result.
        run: folder of one checkpoint's run.
        protocol: of both.

    Raises:
        RunFolderError: if the folder holds no run, or its records are damaged or not of its plan.
    """
    spec = read_spec(run)
    checkpoint = next(
        (
            one
            for one in result.checkpoints
            if one.identity.tensors_digest == spec.checkpoint_digest
            and set(one.concepts) == set(spec.concepts)
        ),
        None,
    )
    if checkpoint is None:
        yield f"it is a run of tensors {spec.checkpoint_digest[:12]}, which no checkpoint has"
        return
    yield from _differing_specs(result, checkpoint, spec)
    selection = select(protocol, spec.concepts, spec.probes, spec.limit)
    plan = submission_plan(
        protocol, selection, encoder_edited=EDITED_ENCODER in checkpoint.identity.edited
    )
    if plan.digest != spec.plan_digest:
        yield (
            f"its plan digest is {spec.plan_digest}, and this version of erasebench gives "
            f"{plan.digest}: verify it with the release or commit that evaluated it, or evaluate "
            "the checkpoint again"
        )
        return
    records = RecordLog(run, plan, spec.environment.batch_size).records()
    if len(records) < len(plan.trials):
        yield f"it has {len(records)} records, and its plan {len(plan.trials)} trials"
        return
    if any(record.seed_set_digest != spec.seed_set_digest for record in records):
        yield "it has records of another seed set"
    stated = [one for one in result.outcomes if one.erased in checkpoint.concepts]
    yield from differing_outcomes(stated, outcomes_of(records))
    yield from _differing_pictures(run, records)


def differing_base_records(
    stated: Sequence[Outcome], runs: Iterable[Path], stored: Mapping[OutcomeKey, Outcome]
) -> Iterator[str]:
    """The differences between the base's outcomes and its records, without stored outcomes.

    Args:
        stated: the base's outcomes in a result.
        runs: folders of the runs of all its checkpoints.
        stored: the base's outcomes in the protocol's reference.

    Raises:
        ResultError: if records are missing, or cannot be read.
    """
    wanted = {one.key: one for one in stated if one.key not in stored}
    if not wanted:
        return
    found: dict[OutcomeKey, Outcome] = {}
    for run in runs:
        path = run / BASE_FOLDER / RECORDS
        if not path.exists():
            raise ResultError(path, "There is no such file, and no reference holds the base's.")
        found |= {one.key: one for one in outcomes_of(read_records(path)) if one.key in wanted}
    yield from differing_outcomes(
        list(wanted.values()), list(found.values()), prefix="the base on "
    )


def differing_outcomes(
    stated: Sequence[Outcome],
    recorded: Sequence[Outcome],
    *,
    prefix: str = "",
    source: str = "its records give",
) -> Iterator[str]:
    """The differences between the outcomes of a result and of another source, as text.

    Args:
        stated: the result's outcomes.
        recorded: the source's outcomes.
        prefix: of each difference.
        source: precedes the source's value.
    """
    given = {one.key: one for one in recorded}
    for one in stated:
        key = one.key
        other = given.pop(key, None)
        if other is None:
            yield f"{prefix}{described(key)}: there is no record of it"
            continue
        for field in type(one).model_fields:
            mine, theirs = getattr(one, field), getattr(other, field)
            if isinstance(mine, float):
                if math.isclose(mine, theirs, rel_tol=0, abs_tol=TOLERANCE):
                    continue
            elif mine == theirs:
                continue
            yield f"{prefix}{described(key)}: {field} is {mine}, {source} {theirs}"
    for key in given:
        yield f"{prefix}{described(key)}: it was recorded, but the result lacks it"


def _differing_specs(result: Result, checkpoint: CheckpointRun, spec: RunSpec) -> Iterator[str]:
    """Differences between a run's spec and the result."""
    for fact, stated, found in (
        ("protocol digest", result.protocol_digest, spec.protocol_digest),
        ("seed set", result.seed_set, spec.seed_set),
        ("seed set's digest", result.seed_set_digest, spec.seed_set_digest),
        ("base", checkpoint.identity.base_digest, spec.base_digest),
        ("environment", checkpoint.run.environment, spec.environment),
    ):
        if stated != found:
            yield f"its {fact} is {found}, the result's is {stated}"


def _differing_pictures(run: Path, records: Iterable[Record]) -> Iterator[str]:
    """Kept images that are not the judged ones."""
    for record in records:
        if record.picture is None:
            continue
        place = picture_path(record.trial)
        if record.picture != place:
            yield f"a record names {quoted(record.picture)}, but its image's place is {place}"
            continue
        try:
            found = picture_digest(load_picture(run / record.picture))
        except (OSError, SyntaxError) as error:  # what Pillow raises for truncated files
            yield f"{record.picture} cannot be read ({error})"
            continue
        if found != record.picture_digest:
            yield f"{record.picture} is not the judged image"
