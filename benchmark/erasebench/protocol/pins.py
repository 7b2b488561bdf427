"""The models that a protocol pins, and their preprocessing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from erasebench.disk import user_cache

CLASSIFIER = "classifier"
"""The usual kind of judge: an image classifier of transformers."""

MODELS = "models"
"""Folder of the protocols' models in the user's cache."""


@dataclass(frozen=True)
class ModelPin:
    """A model that a protocol depends on.

    Attributes:
        source: a folder inside the package (`pictogram/weights/judge`) or a Hub repository.
        revision: the Hub commit; None for a bundled model.
        tensors_digest: digest of its tensors (names, dtypes, shapes, bytes), hex.
        files_digest: digest of its other files, configs and tokenizer, hex.
    """

    source: str
    revision: str | None
    tensors_digest: str
    files_digest: str

    @property
    def folder(self) -> Path:
        """Folder of a bundled model: inside the package, or `source` itself if it is absolute."""
        return Path(__file__).parents[1] / self.source

    @property
    def is_here(self) -> bool:
        """Whether it can be opened without a network; always true for bundled models."""
        return True

    @property
    def address(self) -> str:
        """Its name in messages: the source, and the commit if it has one."""
        return self.source if self.revision is None else f"{self.source}@{self.revision}"


@dataclass(frozen=True)
class HubPin(ModelPin):
    """A model on the Hub, pinned by commit and downloaded before use.

    As long as both digests are empty, only the commit identifies it, and commands print the digests
    to be added to the protocol.

    Attributes:
        files: the files to download, by path in the repository.
    """

    files: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Folder of its downloaded files, which contains nothing else."""
        return user_cache() / MODELS / self.source.replace("/", "--") / str(self.revision)

    @property
    def is_here(self) -> bool:
        """Whether all its files were downloaded."""
        return all((self.folder / name).is_file() for name in self.files)

    @property
    def digested(self) -> bool:
        """Whether its digests are known."""
        return bool(self.tensors_digest and self.files_digest)


@dataclass(frozen=True)
class PixelInput:
    """Preprocessing of an image for a network: resize, then (value - mean) / deviation.

    Attributes:
        size: side in pixels after an antialiased bilinear resize.
        mean, deviation: per channel, of values in [0, 1].
    """

    size: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


@dataclass(frozen=True)
class JudgePin:
    """A pinned judge or selector.

    A kind of judge that needs more fields subclasses it.

    Attributes:
        model: its weights.
        pixels: its input.
        kind: key of `scoring.registry.JUDGES`, which loads it.
    """

    model: ModelPin
    pixels: PixelInput
    kind: str = CLASSIFIER
