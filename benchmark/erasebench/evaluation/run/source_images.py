"""The base's images of a run, kept in the user's cache, since every submission needs the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from erasebench.diffusion.trajectory import BASE
from erasebench.evaluation.plan.plan import Plan
from erasebench.evaluation.run.run_folder import RunSpec, claim, working_in
from erasebench.optimisation.base_pictures import PictureStore


def picture_store(spec: RunSpec, indices: Sequence[int], cache: Path) -> PictureStore:
    """The store for a run. While one process draws into it, others wait.

    Args:
        spec: fixes the run; the name of the store's folder holds the digest of all of it that
            could move a pixel.
        indices: the prompt indices that are run.
        cache: stores are kept in its folder `base`.
    """
    own = spec.model_copy(
        update={
            "subject": BASE,
            "checkpoint_digest": spec.base_digest,
            "plan_digest": "",
            "concepts": (),
            "probes": (),
            "images": "none",
        }
    )
    digest = hashlib.sha256(own.model_dump_json().encode()).hexdigest()
    folder = cache / BASE / f"{spec.protocol}-pictures-{digest[:16]}"
    return PictureStore(folder, tuple(indices), partial(_held, folder, own))


def missing_pictures(store: PictureStore, plans: Iterable[Plan]) -> int:
    """The number of images that some plans need and a store lacks, without redraws."""
    wanted = {
        (target, kind): plan.protocol.inversion_pictures
        if kind == "example"
        else len(store.indices)
        for plan in plans
        for name, target in plan.asked
        for kind in plan.probes[name].base_pictures
    }
    return sum(count for (target, kind), count in wanted.items() if not store.holds(kind, target))


@contextmanager
def _held(folder: Path, spec: RunSpec) -> Iterator[None]:
    with working_in(folder, wait=True):
        claim(folder, spec)
        yield
