"""Where templates, styles and pages lie: in a checkout at its top, in a wheel beside this file."""

from __future__ import annotations

from pathlib import Path

_IN_WHEEL = Path(__file__).parent / "site"
_IN_CHECKOUT = Path(__file__).parents[3] / "site"


def site_folder() -> Path:
    """The folder that holds `templates`, `static` and `docs`."""
    return _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT
