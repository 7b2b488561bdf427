"""Calibration: does this machine reproduce the original model's rate on the plain prompt?

A driver, a half precision or a wrong judge changes the base's images, and everything with them. So
before a submission is measured against stored references, the base's plain images of its concepts
are generated and judged; anew for each run, since stored images say nothing about the machine that
reads them. Without a reference, a run is marked uncalibrated, and its result holds the base's own
outcomes. `erasebench reference build` makes references; nothing else is kept between runs, since no
result may depend on earlier ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.streams import prompt_start
from erasebench.disk import replace_file
from erasebench.errors import CalibrationError, RunFolderError
from erasebench.evaluation.run.models import LoadedModels
from erasebench.evaluation.run.run_folder import START_AGAIN
from erasebench.optimisation.base_pictures import plain_pictures
from erasebench.results.reference import ReferenceFile
from erasebench.results.result import BaseCheck
from erasebench.stats.anchors import PLAIN_PROMPT
from erasebench.stats.intervals import wilson

CALIBRATION: Final = "calibration.json"
"""File of the calibration in a run's folder."""

_FILE: TypeAdapter[BaseCheck | None] = TypeAdapter(BaseCheck | None)


@dataclass(frozen=True)
class Calibration:
    """The reference that the base's plain images are compared with.

    Attributes:
        hits: of the judge, by concept and prompt index; empty without a reference.
    """

    hits: Mapping[str, Mapping[int, int]]

    @property
    def pictures(self) -> int:
        """The number of images to generate; 0 without a reference."""
        return sum(map(len, self.hits.values()))

    def check(self, models: LoadedModels) -> BaseCheck | None:
        """Generates and judges the base's images; None without a reference.

        Args:
            models: generate with the base's weights, and judge.

        Raises:
            CalibrationError: if the rate is outside Wilson's 95 % interval of the reference.
        """
        found = stored = 0
        for name, known in self.hits.items():
            concept = CONCEPTS[name]
            starts = [prompt_start(index) for index in known]
            pictures = plain_pictures(models.pictures, concept, starts)
            opinions = models.panel.score(
                pictures, [concept] * len(known), [concept.prompt] * len(known), "whole"
            )
            found += sum(opinion.judge_top1 for opinion in opinions)
            stored += sum(known.values())
        n = self.pictures
        if n == 0:
            return None
        rate, interval = found / n, wilson(stored, n)
        if not interval.low <= rate <= interval.high:
            raise CalibrationError(found=rate, low=interval.low, high=interval.high, n=n)
        return BaseCheck(rate=rate, known=interval)


def calibration_of(
    concepts: Sequence[str], reference: ReferenceFile | None, indices: Sequence[int]
) -> Calibration:
    """The part of a reference on the standard prompt.

    Args:
        concepts: the erased concepts.
        reference: the base's; None without one.
        indices: the run's prompt indices.
    """
    hits: dict[str, dict[int, int]] = {}
    for one in () if reference is None else reference.outcomes:
        is_plain = one.probe == PLAIN_PROMPT and one.erased == one.target
        if is_plain and one.target in concepts and one.prompt_index in indices:
            hits.setdefault(one.target, {})[one.prompt_index] = one.judge_hits
    return Calibration(hits)


def write_calibration(folder: Path, found: BaseCheck | None) -> None:
    """Writes the calibration into a run's folder, unless the run already has one."""
    path = folder / CALIBRATION
    if not path.exists():
        replace_file(path, _FILE.dump_json(found) + b"\n")


def read_calibration(folder: Path) -> BaseCheck | None:
    """The calibration of a run when it was started; None without a reference.

    Raises:
        RunFolderError: if the file is damaged or missing.
    """
    try:
        return _FILE.validate_json((folder / CALIBRATION).read_bytes())
    except (OSError, ValidationError) as error:
        raise RunFolderError(folder, f"{CALIBRATION} is damaged. {START_AGAIN}") from error
