"""Images by the base, which probes complete or learn from and methods train on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from typing import Protocol as Structural

import numpy as np
import numpy.typing as npt

from erasebench.concepts import Concept
from erasebench.diffusion.picture_file import Picture, load_picture, store_picture
from erasebench.diffusion.streams import example_start, prompt_start
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.disk import replace_file
from erasebench.errors import RunFolderError
from erasebench.optimisation.tries import SelectorVerdict
from erasebench.protocol import Protocol

BasePictures = Literal["source", "example", "accepted"]
"""Images of a concept that the base generates from its prompt.

`source`: one per prompt index, from its start latent. `accepted`: the same, but generated again
until the selector accepts it. `example`: a number set by the protocol, from starts of their own.
"""

Draw = Callable[[Sequence[Trajectory]], npt.NDArray[np.uint8]]
"""Generates any number of trajectories: uint8 (N, H, W, 3)."""

_DRAWN = "drawn"
"""A kind's last file, written when all its images are there."""


class Models(Structural):
    """The loaded models of a run: the base and the selector."""

    @property
    def protocol(self) -> Protocol:
        """Names them."""
        ...

    def pictures(self, trajectories: Sequence[Trajectory]) -> npt.NDArray[np.uint8]:
        """See `Draw`."""
        ...

    def selected(self, pictures: npt.NDArray[np.uint8], target: Concept) -> list[SelectorVerdict]:
        """The selector's verdicts on images, uint8 (N, H, W, 3)."""
        ...


def plain_pictures(
    draw: Draw, target: Concept, starts: Sequence[NoiseStream]
) -> npt.NDArray[np.uint8]:
    """Images of the standard prompt by the base, from some starts, uint8 (N, H, W, 3)."""
    return draw([Trajectory(target.prompt, BASE, start) for start in starts])


@dataclass(frozen=True)
class PictureStore:
    """The base's images of one protocol, seed set, device and software, in a folder.

    Attributes:
        folder: belongs to one combination of everything that could change a pixel.
        indices: the prompt indices that are run.
        held: entered while images are generated: a lock, where processes share the folder.
    """

    folder: Path
    indices: tuple[int, ...]
    held: Callable[[], AbstractContextManager[None]]

    def pictures(
        self,
        kind: BasePictures,
        target: Concept,
        indices: Sequence[int],
        models: Models,
    ) -> npt.NDArray[np.uint8]:
        """Images of one kind, generated where they are missing.

        Args:
            kind: see `BasePictures`.
            target: the concept that they show.
            indices: the prompt indices that are wanted, out of those that are run.
            models: generate with the base's weights, and select.

        Returns:
            uint8 (N, H, W, 3), one per index in their order; of `example`, as many as the protocol
            says.

        Raises:
            RunFolderError: if a stored image cannot be read.
            DiskFullError: if the disk is full.
        """
        with self.held():
            self._draw(kind, target, models)
        return self._read(kind, target, self._numbers(kind, models, indices))

    def _draw(self, kind: BasePictures, target: Concept, models: Models) -> None:
        """Generates and stores the images of one kind, if they are missing."""
        if self.holds(kind, target.name):
            return
        numbers = self._numbers(kind, models, self.indices)
        if kind == "accepted":
            self._draw("source", target, models)
            drawn = _accepted(models, target, numbers, self._read("source", target, numbers))
        else:
            start_of = example_start if kind == "example" else prompt_start
            drawn = plain_pictures(models.pictures, target, [start_of(one) for one in numbers])
        place = self._place(kind, target.name)
        for number, picture in zip(numbers, drawn, strict=True):
            store_picture(place / _file(number), picture)
        replace_file(place / _DRAWN, b"")

    @staticmethod
    def _numbers(kind: BasePictures, models: Models, indices: Sequence[int]) -> Sequence[int]:
        """Numbers of the images of a kind: prompt indices, or those of the examples."""
        return range(models.protocol.inversion_pictures) if kind == "example" else indices

    def _read(
        self, kind: BasePictures, target: Concept, numbers: Sequence[int]
    ) -> npt.NDArray[np.uint8]:
        place = self._place(kind, target.name)
        return np.stack([_stored(self.folder, place / _file(number)) for number in numbers])

    def _place(self, kind: BasePictures, target: str) -> Path:
        return self.folder / f"{target}-{kind}"

    def holds(self, kind: BasePictures, target: str) -> bool:
        """Whether all images of a kind are there."""
        return (self._place(kind, target) / _DRAWN).exists()


def _accepted(
    models: Models,
    target: Concept,
    numbers: Sequence[int],
    sources: npt.NDArray[np.uint8],
) -> npt.NDArray[np.uint8]:
    """The sources; those that the selector rejects are generated again until it accepts them."""
    best = sources.copy()
    verdicts = models.selected(best, target)
    for draw in range(1, models.protocol.accepted_draws):
        rejected = [place for place, verdict in enumerate(verdicts) if not verdict.success]
        if not rejected:
            break
        starts = [NoiseStream("accepted_start", numbers[place], draw) for place in rejected]
        again = plain_pictures(models.pictures, target, starts)
        seen = models.selected(again, target)
        for place, picture, verdict in zip(rejected, again, seen, strict=True):
            if verdict.success or verdict.probability > verdicts[place].probability:
                best[place], verdicts[place] = picture, verdict
    return best


def _file(number: int) -> str:
    return f"{number:03d}.png"


def _stored(folder: Path, path: Path) -> Picture:
    try:
        return load_picture(path)
    # What Pillow raises for truncated or damaged files.
    except (OSError, SyntaxError, ValueError) as error:
        raise RunFolderError(
            folder,
            f"{path.relative_to(folder)} is damaged: {error}. "
            "Remove the folder and run the same command again.",
        ) from error
