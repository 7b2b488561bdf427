"""Whether this machine draws and judges the unedited base as the protocol's references have it.

A driver, a half precision or a judge that is not what it should be moves the base's own pictures,
and everything with them. So before a submission is measured against stored references, the base's
plain pictures of its concepts are drawn and judged; drawn anew each time, since pictures that were
kept say nothing of the machine that reads them. Where a protocol has no reference, a run is marked
uncalibrated, and its result holds what the base gave. `erasebench reference build` makes the
reference; nothing else is kept between runs, for no result may depend on those before it.
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
from erasebench.evaluation.run.models import Apparatus
from erasebench.evaluation.run.run_folder import START_AGAIN
from erasebench.optimisation.base_pictures import plain_pictures
from erasebench.results.reference import ReferenceFile
from erasebench.results.result import BaseCheck
from erasebench.stats.anchors import PLAIN_PROMPT
from erasebench.stats.intervals import wilson

CALIBRATION: Final = "calibration.json"
"""In a run's folder, how its machine was calibrated when it began."""

_NOTED: TypeAdapter[BaseCheck | None] = TypeAdapter(BaseCheck | None)


@dataclass(frozen=True)
class Calibration:
    """What the base's plain pictures are compared with.

    Attributes:
        known: the judge's hits, by concept and prompt index; empty where there is no reference.
    """

    known: Mapping[str, Mapping[int, int]]

    @property
    def pictures(self) -> int:
        """How many are drawn for it; 0 where there is nothing to compare with."""
        return sum(map(len, self.known.values()))

    def check(self, apparatus: Apparatus) -> BaseCheck | None:
        """Draws and judges the base's pictures here; None where there is nothing to compare.

        Args:
            apparatus: draws with the base's weights, and judges.

        Raises:
            CalibrationError: if the rate here is outside Wilson's 95 % interval of the reference's.
        """
        hits = stored = 0
        for name, known in self.known.items():
            concept = CONCEPTS[name]
            starts = [prompt_start(index) for index in known]
            pictures = plain_pictures(apparatus.pictures, concept, starts)
            opinions = apparatus.panel.score(
                pictures, [concept] * len(known), [concept.prompt] * len(known), "whole"
            )
            hits += sum(opinion.judge_top1 for opinion in opinions)
            stored += sum(known.values())
        n = self.pictures
        if n == 0:
            return None
        interval = wilson(stored, n)
        if not interval.low <= hits / n <= interval.high:
            raise CalibrationError(found=hits / n, low=interval.low, high=interval.high, n=n)
        return BaseCheck(rate=hits / n, known=interval)


def calibration_of(
    concepts: Sequence[str], reference: ReferenceFile | None, indices: Sequence[int]
) -> Calibration:
    """What a reference says of the base on the standard prompt.

    Args:
        concepts: those that are erased.
        reference: the base's; None where there is none.
        indices: the prompt indices that are run.
    """
    known: dict[str, dict[int, int]] = {}
    for one in () if reference is None else reference.outcomes:
        asked = one.probe == PLAIN_PROMPT and one.erased == one.target
        if asked and one.target in concepts and one.prompt_index in indices:
            known.setdefault(one.target, {})[one.prompt_index] = one.judge_hits
    return Calibration(known)


def note_check(folder: Path, found: BaseCheck | None) -> None:
    """Notes in a run's folder how it was calibrated when it began; what stands there stays."""
    path = folder / CALIBRATION
    if not path.exists():
        replace_file(path, b"null\n" if found is None else f"{found.model_dump_json()}\n".encode())


def noted_check(folder: Path) -> BaseCheck | None:
    """What `note_check` noted.

    Raises:
        RunFolderError: if it cannot be read.
    """
    try:
        return _NOTED.validate_json((folder / CALIBRATION).read_bytes())
    except (OSError, ValidationError) as error:
        raise RunFolderError(folder, f"{CALIBRATION} is damaged. {START_AGAIN}") from error
