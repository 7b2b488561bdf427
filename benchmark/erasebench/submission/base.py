"""A protocol's base as files: which tensors it has, by their headers; no weights in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from erasebench.errors import CheckpointError, ProtocolError
from erasebench.protocol import Protocol
from erasebench.submission.digest import model_digest
from erasebench.submission.header import TensorEntry, read_header
from erasebench.submission.names import PARTS, canonical_name, is_ignored


@dataclass(frozen=True)
class BaseTensors:
    """The tensors of a protocol's base that an erasure may change.

    Attributes:
        protocol: name of the protocol.
        folder: the base's pipeline folder.
        tensors: canonical name → where it lies.
    """

    protocol: str
    folder: Path
    tensors: Mapping[str, TensorEntry]

    @cached_property
    def digest(self) -> str:
        """Digest of the whole base, VAE included, hex; reads every file once."""
        return model_digest(self.folder)


def open_base(protocol: Protocol) -> BaseTensors:
    """The base of a protocol, from its headers.

    Raises:
        ProtocolError: if its folder lacks a part.
    """
    tensors: dict[str, TensorEntry] = {}
    for part in PARTS:
        paths = sorted((protocol.base.folder / part).glob("*.safetensors"))
        if not paths:
            raise ProtocolError(
                protocol.base.source,
                f"The base should lie in {protocol.base.folder}, and has no {part} there. "
                "Install the package again.",
            )
        for path in paths:
            tensors |= part_tensors(part, path)
    return BaseTensors(protocol.name, protocol.base.folder, tensors)


def part_tensors(part: str, path: Path) -> dict[str, TensorEntry]:
    """The weights in a file that holds one part, by canonical name.

    Raises:
        CheckpointError: if the file is not safetensors, or holds a tensor under an old and a new
            name.
    """
    found: dict[str, TensorEntry] = {}
    for name, entry in read_header(path).tensors.items():
        canonical = canonical_name(part, name)
        if canonical in found:
            raise CheckpointError(
                path, f"It holds {canonical} under two names. Save the model with save_pretrained."
            )
        if not is_ignored(canonical):
            found[canonical] = entry
    return found
