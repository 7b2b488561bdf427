"""Where the site's own files lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.board import assets
from erasebench.board.assets import site_folder


def test_checkout_has_its_folder_at_the_top(root: Path) -> None:
    """In a checkout the files are those that are edited."""
    assert site_folder() == root / "site"


def test_wheel_uses_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder inside the package goes before whatever lies around it."""
    monkeypatch.setattr(assets, "_IN_WHEEL", tmp_path)

    assert site_folder() == tmp_path
