"""Whether the base looks here as its reference says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from erasebench.errors import CalibrationError, RunFolderError
from erasebench.evaluation.base.calibration import (
    CALIBRATION,
    calibration_of,
    read_calibration,
    write_calibration,
)
from erasebench.evaluation.plan.request import Compute, request
from erasebench.evaluation.run.loading import LoadedRun, load
from erasebench.evaluation.run.models import LoadedModels
from erasebench.results.outcome import Outcome
from erasebench.results.reference import ReferenceFile
from erasebench.results.result import BaseCheck
from erasebench.stats.intervals import wilson
from tests.evaluation.base.test_needs import Brightness, brightness, idle, sources
from tests.evaluation.tiny_run import TinyWorld
from tests.example_environment import ENVIRONMENT

INDICES = range(4)


@pytest.fixture(scope="module")
def loaded(world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> LoadedRun:
    """The tiny models, ready to draw."""
    asked = request(
        world.edit, concepts=("church",), protocol=world.protocol, compute=Compute(batch_size=7)
    )
    return load(asked, tmp_path_factory.mktemp("cache"), photographs=None)


@pytest.fixture(scope="module")
def models(loaded: LoadedRun) -> LoadedModels:
    """One whose judge sees a church in the two brightest of the base's four plain pictures."""
    light = np.sort(brightness(sources(loaded.models)))
    judge = Brightness(float(light[1:3].mean()))
    panel = replace(loaded.models.panel, judge=judge)  # type: ignore[arg-type]
    return replace(loaded.models, panel=panel)


def outcome(prompt_index: int, **facts: object) -> Outcome:
    """A miss of the plain prompt, with other facts if given."""
    plain = {
        "erased": "church",
        "target": "church",
        "probe": "standard_prompt",
        "prompt_index": prompt_index,
        "setting": "",
        "draws": 1,
        "judge_hits": 0,
        "selector_mean": 0.5,
        "first_hit": False,
        "best_hit": False,
        "best_probability": 0.5,
        "clip_only": 0,
        "clip_mean": 20.0,
    }
    return Outcome.model_validate(plain | facts)


def churches(hits: int) -> list[Outcome]:
    """Of the four plain prompts the first so many show a church."""
    return [outcome(index, judge_hits=int(index < hits)) for index in INDICES]


def reference(outcomes: Iterable[Outcome]) -> ReferenceFile:
    """The base's, with these outcomes."""
    return ReferenceFile(
        role="base",
        protocol="tiny",
        protocol_digest="a" * 64,
        seed_set="public",
        tensors_digest="b" * 64,
        environment=ENVIRONMENT,
        classifiers={},
        outcomes=tuple(outcomes),
    )


def test_without_a_reference_there_is_nothing_to_compare(loaded: LoadedRun) -> None:
    """Nor with a reference of other concepts, probes or prompts; and nothing is generated."""
    elsewhere = reference(
        [
            outcome(0, erased="tench", target="tench"),
            outcome(1, erased="nothing"),
            outcome(2, probe="noise"),
            outcome(len(INDICES)),
        ]
    )

    for known in (None, elsewhere):
        calibration = calibration_of(["church"], known, INDICES)
        calibration.check(idle(loaded))
        assert calibration.pictures == 0


@pytest.mark.parametrize("hits", [1, 2, 3])
def test_a_rate_within_the_reference_s_interval_is_calibrated(
    models: LoadedModels, hits: int
) -> None:
    """Two of four here agree with one, two or three of four there.

    What other probes gave there, and the plain prompt where others were erased, says nothing.
    """
    others = [
        outcome(index, judge_hits=1, **kind)
        for index in INDICES
        for kind in ({"probe": "noise"}, {"erased": "nothing"})
    ]

    calibration = calibration_of(["church"], reference([*churches(hits), *others]), INDICES)

    found = calibration.check(models)
    assert calibration.pictures == len(INDICES)
    assert found is not None
    assert (found.rate, found.known.value) == (0.5, hits / 4)


@pytest.mark.parametrize(("hits", "said"), [(0, r"\[0, 49\]"), (4, r"\[51, 100\]")])
def test_a_rate_that_contradicts_the_reference_is_an_expected_error(
    models: LoadedModels, hits: int, said: str
) -> None:
    """Two of four are outside Wilson's interval of none and of all."""
    calibration = calibration_of(["church"], reference(churches(hits)), INDICES)

    with pytest.raises(CalibrationError, match=rf"50 %.*{said}"):
        calibration.check(models)


def test_a_run_keeps_how_it_was_calibrated_when_it_began(tmp_path: Path) -> None:
    """So a run that goes on, or is counted again, says the same of itself."""
    check = BaseCheck(rate=0.5, known=wilson(3, 4))

    for first, later in ((None, check), (check, None)):
        folder = tmp_path / str(first is None)
        folder.mkdir()
        write_calibration(folder, first)
        write_calibration(folder, later)
        assert read_calibration(folder) == first


def test_a_damaged_note_is_an_expected_error(tmp_path: Path) -> None:
    """It says what to remove."""
    (tmp_path / CALIBRATION).write_text("{}")
    with pytest.raises(RunFolderError, match="Remove the folder"):
        read_calibration(tmp_path)
