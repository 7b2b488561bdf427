"""Data sets on the Hub, read by the library that is made for them, and its real client."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from erasebench.imagenet import IMAGENET_1K
from tests.hub.client_process import Client, environment_of
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
    page = f"accept its conditions: https://huggingface.co/datasets/{name}"

    stranger = online.run(*TRAIN, IMAGENET_1K)
    unwelcome = online.run(*TRAIN, IMAGENET_1K, HF_TOKEN=f"{TOKEN}_not")

    assert (stranger.exit_code, unwelcome.exit_code) == (2, 2)
    assert f"{IMAGENET_1K}: The repository is gated. No token is set" in stranger.stderr
    assert f"{IMAGENET_1K}: The repository is gated. The current token" in unwelcome.stderr
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
    assert "No such repository, or it is private" in absent.stderr
    assert "The repository has no such revision" in commit.stderr
    assert "No test split of labelled images was found" in split.stderr


def run_apart(script: str, hub: Hub, root: Path, folder: Path, *words: object) -> str:
    """What a script prints in a process of its own, whose Hub is the served one."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, words)],
        cwd=root,
        env=environment_of(hub.endpoint, folder / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


KEPT = """
import socket
import sys

from huggingface_hub import close_session

from erasebench.classifier_training.data_set import open_data_set
from erasebench.classifier_training.datasets_download import fetch_data_set, is_here
from erasebench.hub.errors import HubOfflineError

name, old, new, unseen = sys.argv[1:]
places = [f"{name}@{old}", f"{name}@{new}"]
assert not any(map(is_here, places))
assert [fetch_data_set(place) for place in (places[0], name)] == places
assert all(map(is_here, places)) and not is_here(name)

def refuse(*arguments, **options):
    raise ConnectionRefusedError

close_session()
socket.socket.connect = socket.socket.connect_ex = refuse
print(*(len(open_data_set(fetch_data_set(place), "train")) for place in places))
for place in (f"{name}@{unseen}", f"{name}@main", name):
    try:
        fetch_data_set(place)
    except HubOfflineError as error:
        print(error)
"""
"""Fetches two commits, one of them as what the branch holds; then there is no network."""


def test_offline_no_other_commit_stands_in(
    hub: Hub, files: dict[str, bytes], root: Path, tmp_path: Path
) -> None:
    """Of two commits that are kept each is read again, and no other; a branch is refused."""
    served = hub.add(NAME, files)
    old = served.refs["main"]
    new = served.commit(dict(list(files.items())[:1]))

    printed = run_apart(KEPT, hub, root, tmp_path, NAME, old, new, "0" * 40)

    sizes, unseen, branch, unnamed = printed.splitlines()
    assert sizes == "20 10"
    assert "and the Hub cannot be asked for the commit that was named" in unseen
    assert all(commit in line for commit in (old, new) for line in (unseen, branch, unnamed))
    assert branch.startswith(f"{NAME}@main: The Hub cannot be asked for the commit")
    assert f"name it as {NAME}@COMMIT" in unnamed


RUN = """
import socket
import sys
from dataclasses import replace
from pathlib import Path

from huggingface_hub import close_session

from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.run.latent_classifiers import fetch_photographs
from erasebench.evaluation.forecast.profile import profile
from erasebench.evaluation.plan.request import request
from tests.evaluation.tiny_run import make_tiny_world

name, commit, folder = sys.argv[1:]
place = Path(folder)
world = make_tiny_world(place / "world")
protocol = replace(world.protocol, name="distant", photographs=f"{name}@{commit}")
asked = request(
    world.edit,
    concepts=("church",),
    probes=("classifier_guidance",),
    limit=2,
    protocol=protocol,
    folder=place / "run",
    data=name,
)
before = profile(asked, place / "cache", references=None)
assert not (place / "home" / "datasets").exists()
(fetched,) = fetch_photographs([asked])

class Tried(BaseException):
    pass

def refuse(*arguments, **options):
    raise Tried(arguments)

# What is open already would serve unseen.
close_session()
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
result = evaluate(fetched, place / "cache", references=None)
print(before.lines[-1])
print(result.partial)
print(profile(fetched, place / "cache", references=None).lines[-1])
"""
"""Looks ahead, fetches, and then ends at the first attempt to connect."""


def test_a_run_asks_for_no_photograph(
    hub: Hub, files: dict[str, bytes], root: Path, tmp_path: Path
) -> None:
    """Neither does its profile; downloads in between are announced and read by commit."""
    commit = hub.add(NAME, files).refs["main"]

    printed = run_apart(RUN, hub, root, tmp_path, NAME, commit, tmp_path)

    before, partial, after = printed.splitlines()
    assert before.startswith("Not included: download of the training photographs")
    assert f"latent classifiers, {NAME} (size unknown)" in before
    assert f"trained on {NAME}@{commit}" in partial
    assert "photographs" not in after


def test_without_the_hub_nothing_stands_in(offline: Client) -> None:
    """A path may have been mistyped, or the network be gone."""
    answer = offline.run(*TRAIN, "some-org/never-fetched")

    assert answer.exit_code == 2
    assert "no downloaded data set of this name" in answer.stderr
