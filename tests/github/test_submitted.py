"""The manifest of a pull request and of a push, over HTTP from a real git repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from erasebench.cli.main import main
from erasebench.errors import RequestError
from erasebench.exits import EXPECTED_FAILURE
from erasebench.github.client import Github, GithubError, NotSubmittedError, github_from
from erasebench.github.submitted import manifest_in_pull_request, manifest_in_push
from erasebench.protocol import PICTOGRAM_V1
from tests.github.api_server import Api, Pull
from tests.github.git_repository import LINK
from tests.hub.example_manifest import MANIFEST
from tests.seasons import NAME as SEASON
from tests.seasons import opened as opened_season
from tests.seasons import tell

PLACE = "submissions/some-org__esd_x.yaml"
CONTENT = MANIFEST.encode()


def opened(api: Api, files: dict[str, bytes | None]) -> tuple[int, str]:
    """A pull request that changes some files, and its commit."""
    head = api.repository.commit(api.repository.at("main"), files)
    return api.open(Pull(head)), head


def test_of_a_pull_request(api: Api, github: Github) -> None:
    """The bytes at its newest commit are what comes back, also where main has moved on."""
    number, head = opened(api, {PLACE: CONTENT})
    git = api.repository
    git.point("main", git.commit(git.at("main"), {"CHANGELOG.md": b"news\n"}))
    found = manifest_in_pull_request(github, number, head)

    assert (found.name, found.status, found.content) == (PLACE, "added", CONTENT)


def test_of_a_merged_pull_request(api: Api, github: Github) -> None:
    """What is in can be evaluated again by its number."""
    number, head = opened(api, {PLACE: CONTENT})
    api.merge(number)

    assert manifest_in_pull_request(github, number, head).content == CONTENT


def test_of_a_push(api: Api, github: Github) -> None:
    """A merge adds one manifest; a changed one is distinguished from a new one."""
    before = api.repository.at("main")
    number, _ = opened(api, {PLACE: CONTENT})
    first = api.merge(number)
    number, _ = opened(api, {PLACE: CONTENT + b"# more\n"})
    second = api.merge(number)

    assert manifest_in_push(github, before, first).status == "added"
    assert manifest_in_push(github, first, second).status == "modified"
    assert manifest_in_push(github, first, second).content == CONTENT + b"# more\n"


def test_what_was_pushed_after_the_look_is_not_taken(api: Api, github: Github) -> None:
    """A maintainer who has looked at one commit does not evaluate the next."""
    number, head = opened(api, {PLACE: CONTENT})
    api.pulls[number].head = api.repository.commit(head, {PLACE: b"other"})

    with pytest.raises(NotSubmittedError, match="newer commits"):
        manifest_in_pull_request(github, number, head)


def test_what_changes_between_two_answers_is_not_taken(api: Api, github: Github) -> None:
    """The content must be the file that was listed, by git's digest."""
    number, head = opened(api, {PLACE: CONTENT})
    listed = api.changed(api.repository.at("main"), head)
    api.instead[f"pulls/{number}/files"] = (200, [listed[0] | {"sha": "0" * 40}])

    with pytest.raises(GithubError, match="the file is a link, or has changed"):
        manifest_in_pull_request(github, number, head)


def test_a_link_is_no_manifest(api: Api, github: Github) -> None:
    """What points elsewhere is refused, whatever lies there."""
    git = api.repository
    tree = git.tree(git.at("main"), {PLACE: (LINK, git.blob(b"../README.md"))})
    head = git.commit_tree(tree, (git.at("main"),), "a link")

    with pytest.raises(NotSubmittedError, match="is a 'symlink'; a manifest must be a plain file"):
        manifest_in_pull_request(github, api.open(Pull(head)), head)


@pytest.mark.parametrize("size", [300_000, 2_000_000])
def test_a_long_file_is_no_manifest(api: Api, github: Github, size: int) -> None:
    """It is refused by its size, before anything reads it."""
    number, head = opened(api, {PLACE: b"#" * size})

    with pytest.raises(NotSubmittedError, match=f"has {size} bytes"):
        manifest_in_pull_request(github, number, head)


def test_code_beside_a_manifest_is_seen(api: Api, github: Github) -> None:
    """By the list of the API, whatever the pull request calls itself."""
    number, head = opened(api, {PLACE: CONTENT, "Makefile": b"all:\n"})

    with pytest.raises(NotSubmittedError, match="2 files are changed: 'Makefile'"):
        manifest_in_pull_request(github, number, head)


def test_a_pull_request_that_is_closed_or_goes_elsewhere(api: Api, github: Github) -> None:
    """The message names both."""
    number, head = opened(api, {PLACE: CONTENT})
    api.pulls[number].state = "closed"
    with pytest.raises(NotSubmittedError, match="is closed"):
        manifest_in_pull_request(github, number, head)
    api.pulls[number].state, api.pulls[number].base = "open", "gh-pages"
    with pytest.raises(NotSubmittedError, match="targets 'gh-pages'"):
        manifest_in_pull_request(github, number, head)


@pytest.mark.parametrize("commit", ["main", "0" * 39, "refs/heads/main", "0" * 40 + "\n"])
def test_a_branch_is_no_commit(github: Github, commit: str) -> None:
    """What can move is not evaluated."""
    with pytest.raises(RequestError, match="is not a commit"):
        manifest_in_pull_request(github, 1, commit)
    with pytest.raises(RequestError, match="is not a commit"):
        manifest_in_push(github, commit, "0" * 40)


def test_what_github_does_not_give_is_told(api: Api, github: Github) -> None:
    """Unknown number, no access, no answer, no JSON: each has its message."""
    nobody = github_from({**api.environment, "GITHUB_TOKEN": ""})
    stranger = github_from({**api.environment, "GITHUB_TOKEN": "x"})
    nowhere = github_from({**api.environment, "GITHUB_API_URL": "http://127.0.0.1:9"})
    api.instead["pulls/2"] = (200, {"state": "open", "head": {}, "base": {"ref": "main"}})
    api.instead["pulls/3"] = (503, {"message": "Unicorn\n"})
    for asked, number, words in (
        (github, 1, r"status 404 \(Not Found\)\. Check number"),
        (nobody, 1, "Set GITHUB_TOKEN"),
        (stranger, 1, "The token lacks a permission"),
        (nowhere, 1, "GitHub cannot be reached"),
        (github, 2, "Unexpected answer: head.sha: Field required"),
        (github, 3, r"status 503 \(Unicorn\)"),
    ):
        with pytest.raises(GithubError, match=words):
            manifest_in_pull_request(asked, number, "0" * 40)
    assert "ghs_" not in repr(github)


def test_a_repository_must_be_named() -> None:
    """Outside a workflow somebody has to say which."""
    for name in ("", "board", "a/b/c", "a/b?x=y"):
        with pytest.raises(RequestError, match="set it to owner/name"):
            github_from({"GITHUB_REPOSITORY": name})


def run(api: Api, *words: str | Path) -> Result:
    """`erasebench github manifest` as a workflow runs it."""
    return CliRunner(env=api.environment).invoke(main, ["github", "manifest", *map(str, words)])


def test_the_verb_lays_it_down_and_tells_the_next_steps(api: Api, tmp_path: Path) -> None:
    """By its digest and the protocol's; what the outputs name is where the files are."""
    number, head = opened(api, {PLACE: CONTENT})
    outputs = tmp_path / "outputs"
    words = ("--pull-request", str(number), "--commit", head, "--into", tmp_path / "in")
    result = run(api, *words, "--outputs", outputs)
    facts = dict(line.split("=") for line in outputs.read_text().splitlines())
    path = Path(facts["manifest"])

    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == str(path)
    assert path.read_bytes() == CONTENT
    assert facts["name"] == "some-org__esd_x"
    assert Path(facts["run"]) == path.parent / PICTOGRAM_V1.digest[:16]
    assert json.loads(run(api, *words, "--json").stdout)["manifest"] == str(path)


def test_a_changed_manifest_lies_elsewhere(api: Api, tmp_path: Path) -> None:
    """A run of the old one is never taken up by the new one."""
    places = set()
    for content in (CONTENT, CONTENT + b"\n"):
        number, head = opened(api, {PLACE: content})
        words = ("--pull-request", str(number), "--commit", head, "--into", tmp_path)
        places.add(run(api, *words).stdout.splitlines()[-1])

    assert len(places) == 2


def test_a_refusal_is_on_the_page_of_the_run(api: Api, tmp_path: Path) -> None:
    """In a block that what others wrote cannot leave, with what to do below it."""
    number, head = opened(api, {PLACE: CONTENT, "</code>\n# Approved\n<!--": b""})
    summary = tmp_path / "summary.md"
    result = run(
        api,
        "--pull-request",
        str(number),
        "--commit",
        head,
        "--into",
        tmp_path,
        "--summary",
        summary,
    )
    lines = summary.read_text().splitlines()

    assert result.exit_code == EXPECTED_FAILURE
    assert lines[0] == "### Not a submission yet"
    assert lines[2].startswith("    2 files are changed: '</code>")
    assert [line for line in lines if "Approved" in line] == [lines[2]]
    assert "Change the pull request as the message says" in lines[4]


def test_one_of_two_is_asked_for(api: Api, tmp_path: Path) -> None:
    """A pull request or a push, not both and not neither."""
    for words in ((), ("--pull-request", "1", "--since", "0" * 40)):
        result = run(api, *words, "--commit", "0" * 40, "--into", tmp_path)

        assert result.exit_code == EXPECTED_FAILURE
        assert "Give either --pull-request or, for a push, --since" in result.stderr


@pytest.mark.parametrize(("held", "told"), [(PICTOGRAM_V1.name, SEASON), ("sd14-v1", "")])
def test_the_season_that_is_open_is_that_of_its_protocols(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str, told: str
) -> None:
    """A run on its seeds lies apart; a manifest of another protocol goes on public seeds."""
    secret = opened_season(tmp_path / "seasons", held, monkeypatch)
    number, head = opened(api, {PLACE: CONTENT})
    words = ("--pull-request", str(number), "--commit", head, "--into", tmp_path / "into")
    done = run(api, *words, "--season", SEASON, "--json")
    facts = json.loads(done.stdout)

    assert facts["season"] == told
    assert (Path(facts["run"]).name == SEASON) == bool(told)
    assert secret not in done.output


def test_nothing_is_evaluated_on_a_season_that_is_over(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its seeds are public by then, and the row would be listed with earlier ones."""
    tell(opened_season(tmp_path / "seasons", PICTOGRAM_V1.name, monkeypatch))
    number, head = opened(api, {PLACE: CONTENT})
    words = ("--pull-request", str(number), "--commit", head, "--into", tmp_path / "into")
    done = run(api, *words, "--season", SEASON)

    assert done.exit_code == EXPECTED_FAILURE
    assert f"Season {SEASON} ended on 2027-06-01" in done.stderr
    assert not (tmp_path / "into").exists()


def test_a_name_like_another_is_refused(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their rows and statuses would share a file; the same manifest may be submitted again."""
    monkeypatch.chdir(tmp_path)
    number, head = opened(api, {PLACE: CONTENT})
    words = ("--pull-request", str(number), "--commit", head, "--into", "into")
    there = tmp_path / PLACE
    there.parent.mkdir()
    there.write_bytes(CONTENT)
    again = run(api, *words)
    there.rename(there.with_name("some.org__esd_x.yaml"))
    done = run(api, *words)

    assert again.exit_code == 0, again.output
    assert done.exit_code == EXPECTED_FAILURE
    assert "'some-org__esd_x' and the existing 'some.org__esd_x' differ only" in done.stderr
