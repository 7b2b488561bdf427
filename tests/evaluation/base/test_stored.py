"""Archives of the base's pictures: what of them a run takes out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from erasebench.diffusion.picture_file import load_picture, store_picture
from erasebench.errors import ResultError
from erasebench.evaluation.base.stored import pack, unpack
from erasebench.evaluation.plan.kept_images import (
    KeptImages,
    kept_trials,
    picture_digest,
    picture_path,
)
from erasebench.evaluation.plan.plan import Plan, base_plans
from erasebench.evaluation.plan.selection import select
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.record import Record
from tests.evaluation.example_records import example_record

CHURCH = "church"


def plan_of(*probes: str) -> Plan:
    """What the base is asked of a church at two prompt indices."""
    return base_plans(PICTOGRAM_V1, select(PICTOGRAM_V1, (CHURCH,), probes, limit=2))[CHURCH]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """Of two probes, a picture of each prompt index; what was found holds a line's end."""
    dice = np.random.default_rng(0)
    plan = plan_of("standard_prompt", "noise")
    made = []
    for trial in plan.trials:
        if trial in kept_trials(plan, "judged"):
            picture = dice.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            made.append(
                example_record(
                    trial,
                    prompt="a\x85church",
                    picture=picture_path(trial),
                    picture_digest=picture_digest(picture),
                )
            )
    return made


@pytest.fixture(scope="module")
def archive(records: list[Record], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them with their pictures."""
    folder, dice = tmp_path_factory.mktemp("run"), np.random.default_rng(0)
    for record in records:
        picture = dice.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        store_picture(folder / str(record.picture), picture)
    pack(folder / "base.zip", records, folder)
    return folder / "base.zip"


def test_what_was_packed_is_unpacked(archive: Path, records: list[Record], tmp_path: Path) -> None:
    """Every record, and the very values of its picture."""
    found = unpack(archive, tmp_path, plan_of("standard_prompt", "noise"), "judged")

    assert len(records) == 4
    assert list(found) == records
    for record in found:
        picture = load_picture(tmp_path / str(record.picture))
        assert picture_digest(picture) == record.picture_digest


def test_what_the_plan_does_not_ask_is_passed_over(
    archive: Path, records: list[Record], tmp_path: Path
) -> None:
    """Neither a record nor a picture of the other probe comes out."""
    found = unpack(archive, tmp_path, plan_of("noise"), "judged")
    own = [record for record in records if record.trial.probe == "noise"]

    assert list(found) == own
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.png")}
    assert files == {record.picture for record in own}
    assert 0 < len(own) < len(records)


@pytest.mark.parametrize(("images", "count"), [("none", 0), ("all", 2)])
def test_a_run_takes_out_what_it_keeps(
    archive: Path, tmp_path: Path, images: KeptImages, count: int
) -> None:
    """Without pictures no record either; of a run that keeps all, what there is."""
    found = unpack(archive, tmp_path, plan_of("noise"), images)

    assert len(found) == count
    assert len(list(tmp_path.rglob("*.png"))) == count


def test_an_archive_that_is_torn_or_gone_is_an_expected_error(
    archive: Path, tmp_path: Path
) -> None:
    """What helps is said."""
    torn = tmp_path / "torn.zip"
    torn.write_bytes(archive.read_bytes()[:100])

    for path in (torn, tmp_path / "gone.zip"):
        with pytest.raises(ResultError, match="Install the package again"):
            unpack(path, tmp_path / "out", plan_of("noise"), "judged")
