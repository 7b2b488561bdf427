"""Files of replays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from erasebench.attack.replay_figures import check_replay
from erasebench.attack.replay_file import load_replay, replay_text, write_replay
from erasebench.errors import ResultError
from erasebench.schemas import SCHEMAS
from tests.results.example_replay import example_replay


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A replay as it should be."""
    path = tmp_path / "other_words.json"
    write_replay(path, example_replay())
    return path


def test_read_again_it_is_the_same(path: Path) -> None:
    """One text for one replay, a record a line, and valid to other readers."""
    replay = load_replay(path)
    check_replay(path, replay)
    text = path.read_text(encoding="utf-8")

    assert replay == example_replay()
    assert replay_text(replay) == text
    assert sum('"picture_digest"' in line for line in text.splitlines()) == 24 * 5
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMAS["replay"].text()))
    assert list(validator.iter_errors(json.loads(text))) == []


def _of(field: str, **changes: object) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        place = content
        for step in field.split("."):
            place = place[int(step) if step.isdigit() else step]
        place.update(changes)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(schema_version=2), "schema_version"),
        (lambda c: c.update(more=1), "more"),
        (lambda c: c.update(protocol="pictogram-v0"), "this version of erasebench has"),
        (lambda c: c.update(protocol_digest="00" * 32), "another version of the protocol"),
        (lambda c: c.update(floor_digest=None), "floor_digest is wrong"),
        (lambda c: c.update(floor_digest="f1" * 32), "floor_digest is wrong: 'f1f1f1"),
        (lambda c: c.update(seed_set="mine"), "seed_set is wrong: 'mine'"),
        (lambda c: c["records"].pop(), "lacks replayed_plain, prompt 23"),
        (lambda c: c["floor_records"].clear(), "lacks replayed_attack, prompt 0"),
        (lambda c: c["records"].append(c["records"][0]), r"records\.48\.trial is wrong"),
        (_of("records.0.trial", target="golf_ball"), r"records\.0\.trial is wrong"),
        (_of("attack", concept="airliner"), "'airliner' is none of church"),
        (_of("attack", id="../../x"), r"attack\.id"),
        (_of("attack.finder", link="javascript:alert(1)"), r"attack\.finder\.link"),
        (_of("attack", paper="javascript:alert(1)"), r"attack\.paper"),
        (_of("attack", code="http://example.org"), r"attack\.code"),
        (_of("figures.rate", value=0.8), r"figures\.rate\.value is 0\.8, its outcomes give"),
        (_of("figures", recovers=False), r"figures\.recovers is False"),
        (_of("records.0", judge_top1=False), r"figures\.\w+\.value is"),
    ],
)
def test_what_was_tampered_with_is_refused(
    path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    """Another figure, a record too few, too many or of something else; it says which."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ResultError, match=said):
        check_replay(path, load_replay(path))


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"finished": NaN}'])
def test_no_replay_at_all(tmp_path: Path, text: str) -> None:
    """Any content gives an expected error."""
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ResultError):
        load_replay(path)
    with pytest.raises(ResultError, match="no such file"):
        load_replay(tmp_path / "b.json")
