"""Stage `draw`: the training images, made once and stored in a memory-mapped file."""

from __future__ import annotations

import json
import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap
from tqdm import tqdm

from erasebench.disk import replace_file
from erasebench.errors import RunFolderError
from erasebench.pictogram.source import PictureSource
from pictogram_training.run import Run, claim
from pictogram_training.stage import write_atomically

PICTURES, EXAMPLES, CHUNKS = "pictures.npy", "examples.json", "chunks"


@dataclass(frozen=True)
class DrawConfig:
    """Number of training images.

    Attributes:
        count: examples 0 to count - 1 of the source.
        chunk: examples between two records of progress.
        workers: number of processes.
    """

    count: int = 40_000
    chunk: int = 1_000
    workers: int = 2


@dataclass(frozen=True)
class DrawnSet:
    """Training images with captions and labels, in the order of their indices.

    Attributes:
        pictures: uint8 (N, H, W, 3), usually memory-mapped.
        captions: N captions.
        things: N things.
        styles: N styles, or None.
    """

    pictures: npt.NDArray[np.uint8]
    captions: tuple[str, ...]
    things: tuple[str, ...]
    styles: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.captions)


def draw(run: Run, config: DrawConfig) -> DrawnSet:
    """Makes the missing images of the training set and returns the whole set.

    Raises:
        WorkFolderTakenError: if the work folder belongs to another run.
        RunFolderError: if existing images differ in number or size.
    """
    claim(run)
    folder = run.folder("draw")
    shape = (config.count, *run.source.example(0).picture.shape)
    if (folder / PICTURES).exists():
        found = np.load(folder / PICTURES, mmap_mode="r").shape
        if found != shape:
            raise RunFolderError(
                folder,
                f"It has images of shape {found}, not {shape}. Choose another folder with --work, "
                "or remove this one to start again.",
            )
    if (folder / EXAMPLES).exists():
        return read_drawn(folder)
    started = time.perf_counter()
    (folder / CHUNKS).mkdir(parents=True, exist_ok=True)
    if not (folder / PICTURES).exists():
        write_atomically(
            folder / PICTURES,
            lambda path: open_memmap(path, "w+", np.uint8, shape).flush(),
        )
    starts = range(0, config.count, config.chunk)
    todo = [
        (run.source, folder, start, min(start + config.chunk, config.count))
        for start in starts
        if not _chunk_file(folder, start).exists()
    ]
    # spawn: a forked child could inherit a lock held by a torch thread.
    with multiprocessing.get_context("spawn").Pool(config.workers) as pool:
        done = pool.imap_unordered(_draw_chunk, todo)
        for _ in tqdm(done, total=len(starts), initial=len(starts) - len(todo), desc="draw"):
            pass
    rows = [row for start in starts for row in json.loads(_chunk_file(folder, start).read_text())]
    content = json.dumps({"seconds": time.perf_counter() - started, "examples": rows})
    replace_file(folder / EXAMPLES, content.encode())
    return read_drawn(folder)


def read_drawn(folder: Path) -> DrawnSet:
    """The finished training set of a `draw` folder, with memory-mapped images.

    Raises:
        FileNotFoundError: if it is not finished.
    """
    rows = json.loads((folder / EXAMPLES).read_text())["examples"]
    captions, things, styles = zip(*rows, strict=True)
    return DrawnSet(np.load(folder / PICTURES, mmap_mode="r"), captions, things, styles)


def _chunk_file(folder: Path, start: int) -> Path:
    return folder / CHUNKS / f"{start:08d}.json"


def _draw_chunk(task: tuple[PictureSource, Path, int, int]) -> None:
    source, folder, start, stop = task
    pictures = open_memmap(folder / PICTURES, "r+")
    rows = []
    for index in range(start, stop):
        example = source.example(index)
        pictures[index] = example.picture
        rows.append((example.caption, example.thing, example.style))
    # The list is written last, when the images of the chunk are on disk.
    pictures.flush()
    replace_file(_chunk_file(folder, start), json.dumps(rows).encode())
