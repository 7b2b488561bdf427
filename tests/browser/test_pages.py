"""The site as a browser shows it: layout that only a browser can know."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from erasebench.board.build import build_site
from tests.board.example_run import Example, example_result

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BROWSERS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)

DESKTOP, PHONE = 1280, 390


@pytest.fixture(scope="module")
def browser() -> str:
    """A Chromium."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    pytest.skip(f"needs one of {', '.join(BROWSERS)}, e.g. from the Debian package chromium")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with one submission."""
    run, site = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("site")
    example_result(Example(), limit=8, folder=run)
    build_site([run], site)
    return site


@pytest.mark.parametrize(
    "page", ["index.html", "pictogram-v1/esd_x_church.html", "docs/pictogram.html"]
)
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_page_is_no_wider_than_the_window(
    browser: str, site: Path, tmp_path: Path, page: str, width: int
) -> None:
    """Tables scroll inside their boxes; the page itself never scrolls sideways.

    Chromium cannot be asked for a width without a script, which the pages' own policy forbids, so
    the page is looked at in a frame wide enough to show what sticks out of it.
    """
    frame = _framed(site / page, tmp_path, width)
    picture = _screenshot(browser, frame, tmp_path, 2 * width, 900)

    outside = picture[:, width + 20 :]
    assert np.ptp(outside.reshape(-1, 3), axis=0).max() == 0


def test_style_and_pictures_are_let_through_by_the_policy(
    browser: str, site: Path, tmp_path: Path
) -> None:
    """The page is not blank, has the sheet's paper colour, and shows the drawings."""
    picture = _screenshot(
        browser, site / "pictogram-v1" / "esd_x_church.html", tmp_path, DESKTOP, 3000
    )

    assert tuple(picture[5, 5]) == (0xFB, 0xFA, 0xF8)
    saturation = np.ptp(picture.astype(int), axis=2)
    assert np.mean(saturation > 60) > 0.02


def test_dark_setting_gives_a_dark_page(browser: str, site: Path, tmp_path: Path) -> None:
    """The reader's own setting decides."""
    picture = _screenshot(
        browser,
        site / "index.html",
        tmp_path,
        DESKTOP,
        900,
        "--blink-settings=preferredColorScheme=0",
    )

    assert picture[5, 5].max() < 40


def test_console_reports_nothing(browser: str, site: Path, tmp_path: Path) -> None:
    """No blocked style, no missing file, no violated policy."""
    finished = subprocess.run(
        [
            browser,
            *QUIET,
            f"--user-data-dir={tmp_path / 'profile'}",
            "--enable-logging=stderr",
            "--v=0",
            "--dump-dom",
            (site / "pictogram-v1" / "esd_x_church.html").as_uri(),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert "What the probes still find" in finished.stdout
    assert re.findall(r"CONSOLE.*", finished.stderr) == []


def _framed(page: Path, folder: Path, width: int) -> Path:
    frame = folder / "frame.html"
    frame.write_text(
        f'<body style="margin:0"><iframe src="{page.as_uri()}" scrolling="no" '
        f'style="border:0;width:{width}px;height:900px"></iframe>',
        encoding="utf-8",
    )
    return frame


def _screenshot(
    browser: str, page: Path, folder: Path, width: int, height: int, *options: str
) -> np.ndarray:
    """The page as uint8 (height, width, 3)."""
    target = folder / "page.png"
    subprocess.run(
        [
            browser,
            *QUIET,
            *options,
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={width},{height}",
            f"--screenshot={target}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return np.asarray(Image.open(io.BytesIO(target.read_bytes())).convert("RGB"))
