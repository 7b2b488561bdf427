"""Data sets on the Hub, read by the library that is made for them, and its real client."""

from __future__ import annotations

import json
from pathlib import Path

import datasets
import pytest
from PIL import Image

from erasebench.imagenet import IMAGENET_1K, IMAGENETTE
from tests.hub.client_process import Client
from tests.hub.hub_server import TOKEN, Hub, Repository

NAME = "some-org/pictures"
TRAIN = ("classifier", "train", "--concept", "church", "--json", "--data")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """Twenty pictures, half of them churches by Imagenette's names, in two parquet files."""
    names = [one.words for one in IMAGENETTE]
    features = datasets.Features(image=datasets.Image(), label=datasets.ClassLabel(names=names))
    found = {}
    for part in range(2):
        rows = {
            "image": [Image.new("L", (8, 8), 100 * part + at) for at in range(10)],
            "label": [4 if at % 2 else 0 for at in range(10)],
        }
        path = tmp_path / f"{part}.parquet"
        datasets.Dataset.from_dict(rows, features=features).to_parquet(path)
        found[f"data/train-0000{part}-of-00002.parquet"] = path.read_bytes()
    return found


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


def test_without_the_hub_nothing_stands_in(offline: Client) -> None:
    """A path may have been mistyped, or the network be gone."""
    answer = offline.run(*TRAIN, "some-org/never-fetched")

    assert answer.exit_code == 2
    assert "no copy of a data set of this name on the Hub is kept" in answer.stderr
