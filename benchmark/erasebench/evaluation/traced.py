"""What a trace has drawn so far, point by point, in a file of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from erasebench.disk import replace_file
from erasebench.errors import RunFolderError
from erasebench.evaluation.folder import START_AGAIN

_EMBEDDINGS, _HITS = "embeddings", "hits"


@dataclass(frozen=True)
class Traced:
    """What was seen of the first K points of a trace.

    Attributes:
        embeddings: CLIP embeddings of the pictures, float32 (K, S, D), unit vectors.
        hits: bool (K, S), the judge recognises the concept; False where it knows none of the kind.
    """

    embeddings: torch.Tensor
    hits: torch.Tensor

    def __len__(self) -> int:
        """K."""
        return len(self.hits)

    def and_then(self, embeddings: torch.Tensor, hits: torch.Tensor) -> Traced:
        """With one point more, of embeddings (S, D) and hits (S,)."""
        if not len(self):
            return Traced(embeddings[None], hits[None])
        return Traced(
            torch.cat([self.embeddings, embeddings[None]]), torch.cat([self.hits, hits[None]])
        )


NOTHING_TRACED = Traced(torch.empty(0, 0, 0), torch.empty(0, 0, dtype=torch.bool))


def read_traced(path: Path) -> Traced:
    """What an earlier process has drawn; nothing where there is no file.

    Raises:
        RunFolderError: if the file is damaged.
    """
    if not path.exists():
        return NOTHING_TRACED
    try:
        found = load(path.read_bytes())
        return Traced(found[_EMBEDDINGS], found[_HITS])
    except (SafetensorError, KeyError) as error:
        raise RunFolderError(
            path.parent, f"{path.name} is damaged: {error}. {START_AGAIN}"
        ) from error


def write_traced(path: Path, traced: Traced) -> None:
    """Keeps what was drawn; at any moment the file holds the old points or also the new one.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old points stay.
    """
    content = {
        _EMBEDDINGS: traced.embeddings.contiguous(),
        _HITS: traced.hits.contiguous(),
    }
    replace_file(path, save(content))
