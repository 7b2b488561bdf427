"""Data sets on the Hub, read by the library that is made for them, and its real client."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from erasebench.imagenet import IMAGENET_1K
from tests.hub.client_process import Client, client_of
from tests.hub.example_pictures import parquet_files
from tests.hub.hub_server import TOKEN, Hub, Repository

NAME = "some-org/pictures"
TRAIN = ("classifier", "train", "--concept", "church", "--json", "--data")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """Twenty pictures, in two files."""
    return parquet_files(tmp_path)


def test_a_classifier_learns_from_it(hub: Hub, files: dict[str, bytes], online: Client) -> None:
    """Both files are fetched at the commit that was named, not at what the branch holds now."""
    served: Repository = hub.add(NAME, files)
    commit = served.refs["main"]
    served.commit({"README.md": b"gone"})

    answer = online.run(*TRAIN, f"{NAME}@{commit}")

    assert answer.exit_code == 0, answer.stderr
    pictures = json.loads(answer.stdout)["pictures"]
    assert (pictures["pictures"], pictures["of"]) == (f"{NAME}@{commit}", 20)
    assert (pictures["label"], pictures["positives"]) == ("church, church building", 10)
    asked = [path for _, path, _ in hub.asked if "/resolve/" in path]
    assert all(f"/resolve/{commit}/" in path for path in asked)
    assert {path.rpartition("/")[2] for path in asked} >= {Path(name).name for name in files}


def test_a_gated_one_says_how_to_be_let_in(
    hub: Hub, files: dict[str, bytes], online: Client
) -> None:
    """Without a token, and with one that does not do; nothing of it is asked for."""
    name, _, commit = IMAGENET_1K.partition("@")
    served = hub.add(name, files)
    served.gated = True
    served.commits[commit] = files
    page = f"accept its conditions on its page: https://huggingface.co/datasets/{name}"

    stranger = online.run(*TRAIN, IMAGENET_1K)
    unwelcome = online.run(*TRAIN, IMAGENET_1K, HF_TOKEN=f"{TOKEN}_not")

    assert (stranger.exit_code, unwelcome.exit_code) == (2, 2)
    assert f"{IMAGENET_1K}: The repository is gated. No token is set" in stranger.stderr
    assert f"{IMAGENET_1K}: The repository is gated. The token in use" in unwelcome.stderr
    assert page in stranger.stderr
    assert page in unwelcome.stderr
    assert not [path for _, path, _ in hub.asked if "/resolve/" in path]


def test_a_gated_one_is_read_by_whoever_may(
    hub: Hub, files: dict[str, bytes], online: Client
) -> None:
    """The token is the usual one."""
    served = hub.add("other-org/gated", files)
    served.gated = True

    answer = online.run(*TRAIN, "other-org/gated", HF_TOKEN=TOKEN)

    assert answer.exit_code == 0, answer.stderr
    assert json.loads(answer.stdout)["pictures"]["of"] == 20


def test_what_is_not_there_is_told(hub: Hub, files: dict[str, bytes], online: Client) -> None:
    """No such data set, no such commit, no such split."""
    hub.add(NAME, files)

    absent = online.run(*TRAIN, "some-org/nothing")
    commit = online.run(*TRAIN, f"{NAME}@{'0' * 40}")
    split = online.run(*TRAIN, NAME, "--split", "test")

    assert (absent.exit_code, commit.exit_code, split.exit_code) == (2, 2, 2)
    assert "There is no such repository, or it is private" in absent.stderr
    assert "The repository has no such revision" in commit.stderr
    assert "No test split of labelled pictures was found" in split.stderr


def test_offline_no_other_commit_stands_in(
    hub: Hub, files: dict[str, bytes], tmp_path: Path
) -> None:
    """What was fetched is read again; of two commits that were, the one that is named, or none."""
    served = hub.add(NAME, files)
    commit = served.refs["main"]
    other = served.commit(dict(list(files.items())[:1]))
    home, cache = tmp_path / "home", {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    with client_of(hub.endpoint, home) as client:
        online = client.run(*TRAIN, f"{NAME}@{commit}", **cache)
    with client_of("http://127.0.0.1:9", home, offline=True) as client:
        again = client.run(*TRAIN, f"{NAME}@{commit}", **cache)
        strange = client.run(*TRAIN, f"{NAME}@{other}", **cache)

    assert online.exit_code == 0, online.stderr
    assert again.exit_code == 0, again.stderr
    assert strange.exit_code == 2
    assert f"The copy that is kept is of {commit}, and the Hub cannot be asked" in strange.stderr


def test_without_the_hub_nothing_stands_in(offline: Client) -> None:
    """A path may have been mistyped, or the network be gone."""
    answer = offline.run(*TRAIN, "some-org/never-fetched")

    assert answer.exit_code == 2
    assert "no copy of a data set of this name on the Hub is kept" in answer.stderr
