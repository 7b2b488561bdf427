"""Entries: result files with their images, from a leaderboard or from a run."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from pydantic import ValidationError

from erasebench.board.attacks import KnownAttack, read_attacks
from erasebench.board.find_results import RESULT, run_folders
from erasebench.board.pictures import GALLERY, Gallery, Strip, gallery_of
from erasebench.board.status import Status, Step, read_status, slug_of, status_path
from erasebench.errors import ResultError
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.protocol.seeds import after_reveal, find_season
from erasebench.results.json_file import check_name, wrong_field
from erasebench.results.result import Cell, Result
from erasebench.results.score import RowScore
from erasebench.stats.recount_cache import load_counted


@dataclass(frozen=True)
class Entry:
    """One result with the images that pages show.

    Attributes:
        result: read and checked.
        protocol: of the result.
        gallery: description of the images.
        pictures: WebP files by name.
        status: of the submission; None where the leaderboard has none.
        attacks: submitted by others and replayed on it.
    """

    result: Result
    protocol: Protocol
    gallery: Gallery
    pictures: Mapping[str, bytes]
    status: Status | None = None
    attacks: tuple[KnownAttack, ...] = ()

    @property
    def withdrawn(self) -> Step | None:
        """The step in which it was withdrawn; None where it was not."""
        return None if self.status is None else self.status.withdrawn

    @property
    def after_reveal(self) -> bool:
        """Whether any part was evaluated after the seeds of its season were revealed."""
        season = find_season(self.result.seed_set)
        return any(after_reveal(season, one.run.finished) for one in self.result.checkpoints)

    @property
    def slug(self) -> str:
        """Its name in paths: letters, digits, hyphens and underscores only."""
        return slug_of(self.result.name)

    @property
    def place(self) -> str:
        """Path of its page and files in a site, without a suffix."""
        return f"{self.result.protocol}/{self.slug}"

    def cells_of(self, concept: str | None) -> tuple[Cell, ...]:
        """The cell of one erased concept, if there is one; all cells for None."""
        return tuple(cell for cell in self.result.cells if concept in (None, cell.erased))

    def scores_of(self, concept: str | None) -> RowScore | None:
        """The scores on one erased concept, or for None over all ranked ones; None without any."""
        return self.result.score if concept is None else self.cells_of(concept)[0].score


def read_entries(
    results: Sequence[Path],
    protocols: Mapping[str, Protocol] = PROTOCOLS,
    cache: Path | None = None,
) -> tuple[Entry, ...]:
    """Reads results with their images, sorted by their path in the site.

    A result belongs to a run, with records and images in its folder, or to a leaderboard:
    `<protocol>/<submission>.json` with its strips in `<protocol>/<submission>/`.

    Args:
        results: the files.
        protocols: by name; results of others are rejected.
        cache: remembers which files were recounted; None to recount all.

    Raises:
        ResultError: if a file is invalid, or two results have the same name.
    """
    found: dict[str, Path] = {}
    entries = []
    for path in results:
        entry = read_entry(path, protocols, cache)
        if entry.place in found:
            raise ResultError(
                path,
                f"{found[entry.place]} has the same name, {entry.result.name}. Each submission "
                "needs its own name: rename a checkpoint and evaluate it again.",
            )
        found[entry.place] = path
        entries.append(entry)
    return tuple(sorted(entries, key=lambda entry: entry.place))


def read_entry(
    path: Path, protocols: Mapping[str, Protocol] = PROTOCOLS, cache: Path | None = None
) -> Entry:
    """Reads one result with its images; arguments and errors as in `read_entries`."""
    result = load_counted(path, protocols, cache)
    protocol = protocols[result.protocol]
    if path.name == RESULT and path.parent.name not in protocols:
        shown = [
            gallery_of(run, result, protocol.centre)
            for run in run_folders(path.parent)
            if run == path.parent or run.name in {cell.erased for cell in result.cells}
        ]
        return Entry(result, protocol, *put_together(result, shown))
    attacks = read_attacks(path, result, protocols)
    pictures = path.with_suffix("")
    status = read_status(status_path(path.parent.parent, path.stem))
    if not pictures.is_dir():
        return Entry(result, protocol, Gallery(strips=()), {}, status, attacks)
    gallery = _read_gallery(pictures / GALLERY, result, protocol)
    files = {
        name: _read_strip(pictures / name, strip)
        for strip in gallery.strips
        for name in (strip.picture, strip.base_picture)
    }
    return Entry(result, protocol, gallery, files, status, attacks)


def put_together(
    result: Result, shown: Sequence[tuple[Gallery, Mapping[str, bytes]]]
) -> tuple[Gallery, dict[str, bytes]]:
    """The strips of several runs in the order of the result's cells, and their files."""
    order = [cell.erased for cell in result.cells]
    strips = [strip for gallery, _ in shown for strip in gallery.strips]
    files = {name: content for _, files in shown for name, content in files.items()}
    return Gallery(strips=tuple(sorted(strips, key=lambda s: order.index(s.erased)))), files


def _read_gallery(path: Path, result: Result, protocol: Protocol) -> Gallery:
    try:
        gallery = Gallery.model_validate_json(_read_bytes(path))
    except ValidationError as error:
        raise wrong_field(path, error) from error
    probes = [probe.name for probe in result.probes]
    for number, strip in enumerate(gallery.strips):
        place = f"strips.{number}"
        check_name(path, f"{place}.erased", strip.erased, protocol.concepts)
        check_name(path, f"{place}.probe", strip.probe, probes)
        for position, tile in enumerate(strip.tiles):
            check_name(path, f"{place}.tiles.{position}.target", tile.target, protocol.concepts)
    return gallery


def _read_strip(path: Path, strip: Strip) -> bytes:
    """The content of an image file, checked against its strip."""
    content = _read_bytes(path)
    size = (strip.tile_size * len(strip.tiles), strip.tile_size)
    try:
        with Image.open(io.BytesIO(content), formats=["WEBP"]) as image:
            found = image.size
            if found == size:
                image.load()
    except OSError as error:
        raise ResultError(path, f"It is not a WebP image ({error}).") from error
    if found != size:
        raise ResultError(
            path, f"It has {found[0]} × {found[1]} pixels; its strip has {size[0]} × {size[1]}."
        )
    return content


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ResultError(
            path,
            f"It cannot be read ({error.strerror}). Restore it, or remove its folder.",
        ) from error
