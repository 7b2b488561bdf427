"""What is wrong with a checkpoint on the Hub, told of its repository and not of our cache."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from erasebench.errors import CheckpointError, PickleRefusedError
from erasebench.errors.checkpoint import conversion
from erasebench.hub.cache import Shelf
from erasebench.hub.errors import HubError
from erasebench.submission.header import TENSORS


@contextmanager
def told_of(repo: str, commit: str, shelf: Shelf) -> Iterator[None]:
    """Says of a file of headers what it stands for: the repository, not a place in the cache.

    Raises:
        HubError: in the place of a `CheckpointError`.
    """
    try:
        yield
    except CheckpointError as error:
        place = f"{repo}@{commit}"
        name = error.path.relative_to(shelf.headers).as_posix()
        if isinstance(error, PickleRefusedError):
            names = [one.relative_to(shelf.headers).as_posix() for one in error.pickles]
            raise _pickle(repo, commit, names) from error
        problem = str(error).removeprefix(f"{error.path}: ")
        raise HubError(place if name == "." else f"{place}/{name}", problem) from error


def _pickle(repo: str, commit: str, names: list[str]) -> HubError:
    """How pickles on the Hub become safetensors of the submitter's own."""
    copies = [Path("converted") / name for name in names]
    command = conversion([(copy, copy.with_suffix(TENSORS)) for copy in copies])
    return HubError(
        f"{repo}@{commit}/{names[0]}",
        "This is a pickle, which can run code when it is read; only safetensors are read. Ask its "
        "authors for safetensors. Where you trust it, convert it in a folder of your own, and "
        f"submit that: hf download {repo} {shlex.join(names)} --revision {commit} "
        f"--local-dir converted && {command}",
    )
