"""Contact sheets: what was drawn, what the base generates, and whether it copied."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from erasebench.concepts import OBJECTS, STYLES
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.pictogram.bars import CARD_SEEDS
from erasebench.pictogram.drawings import Drawings, draw
from erasebench.protocol import Protocol

Pictures = npt.NDArray[np.uint8]

COLUMNS = 10
"""Pictures of each concept on a sheet."""

COPIES_SHOWN = 30
"""Generated pictures whose nearest training drawing is shown."""

TRAINING_DRAWINGS = 40_000
"""Drawings that the models were trained on: indices 0 to this."""

_GAP = 2


def write_sheets(protocol: Protocol, device: torch.device, folder: Path) -> tuple[Path, ...]:
    """Writes `drawn.webp`, `generated.webp` and `nearest.webp`.

    A row of the first two is a concept, objects then styles, and rows stand for the same concepts
    in both. In the third each generated picture has the training drawing with the least mean
    squared difference at its right.

    Returns:
        The paths written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pipeline = load_base(protocol, device)
    noise = NoiseSource(protocol.name, CARD_SEEDS)
    concepts = (*OBJECTS, *STYLES)
    wanted = [
        Trajectory(concept.prompt, BASE, NoiseStream("start", index))
        for concept in concepts
        for index in range(COLUMNS)
    ]
    generated = np.concatenate(
        [
            sample(pipeline, protocol, noise, wanted[start : start + 50], {}).pictures
            for start in range(0, len(wanted), 50)
        ]
    )
    things = sorted(Drawings().things)
    drawn = np.stack(
        [
            draw(concept.name, None, random.Random(f"sheet {concept.name} {column}"))
            if concept.kind == "object"
            else draw(
                things[(5 * column) % len(things)],
                concept.name,
                random.Random(f"sheet {concept.name} {column}"),
            )
            for concept in concepts
            for column in range(COLUMNS)
        ]
    )
    sampled = generated[:: max(1, len(generated) // COPIES_SHOWN)][:COPIES_SHOWN]
    pairs = np.stack([sampled, nearest_drawings(sampled)], axis=1).reshape(-1, *sampled.shape[1:])
    return tuple(
        _write(folder / name, pictures)
        for name, pictures in (
            ("drawn.webp", drawn),
            ("generated.webp", generated),
            ("nearest.webp", pairs),
        )
    )


def nearest_drawings(pictures: Pictures, drawings: int = TRAINING_DRAWINGS) -> Pictures:
    """For each picture the training drawing with the least mean squared difference in pixels.

    Args:
        pictures: uint8 (N, 64, 64, 3).
        drawings: how many of the training drawings are searched.

    Returns:
        uint8 (N, 64, 64, 3).
    """
    world = Drawings()
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    best = np.full(len(pictures), np.inf)
    nearest = np.empty_like(pictures)
    for index in range(drawings):
        candidate = world.example(index).picture
        distance = np.square(flat - candidate.reshape(-1).astype(np.float32)).mean(1)
        closer = distance < best
        nearest[closer] = candidate
        best[closer] = distance[closer]
    return nearest


def _write(path: Path, pictures: Sequence[Pictures] | Pictures) -> Path:
    side = pictures[0].shape[0]
    rows = -(-len(pictures) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (side + _GAP), rows * (side + _GAP)), "white")
    for place, picture in enumerate(pictures):
        row, column = divmod(place, COLUMNS)
        sheet.paste(Image.fromarray(picture), (column * (side + _GAP), row * (side + _GAP)))
    sheet.save(path, lossless=True)
    return path
