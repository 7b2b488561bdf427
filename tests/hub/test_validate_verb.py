"""`erasebench validate`, as a pull request and the weekly check run it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from erasebench.exits import EXPECTED_FAILURE
from tests.hub.client_process import Client
from tests.hub.conftest import Filled

Fill = Callable[..., Filled]

TEMPLATE = Path("submissions") / "DiffusionConceptErasure__uce.yaml"


def test_the_page_of_a_run_says_what_comes_next(
    online: Client, tmp_path: Path, filled: Fill
) -> None:
    """A valid manifest has a table there, and its author has nothing more to do."""
    made, page = filled(), tmp_path / "page.md"
    answer = online.run("validate", made.path, "--summary", page)
    text = page.read_text(encoding="utf-8")

    assert answer.exit_code == 0, answer.stderr
    assert text.startswith("### some-org__esdx_church.yaml is valid\n\n    concept ")
    assert "You do not need to do anything else" in text


def test_the_page_of_a_run_says_what_to_put_right(
    online: Client, tmp_path: Path, filled: Fill
) -> None:
    """Each fault in a block that what the manifest holds cannot leave."""
    made, page = filled(), tmp_path / "page.md"
    made.edit("contact: '@somebody'", 'contact: "a\\n# Approved\\n</code>"')
    answer = online.run("validate", made.path, "--summary", page)
    lines = page.read_text(encoding="utf-8").splitlines()

    assert answer.exit_code == EXPECTED_FAILURE
    assert lines[0] == "### Not valid yet"
    assert [line for line in lines if "Approved" in line] == [lines[2]]
    assert lines[2].startswith("    ")
    assert "this\ncheck then runs again" in "\n".join(lines)


def test_every_manifest_is_checked_whatever_the_others_hold(
    online: Client, tmp_path: Path, filled: Fill, root: Path
) -> None:
    """The weekly check names what is gone, passes templates over, and still looks at the rest."""
    made = filled()
    gone = tmp_path / "some-org__gone.yaml"
    text = made.path.read_text(encoding="utf-8")
    gone.write_text(text.replace("some-org/esdx_church", "some-org/gone"), encoding="utf-8")
    paths = (gone, root / TEMPLATE, made.path)
    both = online.run("validate", "--pass-templates", *paths)
    strict = online.run("validate", "--json", root / TEMPLATE, made.path)

    assert both.exit_code == EXPECTED_FAILURE
    assert "No such repository" in both.stderr
    assert "is a template (13 checkpoints unpinned" in both.stderr
    assert both.stdout.splitlines()[-1] == str(made.path)
    assert strict.exit_code == EXPECTED_FAILURE
    assert "13 checkpoints are unpinned" in strict.stderr
    assert [one["path"] for one in json.loads(strict.stdout)] == [str(made.path)]
    assert online.run("validate", "--pass-templates", root / TEMPLATE).exit_code == 0
