"""README: its values are those of the leaderboard, its commands exist, and it is short."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from erasebench.cli.main import VERBS

MOST_WORDS = 700
"""Above the heading of the licence, as `wc -w` counts."""

pytestmark = pytest.mark.usefixtures("own_cache")


def write(root: Path, readme: Path) -> subprocess.CompletedProcess[str]:
    """Runs the command that fills a README from the leaderboard of the checkout."""
    command = [sys.executable, "benchmark/figures/readme.py", str(readme)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_its_values_are_the_leaderboard_s(root: Path, tmp_path: Path) -> None:
    """The command restores README from one in which each digit of its parts is another."""
    text = (root / "README.md").read_text(encoding="utf-8")
    copy = tmp_path / "README.md"
    part = r"(?s)(?<=readme.py -->\n).*?(?=\n<!-- /)"
    altered = re.sub(part, lambda found: re.sub(r"\d", "x", found[0]), text)
    copy.write_text(altered, encoding="utf-8")
    done = write(root, copy)

    assert (done.returncode, done.stdout) == (0, f"{copy}\n")
    assert altered.count("x") > text.count("x") + 50
    assert copy.read_text(encoding="utf-8") == text, "run: python benchmark/figures/readme.py"


def test_a_missing_mark_is_named(root: Path, tmp_path: Path) -> None:
    """Nothing is written where the command does not find its place."""
    copy = tmp_path / "README.md"
    copy.write_text("<!-- example: here -->\n<!-- /example -->\n", encoding="utf-8")
    done = write(root, copy)

    assert done.returncode != 0
    assert "README has 0 pairs of <!-- table: … -->" in done.stderr
    assert copy.read_text(encoding="utf-8") == "<!-- example: here -->\n<!-- /example -->\n"


def test_it_is_short(root: Path) -> None:
    """Its parts from the leaderboard included."""
    above, _, below = (root / "README.md").read_text(encoding="utf-8").partition("\n## Licence\n")

    assert below
    assert len(above.split()) <= MOST_WORDS


def test_its_commands_exist(root: Path) -> None:
    """Every verb and option of `erasebench`, and every target of make."""
    text = (root / "README.md").read_text(encoding="utf-8")
    lines = [
        shlex.split(line, comments=True)
        for block in re.findall(r"(?ms)^```sh\n(.*?)^```$", text)
        for line in block.splitlines()
    ]
    calls = [words[1:] for words in lines if words[:1] == ["erasebench"]]
    targets = {words[1] for words in lines if words[:1] == ["make"]}
    made = set(re.findall(r"(?m)^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8")))

    assert len(calls) > 5
    assert [words for words in calls if words[0] not in VERBS] == []
    assert {" ".join(words) for words in calls if _unknown(words)} == set()
    assert targets
    assert targets <= made


def _unknown(words: list[str]) -> list[str]:
    """Options of a call that its command does not have."""
    command = import_module(f"erasebench.cli.{words[0]}").command
    rest = words[1:]
    while isinstance(command, click.Group):
        command, rest = command.commands[rest[0]], rest[1:]
    known = {name for parameter in command.params for name in parameter.opts}
    return [word for word in rest if word.startswith("-") and word not in known]
