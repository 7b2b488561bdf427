"""The list of a site's files: it marks a folder as one that may be rebuilt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from erasebench.disk import replace_file, unfinished
from erasebench.errors import RunFolderError

MANIFEST: Final = ".erasebench-site.json"
"""Its name, at the site's top."""


def _below(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name or name == ".":
        raise ValueError("it must be a path below the site")
    return name


_Name = Annotated[str, AfterValidator(_below)]
_Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Manifest(BaseModel):
    """The content of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    erasebench_site: Literal[1] = Field(description="Version of this schema.")
    files: dict[_Name, list[_Digest]] = Field(
        description="SHA-256 of every file by path. One each in a whole site; while a site is "
        "rebuilt, that of before and that to come."
    )


def read_manifest(folder: Path) -> dict[str, frozenset[str]]:
    """The files of a site, each with the digests that it may have; none where there is no site yet.

    Raises:
        RunFolderError: if the folder holds something, and that is no site.
    """
    path = folder / MANIFEST
    if not path.exists():
        _check_empty(folder)
        return {}
    try:
        manifest = _Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RunFolderError(
            folder,
            f"Its {MANIFEST} is not one that erasebench writes ({field}: {first['msg']}), so "
            "nothing here is touched. Give a new or an empty folder with --output.",
        ) from error
    return {name: frozenset(digests) for name, digests in manifest.files.items()}


def write_manifest(folder: Path, files: Mapping[str, frozenset[str]]) -> None:
    """Writes the list durably, sorted.

    Raises:
        DiskFullError: if there is no room.
    """
    content = {"erasebench_site": 1, "files": {name: sorted(files[name]) for name in sorted(files)}}
    replace_file(folder / MANIFEST, f"{json.dumps(content, indent=2)}\n".encode())


def _check_empty(folder: Path) -> None:
    """A kill may have left the manifest unfinished; nothing else may be there."""
    ours = unfinished(folder / MANIFEST).name
    if folder.exists() and any(child.name != ours for child in folder.iterdir()):
        raise RunFolderError(
            folder,
            "It holds files that are no site of ours. Give a new or an empty folder with --output.",
        )
