"""The list of a site's files; a folder that has one may be rebuilt."""

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

FILE_LIST: Final = ".erasebench-site.json"
"""Name of the list, at the top of the site."""


def _below(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name or name == ".":
        raise ValueError("it must be a path below the site")
    return name


_Name = Annotated[str, AfterValidator(_below)]
_Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _FileList(BaseModel):
    """The content of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    erasebench_site: Literal[1] = Field(description="Version of this schema.")
    files: dict[_Name, list[_Digest]] = Field(
        description="SHA-256 of every file by path: one in a finished site; during a rebuild the "
        "old one and the new one."
    )


def read_file_list(folder: Path) -> dict[str, frozenset[str]]:
    """The files of a site with their allowed digests; empty for a new or empty folder.

    Raises:
        RunFolderError: if the folder holds files and is not a site.
    """
    path = folder / FILE_LIST
    if not path.exists():
        # An interrupted build may have left its unfinished list.
        ours = unfinished(path).name
        if folder.exists() and any(child.name != ours for child in folder.iterdir()):
            raise RunFolderError(
                folder,
                "The folder contains files not written by erasebench. Give a new or empty folder "
                "with --output.",
            )
        return {}
    try:
        listed = _FileList.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RunFolderError(
            folder,
            f"Its {FILE_LIST} was not written by erasebench ({field}: {first['msg']}), so no file "
            "was changed. Give a new or empty folder with --output.",
        ) from error
    return {name: frozenset(digests) for name, digests in listed.files.items()}


def write_file_list(folder: Path, files: Mapping[str, frozenset[str]]) -> None:
    """Writes the list durably, sorted.

    Raises:
        DiskFullError: if there is no room.
    """
    content = {"erasebench_site": 1, "files": {name: sorted(files[name]) for name in sorted(files)}}
    replace_file(folder / FILE_LIST, f"{json.dumps(content, indent=2)}\n".encode())
