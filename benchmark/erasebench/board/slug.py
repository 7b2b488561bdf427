"""How a submission is called in paths."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def slug_of(name: str) -> str:
    """The name that stands in paths: letters, digits, hyphens and underscores only."""
    return _UNSAFE.sub("-", name).strip("-") or "unnamed"
