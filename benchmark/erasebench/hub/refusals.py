"""Errors of checkpoints on the Hub, with the repository in place of the cache path."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from erasebench.errors import CheckpointError, PickleRefusedError
from erasebench.errors.checkpoint import conversion
from erasebench.hub.client import Commit
from erasebench.hub.download_cache import CacheEntry
from erasebench.hub.errors import HubError
from erasebench.submission.header import TENSORS


@contextmanager
def named_by_repository(commit: Commit, entry: CacheEntry) -> Iterator[None]:
    """Replaces cache paths in errors by the repository.

    Raises:
        HubError: in place of a `CheckpointError`.
    """
    try:
        yield
    except CheckpointError as error:
        name = error.path.relative_to(entry.headers).as_posix()
        if isinstance(error, PickleRefusedError):
            names = [one.relative_to(entry.headers).as_posix() for one in error.pickles]
            raise _pickle(commit, names) from error
        problem = str(error).removeprefix(f"{error.path}: ")
        raise HubError(commit.at(None if name == "." else name), problem) from error


def _pickle(commit: Commit, names: list[str]) -> HubError:
    """Explains how to convert pickles on the Hub in an own repository."""
    copies = [Path("converted") / name for name in names]
    command = conversion([(copy, copy.with_suffix(TENSORS)) for copy in copies])
    return HubError(
        commit.at(names[0]),
        "This is a pickle, which can run code when it is read; only safetensors are read. Ask the "
        "authors for safetensors. If you trust it, convert it in your own folder and submit that: "
        f"hf download {commit.repo} {shlex.join(names)} --revision {commit.digest} "
        f"--local-dir converted && {command}",
    )
