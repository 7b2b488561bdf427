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

from erasebench.board.pages.build import build_site
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

FITS = (0, 200, 0)
"""The colour, RGB, of a page that is as wide as its window."""


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
    """Tables scroll inside their boxes; the page itself never scrolls sideways."""
    picture = _screenshot(browser, _measuring(site / page, width), tmp_path, width, 900)

    assert picture.shape == (900, width, 3)
    assert tuple(picture[450, 5]) == FITS


def test_style_and_pictures_are_let_through_by_the_policy(
    browser: str, site: Path, tmp_path: Path
) -> None:
    """The page is not blank, has the sheet's paper colour, and shows the drawings."""
    picture = _screenshot(
        browser, site / "pictogram-v1" / "esd_x_church.html", tmp_path, DESKTOP, 8000
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
    page = site / "pictogram-v1" / "esd_x_church.html"
    finished = _run(browser, tmp_path, "--enable-logging=stderr", "--dump-dom", page)

    assert "Recovery by probe" in finished.stdout
    assert re.findall(r"CONSOLE.*", finished.stderr) == []


def _measuring(page: Path, width: int) -> Path:
    """A copy of a page, beside it, painted over in a colour that says whether it fits.

    The pages' own policy forbids scripts, so the copy is without it. The window has its size only
    when the picture is taken, so the colour is set whenever it changes.
    """
    text = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text(encoding="utf-8"))
    script = f"""
<div id="lid" style="inset: 0; position: fixed; z-index: 9"></div>
<script>
function paint() {{
  const fits = innerWidth === {width} && document.documentElement.scrollWidth === {width};
  document.getElementById("lid").style.background = fits ? "rgb{FITS}" : "red";
}}
addEventListener("load", paint);
addEventListener("resize", paint);
</script></body>"""
    copy = page.with_name("measured.html")
    copy.write_text(text.replace("</body>", script), encoding="utf-8")
    return copy


def _screenshot(
    browser: str, page: Path, folder: Path, width: int, height: int, *options: str
) -> np.ndarray:
    """The page as uint8 (height, width, 3)."""
    target = folder / "page.png"
    size = f"--window-size={width},{height}"
    _run(browser, folder, *options, size, f"--screenshot={target}", page)
    return np.asarray(Image.open(io.BytesIO(target.read_bytes())).convert("RGB"))


def _run(browser: str, folder: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the browser on a page, the last of the options."""
    *flags, page = options
    assert isinstance(page, Path)
    profile = f"--user-data-dir={folder / 'profile'}"
    return subprocess.run(
        [browser, *QUIET, profile, *map(str, flags), page.as_uri()],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
