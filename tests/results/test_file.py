"""Reading and writing result files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from erasebench.errors import ResultError
from erasebench.results.file import load_result, result_text, write_result
from erasebench.results.result import Result
from tests.board.example_run import example_result


@pytest.fixture(scope="module")
def result() -> Result:
    """A small result."""
    return example_result(limit=2)


@pytest.fixture
def path(result: Result, tmp_path: Path) -> Path:
    """Its file."""
    path = tmp_path / "result.json"
    write_result(path, result)
    return path


def test_what_was_written_is_read_again(path: Path, result: Result) -> None:
    """No number loses a digit on the way."""
    assert load_result(path) == result


def test_text_is_canonical(path: Path) -> None:
    """Keys are sorted, the last line ends, and writing what was read changes nothing."""
    text = path.read_text(encoding="utf-8")
    content = json.loads(text)

    assert list(content) == sorted(content)
    assert text.endswith("}\n")
    assert result_text(load_result(path)) == text


def test_outcomes_stand_one_a_line(path: Path, result: Result) -> None:
    """A changed outcome is a changed line."""
    text = path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if '"judge_hits"' in line]

    assert len(lines) == len(result.outcomes) + len(result.base_outcomes)


def test_nothing_unfinished_is_left_behind(path: Path) -> None:
    """Written beside and moved into place."""
    assert [entry.name for entry in path.parent.iterdir()] == ["result.json"]


def test_missing_file_is_a_result_error(tmp_path: Path) -> None:
    """Said without a traceback."""
    with pytest.raises(ResultError, match="no such file"):
        load_result(tmp_path / "result.json")


def test_torn_file_is_refused(path: Path) -> None:
    """Half a file is no JSON."""
    path.write_text(path.read_text(encoding="utf-8")[:1000], encoding="utf-8")

    with pytest.raises(ResultError, match=r"result\.json: It is not JSON"):
        load_result(path)


@pytest.mark.parametrize("version", [0, 3, "1", True, None])
def test_another_schema_is_refused(path: Path, version: object) -> None:
    """A file of another schema is never half understood."""
    _edit(path, schema_version=version)

    with pytest.raises(ResultError, match=r"schema_version is .*erasebench reads 1 and 2"):
        load_result(path)


def test_wrong_field_is_named(path: Path) -> None:
    """The message leads to the place in the file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content["outcomes"][3]["judge_hits"] = -1
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(ResultError, match=r"Field outcomes\.3\.judge_hits is wrong"):
        load_result(path)


def test_unknown_field_is_refused(path: Path) -> None:
    """A misspelt field is not ignored."""
    _edit(path, ranked=True)

    with pytest.raises(ResultError, match="Field ranked is wrong"):
        load_result(path)


def test_unknown_protocol_is_refused(path: Path) -> None:
    """Figures without their protocol mean nothing."""
    _edit(path, protocol="pictogram-v9")

    with pytest.raises(ResultError, match=r"protocol is 'pictogram-v9'; .* has pictogram-v1"):
        load_result(path)


def test_other_digest_is_refused(path: Path) -> None:
    """A protocol that was changed since is another protocol, whatever its name."""
    _edit(path, protocol_digest="0" * 64)

    with pytest.raises(ResultError, match="protocol_digest is 000000000000, but pictogram-v1 has"):
        load_result(path)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("cells.0.erased", "chruch"),
        ("cells.0.probes.1.probe", "noize"),
        ("outcomes.2.erased", "chruch"),
        ("outcomes.2.erased", "nothing"),
        ("outcomes.2.target", "chruch"),
        ("outcomes.2.probe", "noize"),
        ("base_outcomes.0.erased", "chruch"),
    ],
)
def test_unknown_concept_or_probe_is_refused(path: Path, place: str, value: str) -> None:
    """Nothing is dropped in silence because nobody knows its name."""
    _edit_at(path, place, value)

    with pytest.raises(ResultError, match=f"Field {place} is wrong: '{value}' is none of"):
        load_result(path)


@pytest.mark.parametrize(("place", "value"), [("probes.1.name", "standard_prompt")])
def test_probe_described_twice_is_refused(path: Path, place: str, value: str) -> None:
    """One name, one probe."""
    _edit_at(path, place, value)

    with pytest.raises(ResultError, match=f"Field {place} is wrong: '{value}' is repeated"):
        load_result(path)


def test_result_does_not_decide_what_ranks(path: Path) -> None:
    """The protocol does: a result that drops its worst probe from the ranks is refused."""
    _edit_at(path, "probes.0.ranked", value=False)

    with pytest.raises(ResultError, match=r"Field probes\.0\.ranked is wrong: the ranked probes"):
        load_result(path)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_number_that_is_none_is_refused(path: Path, number: str) -> None:
    """JSON has neither, and a page could not be made of it."""
    text = re.sub(r'"seconds": [0-9.]+', f'"seconds": {number}', path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ResultError, match=r"result\.json: It is not JSON"):
        load_result(path)


def test_folder_in_place_of_a_file_is_said(tmp_path: Path) -> None:
    """It cannot be read, which is no bug."""
    with pytest.raises(ResultError, match="It cannot be read"):
        load_result(tmp_path)


def _edit_at(path: Path, place: str, value: object) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    *way, last = (int(part) if part.isdigit() else part for part in place.split("."))
    node = content
    for part in way:
        node = node[part]
    node[last] = value
    path.write_text(json.dumps(content), encoding="utf-8")


def _edit(path: Path, **changes: object) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | changes), encoding="utf-8")


def test_a_file_of_the_version_before_is_of_one_checkpoint(path: Path, result: Result) -> None:
    """What stood at its top level is the checkpoint's; nothing else has moved."""
    content = json.loads(path.read_text(encoding="utf-8"))
    (checkpoint,) = content.pop("checkpoints")
    del content["name"]
    for later in ("concepts", "address", "calibration"):
        del checkpoint[later]
    old = {**content, **checkpoint, "schema_version": 1}
    path.write_text(json.dumps(old), encoding="utf-8")

    assert load_result(path) == result

    del old["command"]
    path.write_text(json.dumps(old), encoding="utf-8")
    with pytest.raises(ResultError, match=r"Field checkpoints\.0\.command is wrong"):
        load_result(path)


def test_every_cell_is_of_one_checkpoint(path: Path) -> None:
    """None of two, none of nobody's, and no checkpoint without its cells."""
    for concepts in (["church", "church"], ["golf_ball"], ["church", "golf_ball"]):
        content = json.loads(path.read_text(encoding="utf-8"))
        content["checkpoints"][0]["concepts"] = concepts
        other = path.with_name("other.json")
        other.write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(ResultError, match="Field checkpoints is wrong: their concepts are"):
            load_result(other)


def test_checkpoints_of_a_row_are_of_one_kind(path: Path) -> None:
    """What is left out where an encoder is the base's is left out of every cell."""
    content = json.loads(path.read_text(encoding="utf-8"))
    other = json.loads(json.dumps(content["checkpoints"][0]))
    other["concepts"] = ["golf_ball"]
    other["identity"]["edited"] = ["unet", "text_encoder"]
    content["checkpoints"].append(other)
    content["cells"].append({**content["cells"][0], "erased": "golf_ball"})
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(ResultError, match="text_encoder, must be the same in all"):
        load_result(path)


def test_a_probe_that_ranks_cannot_be_left_out(path: Path) -> None:
    """Robustness would be over the others alone."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content["probes"] = [probe for probe in content["probes"] if probe["name"] != "noise"]
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(ResultError, match="Field probes is wrong: it lacks ranked probes: noise"):
        load_result(path)
