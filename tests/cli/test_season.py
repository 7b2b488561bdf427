"""`erasebench season`: its output, its files, and their permissions."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from erasebench.cli.main import main
from erasebench.exits import EXPECTED_FAILURE
from erasebench.protocol.seeds import digest_of_secret

NAME = "2027-spring"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def season(*words: str, stdin: str | None = None) -> Result:
    """Runs the command with a folder of seasons of its own."""
    return CliRunner().invoke(main, ["season", *words, "--into", "seasons"], input=stdin)


def published() -> dict[str, object]:
    """The published file of a season."""
    content: dict[str, object] = json.loads(Path(f"seasons/{NAME}.json").read_text())
    return content


def test_stdout_is_the_secret_alone() -> None:
    """So it can be piped to a secret store and is not written to disk."""
    done = season("new", NAME)
    secret = done.stdout.strip()

    assert done.exit_code == 0
    assert done.stdout == f"{secret}\n"
    assert published()["digest"] == digest_of_secret(NAME, secret)
    assert published()["protocols"] == ["sd14-v1"]
    assert done.stderr == f"seasons/{NAME}.json\n"
    assert [path.name for path in Path().rglob("*") if path.is_file()] == [f"{NAME}.json"]


def test_a_file_with_the_secret_is_its_owners() -> None:
    """Mode 0600; the secret is not printed, and the last line is the file to commit."""
    done = season("new", NAME, "-o", "keep/secret.txt")
    file = Path("keep/secret.txt")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert published()["digest"] == digest_of_secret(NAME, file.read_text().strip())
    assert file.read_text().strip() not in done.output
    assert done.stdout.splitlines()[-1] == f"seasons/{NAME}.json"


def test_no_file_is_written_over() -> None:
    """It may hold another season's secret; nothing is published then."""
    Path("secret.txt").write_text("older\n")
    done = season("new", NAME, "-o", "secret.txt")

    assert done.exit_code == EXPECTED_FAILURE
    assert "secret.txt cannot be written: File exists" in done.stderr
    assert Path("secret.txt").read_text() == "older\n"
    assert not Path("seasons").exists()


def test_a_season_that_cannot_be_written_leaves_no_secret() -> None:
    """It would belong to no season, and its file would block the next attempt."""
    Path("taken").write_text("no folder\n")
    words = ["season", "new", NAME, "-o", "secret.txt", "--into", "taken/seasons"]
    done = CliRunner().invoke(main, words)

    assert done.exit_code == EXPECTED_FAILURE
    assert "cannot be written" in done.stderr
    assert not Path("secret.txt").exists()
    assert season("new", NAME, "-o", "secret.txt").exit_code == 0


def test_json_says_where_the_secret_is() -> None:
    """JSON has the secret itself, or the path of its file."""
    told = json.loads(season("new", NAME, "--json").stdout)
    kept = json.loads(season("new", "2027-autumn", "--json", "-o", "secret.txt").stdout)

    assert told["digest"] == digest_of_secret(NAME, told["secret"])
    assert kept.keys() == {"path", "digest", "secret_file"}


@pytest.mark.parametrize("way", ["secret.txt", "-"])
def test_the_revealed_secret_matches_the_published_digest(way: str) -> None:
    """It is read from a file or stdin and added to the published file."""
    secret = season("new", NAME).stdout
    Path("secret.txt").write_text(secret)
    before = published()
    done = season("reveal", NAME, "--secret", way, stdin=secret)

    assert done.stdout == f"seasons/{NAME}.json\n"
    assert published()["revealed"] == secret.strip()
    assert published()["closed"] is not None
    assert published()["digest"] == before["digest"]


def test_another_secret_is_refused() -> None:
    """The published file stays unchanged."""
    season("new", NAME)
    before = published()
    done = season("reveal", NAME, "--secret", "-", stdin="ab" * 32)

    assert done.exit_code == EXPECTED_FAILURE
    assert "not the secret of season 2027-spring" in done.stderr
    assert published() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("new", "spring"), "is not a valid season name"),
        (("new", NAME, "--protocol", "sd15-v1"), "Did you mean 'sd14-v1'"),
        (("reveal", NAME, "--secret", "-"), "has no seasons"),
    ],
)
def test_a_wrong_word_is_refused_in_one_line(words: tuple[str, ...], said: str) -> None:
    """The message names the value found and the allowed ones; nothing is written."""
    done = season(*words)

    assert done.exit_code == EXPECTED_FAILURE
    assert said in done.stderr
    assert done.stdout == ""
    assert not Path("seasons").exists()
