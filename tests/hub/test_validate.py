"""Pinning and validating over HTTP: by headers alone a manifest is made, and each fault found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from erasebench.manifest.manifest import UNPINNED
from erasebench.manifest.manifest_file import load_manifest
from erasebench.protocol import PICTOGRAM_V1
from erasebench.submission.base_tensors import open_base
from tests.hub.client_process import Client
from tests.hub.conftest import TEXT, UNET, Filled, diff_of, fetched_files
from tests.hub.hub_server import Hub

Fill = Callable[..., Filled]


def test_pin_then_validate(hub: Hub, online: Client, tmp_path: Path, filled: Fill) -> None:
    """A name becomes a manifest; filled in, it is valid; no weights were fetched for it."""
    made = filled()
    answer = online.run("validate", made.path)
    source = load_manifest(made.path).checkpoints["church"]

    assert answer.exit_code == 0, answer.stderr
    assert answer.stdout.splitlines()[-1] == str(made.path)
    assert source.revision == made.repository.refs["main"]
    assert source.layout == "diff"
    assert list(source.files) == ["church.safetensors"]
    assert all(asked for method, _, asked in hub.asked if method == "GET" and "resolve" in _)
    assert fetched_files(tmp_path) == set()


def test_headers_are_all_that_is_read(
    hub: Hub, online: Client, filled: Fill, unet: bytes, text_encoder: bytes
) -> None:
    """Of 8 MB of tensors a hundredth part is asked for, by ranges."""
    made = filled({UNET: unet, TEXT: text_encoder})
    answer = online.run("validate", made.path, "--json")
    (checked,) = json.loads(answer.stdout)["checkpoints"]
    asked = [asked for method, path, asked in hub.asked if method == "GET" and "/resolve/" in path]

    assert answer.exit_code == 0, answer.stderr
    assert checked["layout"] == "pipeline"
    assert checked["size"] == len(unet) + len(text_encoder)
    assert asked
    assert all(one is not None and int(one.split("-")[1]) <= 128 * 1024 for one in asked)


def test_a_server_that_hears_no_ranges_does_not_fill_the_memory(
    online: Client, filled: Fill, unet: bytes
) -> None:
    """The header is taken from the start of the body, and the rest is not read."""
    made = filled({UNET: unet})
    made.repository.deaf = True
    answer = online.run("validate", made.path)

    assert answer.exit_code == 0, answer.stderr


def test_a_fresh_manifest_says_what_is_to_be_filled_in(
    hub: Hub, online: Client, tmp_path: Path, diff: bytes
) -> None:
    """Only the author knows method, licence and contact; each fault has its line."""
    hub.add("some-org/mine_church", {"w.safetensors": diff})
    path = tmp_path / "some-org__mine.yaml"
    pinned = online.run("pin", "some-org/mine_church", "-o", path)
    again = online.run("pin", "some-org/mine_church", "-o", path)
    answer = online.run("validate", path)

    assert pinned.exit_code == 0, pinned.stderr
    assert pinned.stdout.splitlines()[-1] == str(path)
    assert "3 faults" in answer.stderr
    assert all(f"fill in {key}" in answer.stderr for key in ("method", "licence"))
    assert "It exists already" in again.stderr
    assert answer.exit_code == again.exit_code == 2


def test_one_name_covers_every_concept_that_there_is(
    hub: Hub, online: Client, tmp_path: Path, diff: bytes
) -> None:
    """{concept} covers the concepts with a checkpoint; a missing one is named and skipped."""
    for concept in ("church", "van_gogh"):
        hub.add(f"some-org/esdx_{concept}", {"w.safetensors": diff_of(diff, concept)})
    path = tmp_path / "some-org__esdx.yaml"
    answer = online.run("pin", "some-org/esdx_{concept}", "-o", path, "--json")

    assert answer.exit_code == 0, answer.stderr
    assert list(json.loads(answer.stdout)["checkpoints"]) == ["church", "van_gogh"]
    assert json.loads(answer.stdout)["base"] == "pictogram-v1"
    assert "golf_ball: skipped. some-org/esdx_golf_ball: No such rep" in answer.stderr


def test_a_template_is_filled_by_pin(hub: Hub, online: Client, filled: Fill) -> None:
    """Unpinned, it is refused with the command that pins it; after that it is valid."""
    made = filled()
    commit = made.repository.refs["main"]
    text = made.path.read_text(encoding="utf-8")
    template = text[: text.index("    files:")].replace(f"'{commit}'", commit)
    made.path.write_text(template.replace(commit, UNPINNED), encoding="utf-8")
    refused = [online.run(verb, made.path) for verb in ("validate", "fetch", "evaluate")]
    asked = list(hub.asked)
    pinned = online.run("pin", made.path)
    answer = online.run("validate", made.path)

    assert [one.exit_code for one in refused] == [2, 2, 2]
    assert all("unpinned (church)" in one.stderr for one in refused)
    assert all(f"erasebench pin {made.path}" in one.stderr for one in refused)
    assert asked == []
    assert pinned.exit_code == 0, pinned.stderr
    assert answer.exit_code == 0, answer.stderr
    assert load_manifest(made.path).checkpoints["church"].revision == commit


def test_a_name_that_names_no_concept_is_asked_about(
    hub: Hub, online: Client, tmp_path: Path, diff: bytes
) -> None:
    """Neither pin nor evaluate guesses what was erased."""
    hub.add("some-org/unet", {"w.safetensors": diff})
    pinned = online.run("pin", "some-org/unet", "-o", tmp_path / "x.yaml")
    wrong = online.run("pin", "some-org/unet", "--concept", "chruch", "-o", tmp_path / "x.yaml")
    named = online.run("pin", "some-org/unet", "--concept", "church", "-o", tmp_path / "x.yaml")

    assert pinned.exit_code == wrong.exit_code == 2
    assert "is unknown. Name it with --concept" in pinned.stderr
    assert "Did you mean 'church'?" in wrong.stderr
    assert named.exit_code == 0, named.stderr


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda made: made.edit("layout: diff", "layout: unet"), "layout is diff, but the"),
        (lambda made: made.edit("size: ", "size: 1"), "bytes and SHA-256"),
        (lambda made: made.edit("sha256: ", "sha256: " + "a" * 64 + " #"), "aaaaaaaaaaaa… are pin"),
        (lambda made: made.edit("some-org/esdx", "other-org/esdx"), "No such repository"),
        (lambda made: made.edit("  church:", "  gas_pumps:"), "there is no such concept"),
        (lambda made: made.edit("base: pictogram-v1", "base: sd99"), "Unknown protocol 'sd99'"),
        (lambda made: made.edit("revision: ", "revision: " + "f" * 40 + " #"), "no such revision"),
        (
            lambda made: made.edit("church.safetensors:", "chapel.safetensors:"),
            "`files` lists this file, but it does not belong",
        ),
        (lambda made: made.repository.commits.clear(), "no such revision"),
        (
            lambda made: setattr(made.repository, "moved", made.repository.commit({"a": b""})),
            "The Hub returns another commit",
        ),
    ],
    ids=[
        "layout", "size", "digest", "repository", "concept", "base", "revision", "file", "gone",
        "moved",
    ],
)  # fmt: skip
def test_each_fault_has_its_own_message(
    online: Client, tmp_path: Path, filled: Fill, break_it: Callable[[Filled], None], said: str
) -> None:
    """What the manifest says and what is on the Hub: each difference is named; nothing is kept."""
    made = filled()
    break_it(made)
    answer = online.run("validate", made.path)

    assert answer.exit_code == 2
    assert said in answer.stderr
    assert "TRACEBACK" not in answer.stderr
    assert fetched_files(tmp_path) == set()


@pytest.mark.parametrize("verb", ["validate", "fetch", "evaluate"])
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("layout: diff", "layout: pipeline", "layout is diff, but the manifest says pipeline"),
        ("base: pictogram-v1", "base: sd99", "base: Unknown protocol 'sd99'"),
        ("  church:", "  van_gogh:", "card says 'church'"),
    ],
)
def test_no_verb_passes_over_what_a_manifest_says(
    online: Client, filled: Fill, verb: str, old: str, new: str, said: str
) -> None:
    """Base, layout and concept are compared with what is found, before anything is drawn."""
    made = filled()
    made.edit(old, new)
    answer = online.run(verb, made.path)

    assert answer.exit_code == 2
    assert said in answer.stderr
    assert "TRACEBACK" not in answer.stderr


def test_no_option_contradicts_a_manifest(
    online: Client, filled: Fill, text_encoder: bytes
) -> None:
    """A manifest's base is that of its checkpoint, and no option puts another in its place."""
    made = filled({TEXT: text_encoder})
    answers = [online.run(verb, made.path, "--protocol", "sd14-v1") for verb in ("fetch", "pin")]
    evaluated = online.run("evaluate", made.path, "--protocol", "sd14-v1")

    assert [one.exit_code for one in (*answers, evaluated)] == [2, 2, 2]
    assert "is for pictogram-v1, but --protocol is sd14-v1" in answers[0].stderr
    assert "Leave out --concept and --protocol" in answers[1].stderr
    assert "is for pictogram-v1, but --protocol is sd14-v1" in evaluated.stderr


@pytest.mark.parametrize("verb", ["validate", "fetch", "evaluate"])
def test_a_manifest_that_names_another_base_than_was_edited_is_refused(
    online: Client, filled: Fill, diff: bytes, verb: str
) -> None:
    """That there is a protocol of that name is not enough: what is given must fit its base."""
    made = filled()
    pinned = made.repository.refs["main"]
    digest = open_base(PICTOGRAM_V1).digest.encode()
    assert digest in diff
    other = diff.replace(digest, b"f" * len(digest))
    made.edit(pinned, made.repository.commit({"church.safetensors": other}))
    made.edit(*(hashlib.sha256(content).hexdigest() for content in (diff, other)))
    answer = online.run(verb, made.path)

    assert answer.exit_code == 2
    assert "The diff was made for base ffffffffffff, but this protocol's base is" in answer.stderr
    assert "TRACEBACK" not in answer.stderr


def test_quantised_weights_are_refused_whatever_their_base(
    hub: Hub, online: Client, tmp_path: Path, unet: bytes
) -> None:
    """By their headers alone; no base is asked for, of which none could fit."""
    plain = b'"conv_out.bias":{"dtype":"F16"'
    assert plain in unet
    hub.add("some-org/int_church", {UNET: unet.replace(plain, plain.replace(b"F16", b"I16"))})
    pinned = online.run("pin", "some-org/int_church", "-o", tmp_path / "x.yaml")
    fetched = online.run("fetch", "some-org/int_church")

    for answer in (pinned, fetched):
        assert answer.exit_code == 2
        assert "(the first: 'unet.conv_out.bias' is I16)" in answer.stderr
        assert "not compared" not in answer.stderr
    assert all("some-org/int_church" in path for _, path, _ in hub.asked)
    assert fetched_files(tmp_path) == set()


def test_pin_refuses_what_a_manifest_says_wrongly(online: Client, filled: Fill) -> None:
    """An unknown base, a concept that the card does not name, and options that change nothing."""
    made = filled()
    text = made.path.read_text(encoding="utf-8")
    made.path.write_text(text[: text.index("    files:")], encoding="utf-8")
    made.edit(made.repository.refs["main"], UNPINNED)
    option = online.run("pin", made.path, "--concept", "nosuch")
    made.edit("  church:", "  van_gogh:")
    card = online.run("pin", made.path)
    made.edit("base: pictogram-v1", "base: sd99")
    base = online.run("pin", made.path)

    assert [one.exit_code for one in (option, card, base)] == [2, 2, 2]
    assert "Leave out --concept and --protocol" in option.stderr
    assert "card says 'church'" in card.stderr
    assert "base: Unknown protocol 'sd99'" in base.stderr


def test_a_concept_that_there_is_not_is_refused_before_anything_is_asked(
    hub: Hub, online: Client, diff: bytes
) -> None:
    """Downloading by an address checks its arguments."""
    hub.add("some-org/esdx_church", {"w.safetensors": diff})
    answer = online.run("fetch", "some-org/esdx_church", "--concept", "chruch")
    alone = online.run("fetch", "--protocol", "pictogram-v1", "--concept", "church")
    pictures = online.run("fetch", "some-org/esdx_church", "--photographs")
    drawn = online.run("fetch", "--protocol", "pictogram-v1", "--photographs")

    assert answer.exit_code == alone.exit_code == pictures.exit_code == 2
    assert "no protocol is given" in pictures.stderr
    assert drawn.exit_code == 0
    assert "uses drawings and needs no photographs" in drawn.stderr
    assert "Did you mean 'church'?" in answer.stderr
    assert "no submission is given" in alone.stderr
    assert hub.asked == []


def test_a_file_name_of_another_form_is_refused(online: Client, filled: Fill) -> None:
    """The name of the file is checked like what is in it."""
    made = filled()
    other = made.path.rename(made.path.with_name("mine.yaml"))
    answer = online.run("validate", other)

    assert answer.exit_code == 2
    assert "must be <organisation>__<name>.yaml" in answer.stderr
