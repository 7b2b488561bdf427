"""The models that a protocol pins, and how they see pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from erasebench.disk import user_cache

CLASSIFIER = "classifier"
"""The usual kind of judge: an image classifier of transformers."""

MODELS = "models"
"""Folder of the models of protocols, in the user's cache."""


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
        """Where a bundled model lies: inside the package, or there where `source` is absolute."""
        return Path(__file__).parents[1] / self.source

    @property
    def is_here(self) -> bool:
        """Whether it can be opened without a network: bundled models always can."""
        return True

    @property
    def address(self) -> str:
        """What messages call it: the source, and the commit where it has one."""
        return self.source if self.revision is None else f"{self.source}@{self.revision}"


@dataclass(frozen=True)
class HubPin(ModelPin):
    """A model that is fetched from the Hub, at one commit, before it is used.

    Both digests are empty until somebody has fetched it: the commit alone names it then, and who
    uses it is told the digests that are to be written here.

    Attributes:
        files: all that is fetched of the repository, by path from its top.
    """

    files: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where its files lie once they are fetched: a folder that holds nothing else."""
        return user_cache() / MODELS / self.source.replace("/", "--") / str(self.revision)

    @property
    def is_here(self) -> bool:
        """Whether all its files were fetched."""
        return all((self.folder / name).is_file() for name in self.files)

    @property
    def digested(self) -> bool:
        """Whether its digests are known."""
        return bool(self.tensors_digest and self.files_digest)


@dataclass(frozen=True)
class PixelInput:
    """How a picture becomes a network's input: resize, then (value - mean) / deviation.

    Attributes:
        size: side in pixels after an antialiased bilinear resize.
        mean, deviation: per channel, of values in [0, 1].
    """

    size: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


@dataclass(frozen=True)
class ClassifierPin:
    """A pinned judge or selector.

    A kind that needs more than this has a pin of its own that adds it.

    Attributes:
        model: its weights.
        pixels: its input.
        kind: key of `scoring.registry.JUDGES`, which says how it is loaded.
    """

    model: ModelPin
    pixels: PixelInput
    kind: str = CLASSIFIER
