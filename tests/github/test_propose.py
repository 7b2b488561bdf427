"""A pull request made through the API, read back from git."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from erasebench.cli.main import main
from erasebench.errors import RequestError
from erasebench.github.client import Github, GithubError
from erasebench.github.propose import propose
from tests.github.api_server import Api

BOARD = Path("leaderboard")
WORDS = {"branch": "row/some-org__esd_x/1", "title": "Row: some-org__esd_x", "body": "figures\n"}


@pytest.fixture
def checkout(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A checkout of a commit that has a leaderboard, as the working directory; the commit."""
    git = api.repository
    files: dict[str, bytes | None] = {
        "leaderboard/README.md": b"a board\n",
        "leaderboard/p/old.json": b"{}\n",
        "leaderboard/p/gone.json": b"{}\n",
    }
    git.point("main", git.commit(git.at("main"), files))
    for name, content in git.files(git.at("main")).items():
        path = tmp_path / "checkout" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.chdir(tmp_path / "checkout")
    return git.at("main")


def test_what_is_here_is_what_the_branch_has(api: Api, github: Github, checkout: str) -> None:
    """New, changed and removed files, text and pictures; nothing outside the folder."""
    (BOARD / "p" / "new.json").write_text("[1]\n")
    (BOARD / "p" / "new").mkdir()
    (BOARD / "p" / "new" / "0.webp").write_bytes(bytes(range(256)))
    (BOARD / "p" / "old.json").write_text("[]\n")
    (BOARD / "p" / "gone.json").unlink()
    Path("README.md").write_text("not this")
    proposal = propose(github, BOARD, checkout, **WORDS)
    head = api.repository.at(WORDS["branch"])

    assert proposal is not None
    assert proposal.changed == (
        "leaderboard/p/new/0.webp",
        "leaderboard/p/new.json",
        "leaderboard/p/old.json",
    )
    assert proposal.removed == ("leaderboard/p/gone.json",)
    assert api.repository.files(head) == {
        "README.md": b"a board\n",
        "leaderboard/README.md": b"a board\n",
        "leaderboard/p/new.json": b"[1]\n",
        "leaderboard/p/new/0.webp": bytes(range(256)),
        "leaderboard/p/old.json": b"[]\n",
    }
    assert api.repository.git("rev-parse", f"{head}^") == checkout
    assert (api.pulls[1].title, api.pulls[1].body) == (WORDS["title"], WORDS["body"])
    assert proposal.address.endswith("/pull/1")


def test_what_came_to_main_meanwhile_stays(api: Api, github: Github, checkout: str) -> None:
    """A row that was merged after the checkout is no row that is removed."""
    git = api.repository
    git.point("main", git.commit(checkout, {"leaderboard/p/other.json": b"{}\n"}))
    (BOARD / "p" / "new.json").write_text("[1]\n")
    propose(github, BOARD, checkout, **WORDS)
    merged = git.files(api.merge(1))

    assert {"leaderboard/p/other.json", "leaderboard/p/new.json"} <= merged.keys()


def test_a_second_attempt_moves_the_branch(api: Api, github: Github, checkout: str) -> None:
    """A step that is run again updates the first pull request and opens no second."""
    (BOARD / "p" / "new.json").write_text("[1]\n")
    first = propose(github, BOARD, checkout, **WORDS)
    (BOARD / "p" / "new.json").write_text("[2]\n")
    second = propose(github, BOARD, checkout, **WORDS | {"title": "Again", "body": "more\n"})

    assert first is not None
    assert second is not None
    assert first.address == second.address
    assert len(api.pulls) == 1
    assert (api.pulls[1].title, api.pulls[1].body) == ("Again", "more\n")
    assert api.repository.files(api.pulls[1].head)["leaderboard/p/new.json"] == b"[2]\n"


def test_nothing_changed_opens_nothing(api: Api, github: Github, checkout: str) -> None:
    """And writes nothing."""
    assert propose(github, BOARD, checkout, **WORDS) is None
    assert api.pulls == {}
    assert {method for method, _ in api.asked} == {"GET"}


@pytest.mark.parametrize("folder", [Path("/"), Path("leaderboard/../.."), Path("nowhere")])
def test_only_a_folder_of_the_repository(github: Github, checkout: str, folder: Path) -> None:
    """Nothing else of a machine is put into a pull request."""
    with pytest.raises(RequestError, match="not a folder of the repository"):
        propose(github, folder, checkout, **WORDS)


def test_a_link_is_not_followed(github: Github, checkout: str, tmp_path: Path) -> None:
    """What lies elsewhere stays there."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (BOARD / "p" / "link.json").symlink_to(secret)

    assert propose(github, BOARD, checkout, **WORDS) is None


def test_a_list_that_is_cut_short_is_no_list(api: Api, github: Github, checkout: str) -> None:
    """Files that were not listed would look like new ones."""
    tree = api.repository.git("rev-parse", f"{checkout}^{{tree}}")
    api.instead[f"git/trees/{tree}"] = (200, {"truncated": True, "tree": []})

    with pytest.raises(GithubError, match="does not list all files"):
        propose(github, BOARD, checkout, **WORDS)


def test_the_verb_prints_the_page(api: Api, checkout: str) -> None:
    """The last line is what to open; the text is shown as it is."""
    (BOARD / "p" / "new.json").write_text("[1]\n")
    Path("body").write_text("a **b**\n<c>\n")
    words = ["github", "propose", "leaderboard", "--commit", checkout, "--body", "body"]
    words += ["--branch", "row/x", "--title", "Row: x"]
    result = CliRunner(env=api.environment).invoke(main, words)
    again = CliRunner(env=api.environment).invoke(main, [*words, "--json"])

    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1].endswith("/pull/1")
    assert api.pulls[1].body == "    a **b**\n    <c>\n"
    assert json.loads(again.stdout)["changed"] == ["leaderboard/p/new.json"]
