"""Paths that workflows and code owners name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

MANIFEST = "submissions/some-org__esd_x.yaml"
ATTACK = "submissions/attacks/my_words.yaml"
EMBEDDINGS = "submissions/attacks/my_words.safetensors"


def _starts(root: Path, workflow: str, event: str, *changed: str) -> bool:
    """Whether a change starts a workflow: the last matching pattern of each path decides."""
    text = (root / ".github" / "workflows" / f"{workflow}.yml").read_text(encoding="utf-8")
    # YAML 1.1 reads the key `on` as a boolean.
    patterns: list[str] = yaml.safe_load(text)[True][event]["paths"]
    return any(_allowed(patterns, path) for path in changed)


def _allowed(patterns: list[str], path: str) -> bool:
    matching = [one for one in patterns if _regex(one.removeprefix("!")).fullmatch(path)]
    return bool(matching) and not matching[-1].startswith("!")


def _regex(pattern: str) -> re.Pattern[str]:
    """GitHub's glob: `*` stays inside a folder, `**` does not."""
    parts = re.split(r"(\*\*|\*)", pattern)
    return re.compile("".join({"**": ".*", "*": "[^/]*"}.get(one, re.escape(one)) for one in parts))


@pytest.mark.parametrize(
    ("changed", "validated", "evaluated"),
    [
        ((MANIFEST,), True, True),
        ((ATTACK,), False, False),
        ((ATTACK, EMBEDDINGS), False, False),
        ((MANIFEST, ATTACK), True, True),
        (("submissions/misplaced/some-org__esd_x.yaml",), True, False),
        (("benchmark/erasebench/disk.py",), False, False),
    ],
)
def test_manifests_start_workflows_and_attacks_do_not(
    root: Path, changed: tuple[str, ...], validated: bool, evaluated: bool
) -> None:
    """Attacks lie below `submissions/`, but are replayed by hand."""
    assert _starts(root, "validate", "pull_request", *changed) == validated
    assert _starts(root, "evaluate", "push", *changed) == evaluated


def test_the_site_is_built_again_after_each_change_that_it_shows(root: Path) -> None:
    """Manifests change the list of submissions; attacks are shown by their replays."""
    assert _starts(root, "pages", "push", MANIFEST)
    assert _starts(root, "pages", "push", "leaderboard/p/esd_x.attacks/my_words.json")
    assert not _starts(root, "pages", "push", ATTACK)


def test_each_path_with_an_owner_exists(root: Path) -> None:
    """A folder that was moved would silently lose its reviewers."""
    lines = (root / ".github" / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    paths = [line.split()[0] for line in lines if line.startswith("/")]

    assert [path for path in paths if not (root / path.lstrip("/")).exists()] == []
    assert {f"/benchmark/erasebench/{name}/" for name in ("hub", "manifest", "submission")} <= set(
        paths
    )
