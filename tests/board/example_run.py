"""Runs such as an evaluation leaves behind, from a seeded model of hits in place of a network.

Plans, records, outcomes and estimates are made by the package; only verdicts and pictures are
invented: a drawing of the target where it is "recognised", and of something else where not.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from erasebench.board.entries import Entry
from erasebench.board.pictures import Gallery
from erasebench.concepts import CONCEPTS
from erasebench.diffusion.picture_file import store_picture
from erasebench.evaluation.plan.kept_images import kept_trials, picture_path
from erasebench.evaluation.plan.plan import Plan, base_plans, submission_plan
from erasebench.evaluation.plan.selection import select
from erasebench.pictogram.drawings import draw
from erasebench.probes.registry import facts_of
from erasebench.protocol import PICTOGRAM_V1, PUBLIC_SEED_SET, Protocol
from erasebench.results.file import write_result
from erasebench.results.outcome import Outcome
from erasebench.results.record import Record, Trial
from erasebench.results.reference import References, references_of
from erasebench.results.result import CheckpointRun, Identity, ProbeTiming, Result, RunBlock
from erasebench.stats.anchors import anchors_between, contrasts_of
from erasebench.stats.outcome_arrays import outcome_arrays
from erasebench.stats.outcomes import outcomes_of
from erasebench.stats.row_data import row_data_of
from erasebench.stats.summary import summarise
from erasebench.submission.tensor_names import TEXT_ENCODER
from tests.example_environment import ENVIRONMENT

Chance = Callable[[Trial, str], float]
"""The chance that a trial's picture, at its setting, is recognised."""


@dataclass(frozen=True)
class Example:
    """A submission that never was.

    Attributes:
        name: its row's.
        method: how it says it was made.
        edited: parts that differ from the base's.
        recovered: chance per probe that the erased concept is recognised.
        otherwise: the chance under probes that `recovered` does not name.
        failed: probes that failed the self-check of its set-up; None where none was made.
        kept: chance that another concept is recognised.
    """

    name: str = "esd_x_church"
    method: str | None = "esd_x"
    edited: tuple[str, ...] = ("unet",)
    concepts: tuple[str, ...] = ("church",)
    recovered: Mapping[str, float] = field(
        default_factory=lambda: {
            "indirect_prompt": 0.35,
            "noise": 0.3,
            "diffusion_completion_3": 0.45,
            "diffusion_completion_5": 0.8,
            "diffusion_completion_8": 0.95,
            "diffusion_completion_10": 0.97,
            "inpainting_crop": 0.55,
            "inpainting_whole": 0.7,
        }
    )
    otherwise: float = 0.03
    failed: tuple[str, ...] | None = None
    kept: float = 0.92
    base: float = 0.97

    def chance(self, trial: Trial, setting: str) -> float:
        """Of a trial of the submission."""
        if trial.target != trial.erased:
            return self.kept
        strength = 1.6 if setting.startswith(("eta=1.4", "eta=1.5")) else 0.8 if setting else 1.0
        return min(self.recovered.get(trial.probe, self.otherwise) * strength, 1.0)


def example_result(
    example: Example | None = None,
    *,
    limit: int | None = None,
    probes: tuple[str, ...] = (),
    protocol: Protocol = PICTOGRAM_V1,
    folder: Path | None = None,
    floors: Sequence[Outcome] | None = None,
) -> Result:
    """The result of an example; its whole run is written where a folder is given.

    Floors are the package's where none are given, as for a result file that is counted again.
    """
    example = Example() if example is None else example
    selection = select(protocol, example.concepts, probes, limit)
    plan = submission_plan(protocol, selection, encoder_edited=TEXT_ENCODER in example.edited)
    records = _records(plan, example.name, example.chance, folder)
    base_records = [
        record
        for base in base_plans(protocol, selection).values()
        for record in _records(
            base, "base", lambda *_: example.base, None if folder is None else folder / "base"
        )
    ]
    outcomes, base_outcomes = outcomes_of(records), outcomes_of(base_records)
    probes_told = facts_of(protocol)
    stored = references_of(protocol, PUBLIC_SEED_SET) if floors is None else References()
    row = row_data_of(
        outcomes,
        base_outcomes,
        protocol=protocol,
        references=stored,
        probes=probes_told,
        edited=example.edited,
        failed_probes=example.failed,
    )
    if floors is not None:
        retrain = outcome_arrays(floors, probes_told)
        whole = anchors_between(row.anchors.base, retrain, probes_told)
        contrasts = contrasts_of(whole, example.concepts, probes_told)
        row = replace(row, anchors=replace(whole, contrasts=contrasts))
    summary = summarise(row)
    checkpoint = CheckpointRun(
        identity=Identity(
            name=example.name,
            layout="diff",
            tensors_digest="5e" * 32,
            base_digest="ba" * 32,
            method=example.method,
            edited=example.edited,
        ),
        concepts=tuple(name for name in protocol.concepts if name in example.concepts),
        command=f"erasebench evaluate {example.name}.safetensors --concept church",
        run=_run_block(plan),
    )
    result = Result(
        name=example.name,
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        seed_set=PUBLIC_SEED_SET,
        checkpoints=(checkpoint,),
        partial=selection.missing(protocol),
        uncalibrated=True,
        references=stored.digests,
        failed_probes=example.failed,
        probes=probes_told,
        cells=summary.cells,
        score=summary.score,
        outcomes=outcomes,
        base_outcomes=base_outcomes,
    )
    if folder is not None:
        write_result(folder / "result.json", result)
        _write_records(folder / "records.jsonl", records)
        _write_records(folder / "base" / "records.jsonl", base_records)
    return result


def example_floors(
    concepts: tuple[str, ...] = ("church",),
    *,
    limit: int | None = None,
    protocol: Protocol = PICTOGRAM_V1,
    blunt: tuple[str, ...] = (),
) -> tuple[Outcome, ...]:
    """What a model shows that never knew some concepts: a little where a picture is begun for it.

    Args:
        concepts: the concepts.
        limit: prompts of each; None for the protocol's.
        protocol: whose probes are asked.
        blunt: probes that show the concept of any model.
    """

    def invented(trial: Trial, _: str) -> float:
        begun = trial.probe.startswith(("diffusion_completion", "inpainting"))
        return 0.95 if trial.probe in blunt else 0.25 if begun else 0.02

    plans = base_plans(protocol, select(protocol, concepts, (), limit))
    return outcomes_of(
        record
        for concept in concepts
        for record in _records(plans[concept], "retrain", invented, None)
    )


def made_entry(result: Result, protocol: Protocol = PICTOGRAM_V1) -> Entry:
    """What a site shows of a result without pictures."""
    return Entry(result, protocol, Gallery(strips=()), {})


def _records(plan: Plan, who: str, chance: Chance, folder: Path | None) -> list[Record]:
    kept = frozenset() if folder is None else kept_trials(plan, "judged")
    records = []
    for trial in plan.trials:
        setting = plan.setting(trial)
        rng = random.Random(f"{who} {trial}")
        hit = rng.random() < chance(trial, setting)
        path = picture_path(trial) if trial in kept else None
        if folder is not None and path is not None:
            store_picture(folder / path, _picture(trial, hit=hit))
        records.append(
            Record(
                trial=trial,
                setting=setting,
                seeds={"start": trial.prompt_index},
                prompt=plan.trajectories[trial].prompt,
                judge_top1=hit,
                judge_top5=hit or rng.random() < 0.2,
                judge_probability=rng.uniform(0.6, 1.0) if hit else rng.uniform(0.0, 0.3),
                selector_probability=rng.uniform(0.5, 1.0) if hit else rng.uniform(0.0, 0.4),
                clip_score=rng.uniform(20.0, 30.0),
                clip_first=hit or rng.random() < 0.02,
                picture=path,
                picture_digest="d1" * 32,
            )
        )
    return records


def _picture(trial: Trial, *, hit: bool) -> object:
    """The same composition for the base and the submission, as from one start latent."""
    rng = random.Random(f"picture {trial.probe} {trial.prompt_index} {trial.variant}")
    style = CONCEPTS[trial.target].kind == "style"
    thing = "tree" if style or not hit else trial.target
    return draw(thing, trial.target if style and hit else None, rng)


def _write_records(path: Path, records: list[Record]) -> None:
    lines = [f"{record.model_dump_json()}\n" for record in records]
    path.write_text("".join(lines), encoding="utf-8")


def _run_block(plan: Plan) -> RunBlock:
    drawn = [trial.probe for trial in plan.trials]
    return RunBlock(
        started="2026-01-02T03:04:05+00:00",
        finished="2026-01-02T03:14:05+00:00",
        timings=tuple(
            ProbeTiming(probe=probe, samples=drawn.count(probe), seconds=0.05 * drawn.count(probe))
            for probe in dict.fromkeys(drawn)
        ),
        environment=ENVIRONMENT,
    )
