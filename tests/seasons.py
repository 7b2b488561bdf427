"""A season that is open while a test runs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from erasebench.protocol import seeds as seasons
from erasebench.protocol.seeds import SECRET, open_season, reveal_season, write_season

NAME = "2027-spring"


def opened(
    folder: Path, protocol: str, monkeypatch: pytest.MonkeyPatch, *, hidden: bool = True
) -> str:
    """Opens it in a folder that takes the place of the package's; its secret.

    Args:
        folder: for the seasons there are.
        protocol: under which it is held.
        monkeypatch: puts the folder back, and takes the secret out of the environment.
        hidden: whether the secret is in the environment alone.
    """
    monkeypatch.setattr(seasons, "SEASONS", folder)
    season, secret = open_season(NAME, (protocol,), date(2027, 3, 1))
    write_season(season)
    if hidden:
        monkeypatch.setenv(SECRET, secret)
    else:
        tell(secret)
    return secret


def tell(secret: str) -> None:
    """Ends it."""
    write_season(reveal_season(NAME, secret, date(2027, 6, 1)))
