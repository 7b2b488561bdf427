"""The tensors of a base, from the headers of its files; no weights in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from erasebench.errors import CheckpointError, ProtocolError, quoted
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.submission.digest import model_digest
from erasebench.submission.header import Header, TensorEntry
from erasebench.submission.tensor_names import PARTS, canonical_name, is_ignored
from erasebench.submission.weights_file import read_weights


@dataclass(frozen=True)
class BaseTensors:
    """The tensors of a protocol's base that an erasure may change.

    Attributes:
        protocol: name of the protocol, or the folder of a base without one.
        folder: the base's pipeline folder.
        tensors: canonical name → position in a file.
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
        ProtocolError: if it is not downloaded or incomplete.
    """
    folder = protocol.base.folder
    if not protocol.base.is_here:
        raise ProtocolError(
            protocol.base.address,
            "The base is not downloaded yet. Run (online): "
            f"erasebench fetch --protocol {protocol.name}",
        )
    lacking = _lacking(folder)
    if lacking:
        raise ProtocolError(
            protocol.base.source,
            f"The base in {folder} has no {lacking[0]}. Install the package again.",
        )
    return BaseTensors(protocol.name, folder, _tensors(folder))


def base_named(word: str) -> BaseTensors:
    """The base of a protocol, by the protocol's name, or a base in a folder.

    Raises:
        CheckpointError: if it is neither, or the folder is incomplete.
        ProtocolError: if the protocol's base is not downloaded or incomplete.
    """
    if word in PROTOCOLS:
        return open_base(PROTOCOLS[word])
    folder = Path(word)
    lacking = _lacking(folder)
    if lacking:
        raise CheckpointError(
            folder,
            f"Not a protocol ({', '.join(PROTOCOLS)}), and not the folder of an original pipeline: "
            f"no {lacking[0]} with safetensors in it.",
        )
    return BaseTensors(word, folder, _tensors(folder))


def _lacking(folder: Path) -> list[str]:
    """The parts that are missing in a base's folder."""
    return [part for part in PARTS if not any((folder / part).glob("*.safetensors"))]


def _tensors(folder: Path) -> dict[str, TensorEntry]:
    found: dict[str, TensorEntry] = {}
    for part in PARTS:
        found |= part_tensors(part, read_weights(folder / part, folder))
    return found


def part_tensors(part: str, header: Header) -> dict[str, TensorEntry]:
    """The tensors of one part, from a file or shards, by canonical name.

    Raises:
        CheckpointError: if a tensor exists under an old and a new name.
    """
    found: dict[str, TensorEntry] = {}
    for name, entry in header.tensors.items():
        canonical = canonical_name(part, name)
        if canonical in found:
            raise CheckpointError(
                header.path,
                f"{quoted(canonical)} exists under two names. Save the model with save_pretrained.",
            )
        if not is_ignored(canonical):
            found[canonical] = entry
    return found
