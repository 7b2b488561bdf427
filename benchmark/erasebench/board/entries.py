"""What a site shows: result files with their pictures, from a leaderboard or from a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from erasebench.board.gallery import GALLERY, Gallery
from erasebench.board.pictures import gallery_of
from erasebench.errors import ResultError
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.results.file import load_result
from erasebench.results.result import Result

_RESULT = "result.json"
"""Its result file is what tells the folder of a run from a leaderboard."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Entry:
    """One result and what is shown of its pictures.

    Attributes:
        result: read and checked.
        gallery: what the pictures show.
        pictures: WebP files by name.
    """

    result: Result
    gallery: Gallery
    pictures: Mapping[str, bytes]

    @property
    def slug(self) -> str:
        """The name that stands in paths: letters, digits, hyphens and underscores only."""
        return _UNSAFE.sub("-", self.result.identity.name).strip("-") or "unnamed"

    @property
    def place(self) -> str:
        """Where its pages and files lie in a site, without an ending."""
        return f"{self.result.protocol}/{self.slug}"


def read_entries(
    folders: Sequence[Path], protocols: Mapping[str, Protocol] = PROTOCOLS
) -> tuple[Entry, ...]:
    """Reads every result of some folders, sorted by where they lie in the site.

    A folder is a leaderboard, `<protocol>/<submission>.json` with the pictures of each in
    `<protocol>/<submission>/`, or the folder of one run.

    Args:
        folders: which exist.
        protocols: those whose results can be read, by name.

    Raises:
        ResultError: if a file does not hold what it must, or if two results bear one name.
    """
    found: dict[str, Path] = {}
    entries = []
    for folder in folders:
        for path in _result_files(folder):
            entry = _read(path, protocols)
            if entry.place in found:
                raise ResultError(
                    path,
                    f"Its name, {entry.result.identity.name}, is that of {found[entry.place]} too. "
                    "Each submission needs a name of its own: rename a checkpoint and evaluate it "
                    "again.",
                )
            found[entry.place] = path
            entries.append(entry)
    return tuple(sorted(entries, key=lambda entry: entry.place))


def _result_files(folder: Path) -> list[Path]:
    if (folder / _RESULT).exists():
        return [folder / _RESULT]
    return sorted(folder.glob("*/*.json"))


def _read(path: Path, protocols: Mapping[str, Protocol]) -> Entry:
    result = load_result(path, protocols)
    if path.name == _RESULT:
        return Entry(result, *gallery_of(path.parent, result, protocols[result.protocol].centre))
    pictures = path.with_suffix("")
    if not pictures.is_dir():
        return Entry(result, Gallery(strips=()), {})
    gallery = _read_gallery(pictures / GALLERY)
    names = [n for strip in gallery.strips for n in (strip.picture, strip.base_picture)]
    return Entry(result, gallery, {name: _read_bytes(pictures / name) for name in names})


def _read_gallery(path: Path) -> Gallery:
    try:
        return Gallery.model_validate_json(_read_bytes(path))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ResultError(path, f"Field {field} is wrong: {first['msg']}.") from error


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ResultError(
            path, "There is no such file. Put it back, or remove the folder that it should be in."
        ) from error
