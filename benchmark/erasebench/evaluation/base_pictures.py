"""Pictures of the unedited base that probes begin from: filled in, learned from, aimed at.

They are drawn once and kept in the user's cache, since every submission needs the same ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from erasebench.concepts import Concept
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.disk import replace_file
from erasebench.errors import RunFolderError
from erasebench.evaluation.apparatus import Apparatus
from erasebench.evaluation.folder import START_AGAIN, RunSpec, claim, working_in
from erasebench.evaluation.images import Picture, load_picture, store_picture
from erasebench.evaluation.plan import Plan
from erasebench.probes.context import BasePictures
from erasebench.probes.streams import prompt_start

_DRAWN = "drawn"
"""A kind's last file, written when all its pictures are there."""


@dataclass(frozen=True)
class PictureStore:
    """The base's pictures of one protocol, seed set, device and software.

    Attributes:
        folder: where they lie. Its name holds the digest of all that could move a pixel.
        spec: fixes the batches.
        indices: the prompt indices that are run.
    """

    folder: Path
    spec: RunSpec
    indices: tuple[int, ...]

    def pictures(
        self,
        kind: BasePictures,
        target: Concept,
        indices: Sequence[int],
        apparatus: Apparatus,
    ) -> npt.NDArray[np.uint8]:
        """The pictures of one kind, drawn now where they were not before.

        Where another process is drawing, it is waited for.

        Args:
            kind: see `BasePictures`.
            target: what they show.
            indices: the prompt indices that are wanted, out of those that are run.
            apparatus: draws with the base's weights, and holds the selector.

        Returns:
            uint8 (N, H, W, 3), one per index in their order; of `example`, as many as the protocol
            says.

        Raises:
            RunFolderError: if a stored one cannot be read.
            DiskFullError: if there is no room for them.
        """
        count = apparatus.protocol.inversion_pictures
        examples = kind == "example"
        numbers = tuple(range(count)) if examples else self.indices
        with working_in(self.folder, wait=True):
            claim(self.folder, self.spec)
            self._draw(kind, target, numbers, apparatus)
        return self._read(kind, target, numbers if examples else indices)

    def _draw(
        self, kind: BasePictures, target: Concept, numbers: Sequence[int], apparatus: Apparatus
    ) -> None:
        """Draws and stores pictures of one kind, where they are not there."""
        place = self._place(kind, target)
        if (place / _DRAWN).exists():
            return
        if kind == "accepted":
            self._draw("source", target, numbers, apparatus)
            sources = self._read("source", target, numbers)
            drawn = _accepted(apparatus, target, numbers, sources)
        else:
            drawn = plain_pictures(apparatus, target, [_START[kind](number) for number in numbers])
        for number, picture in zip(numbers, drawn, strict=True):
            store_picture(place / _file(number), picture)
        replace_file(place / _DRAWN, b"")

    def _read(
        self, kind: BasePictures, target: Concept, numbers: Sequence[int]
    ) -> npt.NDArray[np.uint8]:
        place = self._place(kind, target)
        return np.stack([_stored(self.folder, place / _file(number)) for number in numbers])

    def _place(self, kind: BasePictures, target: Concept) -> Path:
        return self.folder / f"{target.name}-{kind}"

    def missing(self, plans: Iterable[Plan]) -> int:
        """The number of pictures that some plans need and that are not there, without redraws."""
        wanted = {
            (target, kind): plan.protocol.inversion_pictures
            if kind == "example"
            else len(self.indices)
            for plan in plans
            for name, target in plan.asked
            for kind in plan.probes[name].base_pictures
        }
        return sum(
            count
            for (target, kind), count in wanted.items()
            if not (self.folder / f"{target}-{kind}" / _DRAWN).exists()
        )


def picture_store(spec: RunSpec, indices: Sequence[int], cache: Path) -> PictureStore:
    """The store for a run.

    Args:
        spec: fixes the run.
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
    return PictureStore(folder, own, tuple(indices))


def plain_pictures(
    apparatus: Apparatus, target: Concept, starts: Sequence[NoiseStream]
) -> npt.NDArray[np.uint8]:
    """The base's pictures of the standard prompt from some starts, uint8 (N, H, W, 3)."""
    return apparatus.pictures([Trajectory(target.prompt, BASE, start) for start in starts])


def _accepted(
    apparatus: Apparatus,
    target: Concept,
    numbers: Sequence[int],
    sources: npt.NDArray[np.uint8],
) -> npt.NDArray[np.uint8]:
    """The sources, those that the selector rejects drawn again until it accepts them."""
    best = sources.copy()
    verdicts = apparatus.selected(best, target)
    for draw in range(1, apparatus.protocol.accepted_draws):
        rejected = [place for place, verdict in enumerate(verdicts) if not verdict.success]
        if not rejected:
            break
        starts = [NoiseStream("accepted_start", numbers[place], draw) for place in rejected]
        again = plain_pictures(apparatus, target, starts)
        seen = apparatus.selected(again, target)
        for place, picture, verdict in zip(rejected, again, seen, strict=True):
            if verdict.success or verdict.probability > verdicts[place].probability:
                best[place], verdicts[place] = picture, verdict
    return best


_START: dict[BasePictures, Callable[[int], NoiseStream]] = {
    "source": prompt_start,
    "example": partial(NoiseStream, "example_start"),
}


def _file(number: int) -> str:
    return f"{number:03d}.png"


def _stored(folder: Path, path: Path) -> Picture:
    try:
        return load_picture(path)
    # Pillow's answers to pictures that are cut short or garbled.
    except (OSError, SyntaxError, ValueError) as error:
        raise RunFolderError(
            folder, f"{path.relative_to(folder)} is damaged: {error}. {START_AGAIN}"
        ) from error
