"""The root of the tree."""

from __future__ import annotations


class ErasebenchError(Exception):
    """Root of the tree; carries a message meant for people."""
