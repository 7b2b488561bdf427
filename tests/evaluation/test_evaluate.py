"""The whole way from a checkpoint to a result, on models of random weights."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.picture_file import load_picture
from erasebench.diffusion.trajectory import NoiseStream
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.plan.kept_images import picture_digest
from erasebench.evaluation.plan.request import Compute, request
from erasebench.evaluation.plan.selection import suite_of
from erasebench.evaluation.run.preparation import PREPARED
from erasebench.probes.probe import Probe
from erasebench.probes.registry import probes_of
from erasebench.results.record import Record
from erasebench.results.result import Result
from tests.agreement import assert_pictures_agree, assert_records_agree
from tests.evaluation.tiny_run import TinyWorld


def records_of(run: Path) -> list[Record]:
    """The records in a folder."""
    lines = (run / "records.jsonl").read_text().splitlines()
    return [Record.model_validate_json(line) for line in lines]


@pytest.fixture(scope="module")
def result(finished: Path) -> Result:
    """The undisturbed run's result, read from its file."""
    return Result.model_validate_json((finished / "run" / "result.json").read_text())


@pytest.mark.parametrize("batch_size", [1, 64])
def test_batch_size_does_not_matter(
    world: TinyWorld, finished: Path, tmp_path: Path, batch_size: int
) -> None:
    """Alone, in sevens or all at once: the same pictures and the same verdicts, to rounding."""
    world.evaluate(tmp_path, batch_size, limit=2, images="all")
    run = tmp_path / "run"
    found = records_of(run)

    assert found
    assert_records_agree(found, records_of(finished / "run"), world.margins(run))


def test_kept_pictures_are_those_that_were_judged(finished: Path) -> None:
    """A record names its picture, and the file holds the very values whose digest it gives."""
    for folder in (finished / "run", finished / "run" / "base"):
        kept = [record for record in records_of(folder) if record.picture is not None]
        files = {str(path.relative_to(folder)) for path in (folder / "images").rglob("*.png")}

        assert files == {record.picture for record in kept}
        for record in kept:
            assert record.picture is not None
            picture = load_picture(folder / record.picture)
            assert record.picture_digest == picture_digest(picture)


def test_each_kept_picture_has_the_base_s_beside_it(finished: Path) -> None:
    """From the same seeds; retention's under the name of no erased concept."""
    of_base = {record.trial: record for record in records_of(finished / "run" / "base")}
    for record in records_of(finished / "run"):
        trial = record.trial
        if trial.target != trial.erased:
            trial = trial.model_copy(update={"erased": "nothing"})
        assert (record.picture is None) == (of_base[trial].picture is None)
        assert record.prompt == of_base[trial].prompt


def test_the_base_completing_itself_draws_its_plain_picture(finished: Path) -> None:
    """Picture for picture: the loop hands over between equal weights without a trace."""
    base = finished / "run" / "base"
    pictures = {
        (record.trial.probe, record.trial.target, record.trial.prompt_index): load_picture(
            base / record.picture
        )
        for record in records_of(base)
        if record.trial.erased != "nothing" and record.picture is not None
    }
    plain = {key[1:]: one for key, one in pictures.items() if key[0] == "standard_prompt"}

    assert plain
    for key, picture in plain.items():
        assert_pictures_agree(picture, pictures["diffusion_completion_1", *key])


def test_what_inpainting_fills_in_is_the_base_s_picture_of_the_same_index(
    finished: Path,
) -> None:
    """Drawn in other company, a source is the standard prompt's picture to a level of a pixel."""
    base = finished / "run" / "base"
    plain = [
        record
        for record in records_of(base)
        if record.trial.probe == "standard_prompt" and record.trial.erased != "nothing"
    ]

    assert plain
    for record in plain:
        name = f"{record.trial.target}-source/{record.trial.prompt_index:03d}.png"
        (source,) = finished.glob(f"cache/base/*-pictures-*/{name}")
        assert_pictures_agree(load_picture(source), load_picture(base / str(record.picture)))


def test_what_was_not_run_is_missing_and_said(world: TinyWorld, tmp_path: Path) -> None:
    """One probe alone: no other rate, no excess without its control, no retention, no zero."""
    result = world.evaluate(tmp_path, probes=("noise",), limit=2)

    for cell in result.cells:
        assert [estimate.probe for estimate in cell.probes] == ["noise"]
        assert cell.probes[0].excess is None
        assert cell.retention is None
        assert not cell.complete
    assert result.partial == "limit 2; probes named: 1 of 16; no retention"


def test_the_whole_suite_runs_to_a_complete_cell(world: TinyWorld, tmp_path: Path) -> None:
    """Everything that the protocol has, in full, of a model with an encoder of its own.

    Nothing to excuse; every probe has its rate and its time, what was made on the way
    is gone but for its account, and so it is of the base's runs. Asked for again, it is the same
    result, with the same times.
    """

    def evaluated() -> Result:
        return world.evaluate(tmp_path, 64, concepts=("church",), probes=(), images="none")

    result = evaluated()
    (cell,) = result.cells
    suite = suite_of(world.protocol)

    assert result.partial is None
    assert cell.complete
    assert [estimate.probe for estimate in cell.probes] == list(suite)
    assert cell.trace is not None
    assert result.edited == ("unet", "text_encoder")
    probes = probes_of(world.protocol)
    makers = {name for name, one in probes.items() if type(one).prepare is not Probe.prepare}
    preparing = {timing.probe for timing in result.timings if timing.preparing}
    # To put two parts together takes less than a millisecond.
    assert makers - {"encoder_swap"} <= preparing <= makers
    assert set(result.making.classifiers) == {"church"}
    assert Counter(search.probe for search in result.making.searches) == {
        "random_prefix": 4,
        "unlearn_diff_atk": 4,
    }
    assert not (tmp_path / "run" / "images").exists()
    assert not list(tmp_path.rglob(PREPARED))
    (traced,) = [timing for timing in result.timings if timing.probe == "tracing"]
    assert traced.samples == world.protocol.tracing_points * world.protocol.tracing_seeds
    assert traced.seconds > 0
    assert evaluated() == result


def test_the_result_says_what_it_is_a_result_of(world: TinyWorld, result: Result) -> None:
    """The file names protocol, checkpoint, base and environment."""
    assert (result.protocol, world.protocol.digest) == ("tiny", result.protocol_digest)
    (checkpoint,) = result.checkpoints
    identity = checkpoint.identity
    assert (result.name, identity.name, identity.layout) == ("edit", "edit", "pipeline")
    assert checkpoint.concepts == tuple(cell.erased for cell in result.cells)
    assert checkpoint.address is None
    assert identity.tensors_digest != identity.base_digest
    assert checkpoint.run.environment.batch_size == 7
    assert result.uncalibrated
    assert checkpoint.calibration is None
    assert checkpoint.weight_change is not None
    changed = {group.part for group in checkpoint.weight_change.groups if group.tensors_changed}
    assert changed == set(identity.edited)
    assert "--concept church --concept airliner" in checkpoint.command


def test_timings_count_every_picture(finished: Path, result: Result) -> None:
    """One line per probe, and together they are the pictures of the run."""
    assert sum(timing.samples for timing in result.timings) == len(records_of(finished / "run"))
    assert all(timing.seconds > 0 for timing in result.timings)


def test_the_base_is_measured_once_for_every_submission(
    world: TinyWorld, finished: Path, tmp_path: Path
) -> None:
    """A second submission finds the base's records, and adds none."""
    shutil.copytree(finished / "cache", tmp_path / "cache")
    before = {path: path.read_bytes() for path in (tmp_path / "cache").rglob("*.*")}
    world.evaluate(tmp_path, name="another")
    after = {path: path.read_bytes() for path in (tmp_path / "cache").rglob("*.*")}

    assert before == after
    assert records_of(tmp_path / "another") == records_of(finished / "run")


def test_a_record_names_the_seeds_of_its_picture(world: TinyWorld, finished: Path) -> None:
    """Every stream that a picture is drawn from, and no other; those of its plan's trajectory."""
    noise = NoiseSource(world.protocol.name, "public")
    drawn = {record.trial.probe: record for record in records_of(finished / "run")}

    assert {probe: set(record.seeds or ()) for probe, record in drawn.items()} == {
        "standard_prompt": {"start"},
        "indirect_prompt": {"start"},
        "painted_prompt": {"start"},
        "diffusion_completion_1": {"start"},
        "noise": {"start", "step"},
        "inpainting_crop": {"inpainting_start"},
    }
    trial = drawn["noise"].trial
    assert drawn["noise"].seeds == {
        "start": noise.seed(NoiseStream("start", trial.prompt_index)),
        "step": noise.seed(NoiseStream("step", trial.prompt_index, trial.variant)),
    }


def test_nothing_but_tensors_of_a_pipeline_is_read(world: TinyWorld, tmp_path: Path) -> None:
    """Configs, scheduler, tokenizer and VAE of a submission hold garbage, and it is evaluated."""
    hostile = tmp_path / "hostile"
    shutil.copytree(world.edit, hostile)
    for path in hostile.rglob("*"):
        if path.is_file() and path.parent.name not in ("unet", "text_encoder"):
            path.write_text("?")
    for part in ("unet", "text_encoder"):
        (hostile / part / "config.json").write_text("?")
    asked = request(
        hostile,
        concepts=("church",),
        probes=("standard_prompt",),
        limit=2,
        protocol=world.protocol,
        folder=tmp_path / "run",
        compute=Compute(batch_size=7),
    )
    evaluate(asked, tmp_path / "cache")
    world.evaluate(tmp_path / "plain", probes=("standard_prompt",), limit=2)
    plain = records_of(tmp_path / "plain" / "run")
    found = records_of(tmp_path / "run")

    assert found
    assert_records_agree(found, plain, world.margins(tmp_path / "run"))
