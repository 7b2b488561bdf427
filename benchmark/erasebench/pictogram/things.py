"""The further things: no concept of any protocol, as most of a real model's world is none."""

from __future__ import annotations

from erasebench.pictogram.belongings import BELONGING_ARTISTS
from erasebench.pictogram.nature import NATURE_ARTISTS
from erasebench.pictogram.objects import Artist

THING_ARTISTS: dict[str, Artist] = {**NATURE_ARTISTS, **BELONGING_ARTISTS}
"""Who draws which further thing, by its name, which is also the word for it."""
