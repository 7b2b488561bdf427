"""Whether this machine draws and judges the unedited base as the protocol's references have it.

A driver, a half precision or a judge that is not what it should be moves the base's own pictures,
and everything with them. So before a submission is measured against stored references, the base's
plain pictures of its concepts are drawn and judged; drawn anew each time, since pictures that were
kept say nothing of the machine that reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from erasebench.concepts import CONCEPTS
from erasebench.errors import CalibrationError
from erasebench.evaluation.apparatus import Apparatus
from erasebench.evaluation.base_pictures import plain_pictures
from erasebench.probes.streams import prompt_start
from erasebench.results.reference import ReferenceFile
from erasebench.stats.reference import PLAIN_PROMPT
from erasebench.stats.wilson import wilson


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

    def check(self, apparatus: Apparatus) -> None:
        """Draws and judges the base's pictures here; nothing where there is nothing to compare.

        Args:
            apparatus: draws with the base's weights, and judges.

        Raises:
            CalibrationError: if the rate here is outside Wilson's 95 % interval of the reference's.
        """
        hits = stored = 0
        for name, known in self.known.items():
            concept = CONCEPTS[name]
            pictures = plain_pictures(apparatus, concept, [prompt_start(index) for index in known])
            opinions = apparatus.panel.score(
                pictures, [concept] * len(known), [concept.prompt] * len(known), "whole"
            )
            hits += sum(opinion.judge_top1 for opinion in opinions)
            stored += sum(known.values())
        n = self.pictures
        if n == 0:
            return
        interval = wilson(stored, n)
        if not interval.low <= hits / n <= interval.high:
            raise CalibrationError(found=hits / n, low=interval.low, high=interval.high, n=n)


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
