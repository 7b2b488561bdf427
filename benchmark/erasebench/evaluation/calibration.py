"""Whether this machine draws and judges the unedited base as the protocol's references have it.

A driver, a half precision or a judge that is not what it should be moves the base's own pictures,
and everything with them. So before a submission is measured against stored references, the base's
plain pictures of its concepts are drawn here and judged; probes begin from most of them anyway.
"""

from __future__ import annotations

from collections.abc import Sequence

from erasebench.concepts import CONCEPTS
from erasebench.errors import CalibrationError
from erasebench.evaluation.apparatus import Apparatus
from erasebench.evaluation.base_pictures import PictureStore
from erasebench.results.reference import ReferenceFile
from erasebench.stats.reference import PLAIN_PROMPT
from erasebench.stats.wilson import wilson


def calibrated(
    concepts: Sequence[str],
    reference: ReferenceFile | None,
    apparatus: Apparatus,
    store: PictureStore,
) -> bool:
    """Compares the base's rate on the standard prompt with what the reference says of it.

    Args:
        concepts: those that are erased.
        reference: the base's; None where there is none.
        apparatus: draws and judges.
        store: gives the base's pictures, at the prompt indices that are run.

    Returns:
        Whether there was anything to compare with.

    Raises:
        CalibrationError: if the rate here is outside Wilson's 95 % interval of the reference's.
        DiskFullError, RunFolderError: if the base's pictures cannot be kept or read.
    """
    known = {
        (one.target, one.prompt_index): one.judge_hits
        for one in (() if reference is None else reference.outcomes)
        if one.probe == PLAIN_PROMPT and one.erased == one.target
    }
    hits = stored = n = 0
    for name in concepts:
        indices = [index for index in store.indices if (name, index) in known]
        if not indices:
            continue
        concept = CONCEPTS[name]
        pictures = store.pictures("source", concept, indices, apparatus)
        opinions = apparatus.panel.score(
            pictures, [concept] * len(pictures), [concept.prompt] * len(pictures), "whole"
        )
        hits += sum(opinion.judge_top1 for opinion in opinions)
        stored += sum(known[name, index] for index in indices)
        n += len(indices)
    if n == 0:
        return False
    interval = wilson(stored, n)
    if not interval.low <= hits / n <= interval.high:
        raise CalibrationError(found=hits / n, low=interval.low, high=interval.high, n=n)
    return True
