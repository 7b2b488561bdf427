"""Every checkpoint of a submission evaluated into one result."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from erasebench.errors import RequestError, ResultError, RunFolderError
from erasebench.evaluation.evaluate import evaluate_row
from erasebench.evaluation.plan.request import (
    CHECKPOINTS,
    Compute,
    Request,
    RowRequest,
    request,
    row_folder,
    row_request,
)
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.file import load_result
from erasebench.stats.recount import check_figures
from tests.agreement import assert_records_agree
from tests.evaluation.test_evaluate import records_of
from tests.evaluation.tiny_run import CONCEPTS, TinyWorld

PROBES = ("standard_prompt", "noise", "retention")


def asked_of(world: TinyWorld, folder: Path, edits: dict[str, Path]) -> RowRequest:
    """One checkpoint for each concept."""
    requests: list[Request] = [
        request(
            edit,
            concepts=(concept,),
            probes=PROBES,
            limit=2,
            protocol=world.protocol,
            folder=folder / CHECKPOINTS / concept,
            images="all",
            compute=Compute(batch_size=7),
            name=f"mine_{concept}",
            address=f"org/mine_{concept}@{'0' * 40}",
        )
        for concept, edit in edits.items()
    ]
    return row_request("mine", folder, requests)


def test_each_checkpoint_has_a_run_and_all_have_one_result(
    world: TinyWorld, tmp_path: Path
) -> None:
    """As one run of a checkpoint that erased both would give, for both are the same here.

    That run has other batches. The row's outcomes are those of its own runs to the last bit.
    """
    asked = asked_of(world, tmp_path / "runs" / "mine", dict.fromkeys(CONCEPTS, world.edit))
    row = evaluate_row(asked, tmp_path / "cache", references=None)
    both = world.evaluate(tmp_path / "both", probes=PROBES, limit=2)
    runs = {one.folder: records_of(one.folder) for one in asked.checkpoints}
    together = records_of(tmp_path / "both" / "run")
    protocols = {"tiny": world.protocol}

    assert load_result(asked.result, protocols) == row
    assert row.name == "mine"
    own = [load_result(one.result, protocols) for one in asked.checkpoints]
    assert set(row.outcomes) == {outcome for one in own for outcome in one.outcomes}
    assert set(row.base_outcomes) == {outcome for one in own for outcome in one.base_outcomes}
    assert [cell.erased for cell in row.cells] == [cell.erased for cell in both.cells]
    check_figures(asked.result, row, world.protocol)
    assert sum(map(len, runs.values())) == len(together)
    for run, records in runs.items():
        assert_records_agree(records, together, world.margins(run))
    assert {one.address for one in row.checkpoints} == {one.address for one in asked.checkpoints}
    assert {one.identity.name for one in row.checkpoints} == {"mine_church", "mine_airliner"}
    for one in asked.checkpoints:
        assert (one.folder / "records.jsonl").exists()
        assert load_result(one.result, protocols).name == one.checkpoint.name

    # Asked for again, nothing is drawn again: even the times are the same.
    assert evaluate_row(asked, tmp_path / "cache", references=None) == row


def test_checkpoints_that_edit_different_parts_are_told_at_once(
    world: TinyWorld, tmp_path: Path
) -> None:
    """As soon as two are there: the third is not begun."""
    unet = tmp_path / "unet_only"
    shutil.copytree(world.edit / "unet", unet)
    edits = {"church": world.edit, "airliner": unet, "golf_ball": world.edit}
    asked = asked_of(world, tmp_path / "mine", edits)

    with pytest.raises(ResultError, match=r"Its text encoder is the base's, that of .* is edited"):
        evaluate_row(asked, tmp_path / "cache", references=None)
    assert asked.checkpoints[1].result.exists()
    assert not asked.checkpoints[2].folder.exists()
    assert not asked.result.exists()


def test_checkpoints_of_two_bases_are_no_row(world: TinyWorld, tmp_path: Path) -> None:
    """Said before the first is run."""
    one = asked_of(world, tmp_path, {"church": world.edit}).checkpoints[0]

    with pytest.raises(RequestError, match=r"different bases: .*of tiny.*of pictogram-v1"):
        row_request("mine", tmp_path, (one, replace(one, protocol=PICTOGRAM_V1)))


@pytest.mark.parametrize("stranger", ["run.json", "notes.txt"])
def test_a_folder_that_holds_something_else_is_refused(
    world: TinyWorld, tmp_path: Path, stranger: str
) -> None:
    """The run of one checkpoint, say; nothing is mixed with it."""
    (tmp_path / stranger).write_text("{}", encoding="utf-8")

    with pytest.raises(RunFolderError, match=f"contains other files: '{stranger}'"):
        asked_of(world, tmp_path, {"church": world.edit})


def test_the_folder_is_called_after_the_submission(tmp_path: Path) -> None:
    """Where none is given."""
    assert row_folder("org__mine", None) == Path("runs/org__mine")
    assert row_folder("org__mine", tmp_path) == tmp_path
