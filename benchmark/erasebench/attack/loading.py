"""Loads an attack: its manifest, and its prompts or embeddings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from erasebench.attack.manifest import MOST_TOKENS, AttackManifest, Embeddings
from erasebench.attack.manifest_file import attack_id, load_attack_manifest, protocol_of_attack
from erasebench.attack.replay_result import Attack
from erasebench.errors import CheckpointError
from erasebench.hub.client import Commit
from erasebench.hub.download_cache import CacheEntry, sha256_of
from erasebench.hub.fetch import fetch_pinned
from erasebench.hub.protocol_models import base_of
from erasebench.manifest.manifest import PinnedFile
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.submission.digest import combined, digest_in_file
from erasebench.submission.header import TensorEntry, read_header, readable
from erasebench.submission.tensor_names import TOKEN_EMBEDDING
from erasebench.submission.weights_file import inside

ATTACKS = "attacks"
"""Folder of downloaded embeddings in the user's cache, by digest."""

LARGEST = 1_000.0
"""Largest absolute value. Token embeddings are below 1; float16 ends at 65,504."""

Rows = npt.NDArray[np.float32]
"""Rows of a token embedding, (N, k, D): k tokens for all prompt indices (N = 1), or for each."""

_DTYPES = {"F32": "<f4", "F16": "<f2"}


@dataclass(frozen=True)
class LoadedAttack:
    """A checked attack.

    Attributes:
        path: its manifest.
        manifest: its content.
        facts: recorded in a replay.
        protocol: of the attacked entries.
        rows: token embeddings, float32 (N, k, D), with N = 1 or the number of prompt indices; None
            for prompts.
    """

    path: Path
    manifest: AttackManifest
    facts: Attack
    protocol: Protocol
    rows: Rows | None


def load_attack(
    path: Path, cache: Path, protocols: Mapping[str, Protocol] = PROTOCOLS
) -> LoadedAttack:
    """Reads an attack and its embeddings.

    Args:
        path: its manifest.
        cache: the user's cache, for embeddings on the Hub.
        protocols: known protocols, by name.

    Raises:
        ManifestError: if the manifest or its file name is invalid.
        CheckpointError: if the embeddings are invalid.
        HubError: if embeddings or the base's headers cannot be downloaded.
    """
    identifier, manifest = attack_id(path), load_attack_manifest(path)
    protocol = protocol_of_attack(path, manifest, protocols)
    asked: object = manifest.prompts
    rows = None
    if manifest.embeddings is not None:
        rows, asked = _rows(path, manifest.embeddings, protocol, cache)
    words = json.dumps([protocol.name, manifest.concept, asked], ensure_ascii=False)
    copied = {"name", "finder", "paper", "code", "against", "concept"}
    facts = Attack(
        id=identifier,
        kind="prompts" if rows is None else "embeddings",
        digest=hashlib.sha256(words.encode()).hexdigest(),
        **manifest.model_dump(include=copied),
    )
    return LoadedAttack(path, manifest, facts, protocol, rows)


def _rows(
    path: Path, embeddings: Embeddings, protocol: Protocol, cache: Path
) -> tuple[Rows, object]:
    """The embeddings, and what identifies them together with their template."""
    entry = _single_tensor(_find_file(path, embeddings, cache))
    width = base_of(protocol).tensors[TOKEN_EMBEDDING].shape[1]
    # Without the tensor's name and other metadata, which do not affect generation.
    digest = combined([digest_in_file("rows", entry)])
    rows = _read_rows(entry, protocol.prompts, width)
    return rows, {"template": embeddings.template, "tensor": digest}


def _find_file(manifest: Path, embeddings: Embeddings, cache: Path) -> Path:
    """The checked file, downloaded if needed.

    Args:
        manifest: the attack's manifest; local files are in its folder.
        embeddings: path, digest and repository of the file.
        cache: the user's cache.

    Raises:
        CheckpointError: if it is missing, outside the manifest's folder, or another file.
        HubError: if it cannot be downloaded, or differs from the pinned file.
        DiskFullError, UnwritableError: if it cannot be written.
    """
    if embeddings.repo is None or embeddings.revision is None:
        return _local_file(manifest, embeddings)
    entry = CacheEntry(cache / ATTACKS / embeddings.sha256)
    name = embeddings.path
    fetch_pinned(
        Commit(embeddings.repo, embeddings.revision),
        name.rpartition("/")[0] or None,
        {name: PinnedFile(size=embeddings.size, sha256=embeddings.sha256)},
        entry,
    )
    return entry.file(name)


def _local_file(manifest: Path, embeddings: Embeddings) -> Path:
    path = inside(manifest.parent / embeddings.path, manifest.parent)
    if not path.is_file():
        raise CheckpointError(
            path, "No such file. Put it into the manifest's folder, or give its repo."
        )
    size = path.stat().st_size
    if size != embeddings.size:
        raise CheckpointError(
            path, f"The file has {size} bytes, but {embeddings.size} are pinned. Correct either."
        )
    with readable(path):
        digest = sha256_of(path)
    if digest != embeddings.sha256:
        raise CheckpointError(
            path,
            f"The SHA-256 is {digest[:12]}…, but {embeddings.sha256[:12]}… is pinned: this is "
            "another file. Correct either.",
        )
    return path


def _single_tensor(path: Path) -> TensorEntry:
    """The single tensor of a file, from its header.

    Raises:
        PickleRefusedError: if it is a pickle, whatever its name.
        CheckpointError: if it is not a complete safetensors file with one tensor of an allowed
            dtype.
    """
    tensors = read_header(path).tensors
    if len(tensors) != 1:
        raise CheckpointError(
            path, f"{len(tensors)} tensors found; an attack has one, (k, d) or (prompts, k, d)."
        )
    (entry,) = tensors.values()
    if entry.dtype not in _DTYPES:
        raise CheckpointError(
            path, f"The tensor is {entry.dtype}; it must be float32 (F32) or float16 (F16)."
        )
    return entry


def _read_rows(entry: TensorEntry, prompts: int, width: int) -> Rows:
    """Reads the embeddings.

    Args:
        entry: the tensor, in its file.
        prompts: number of prompt indices of the protocol.
        width: D, width of the base's token embedding.

    Raises:
        CheckpointError: if the shape does not fit the base's text encoder, or a value is not finite
            or too large.
    """
    path, shape = entry.path, entry.shape
    many = shape[0] if len(shape) == 3 else 1
    fits = len(shape) in (2, 3) and shape[-1] == width and 1 <= shape[-2] <= MOST_TOKENS
    if not fits or many not in (1, prompts):
        raise CheckpointError(
            path,
            f"The tensor has shape {list(shape)}; it must be [k, {width}] with 1 to {MOST_TOKENS} "
            f"tokens k, or [{prompts}, k, {width}]: the text encoder has width {width}, and there "
            f"are {prompts} prompt indices.",
        )
    with path.open("rb") as file:
        file.seek(entry.begin)
        content = file.read(entry.end - entry.begin)
    rows = np.frombuffer(content, _DTYPES[entry.dtype]).astype(np.float32)
    if not np.isfinite(rows).all():
        raise CheckpointError(path, "It contains NaN or infinity; all values must be finite.")
    if np.abs(rows).max() > LARGEST:
        raise CheckpointError(
            path,
            f"The largest value is {np.abs(rows).max():.4g}; the limit is {LARGEST:g}, so that the "
            "text encoder's output fits float16.",
        )
    return rows.reshape(many, shape[-2], width)
