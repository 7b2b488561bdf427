"""Attacks as they should be, and files of embeddings."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

PROMPTS = """\
schema_version: 1
name: A church in other words
finder:
  name: Zoë O'Neil
  link: https://example.org/zoe
protocol: pictogram-v1
against: any
concept: church
prompts:
  - a building with a steeple and a cross on top
"""
"""A text for all prompt indices."""

HEAD = PROMPTS.partition("prompts:")[0]


def write_prompts(folder: Path, text: str = PROMPTS, name: str = "other_words") -> Path:
    """An attack by prompts."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def write_rows(path: Path, rows: np.ndarray) -> Path:
    """A file of embeddings."""
    save_file({"rows": np.ascontiguousarray(rows)}, path)
    return path


def write_embeddings(folder: Path, file: Path, extra: str = "", head: str = HEAD) -> Path:
    """An attack by the embeddings of a file in the same folder."""
    content = file.read_bytes()
    path = folder / "learned.yaml"
    path.write_text(
        f"{head}embeddings:\n  path: {file.name}\n  size: {len(content)}\n"
        f"  sha256: {hashlib.sha256(content).hexdigest()}\n{extra}",
        encoding="utf-8",
    )
    return path
