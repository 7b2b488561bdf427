"""The published JSON Schemas of attacks and replays."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from erasebench.attack.manifest import AttackManifest, Credit, Embeddings
from erasebench.attack.replay_result import Attack, Finder, Replay, ReplayFigures
from erasebench.schemas import SCHEMAS
from tests.attack.example_attack import HEAD, PROMPTS


@pytest.mark.parametrize(
    ("name", "written"),
    [("attack", SCHEMAS["attack"].text()), ("replay", SCHEMAS["replay"].text())],
)
def test_published_schemas_are_up_to_date(root: Path, name: str, written: str) -> None:
    """What the site offers is what the package reads and writes."""
    published = root / "site" / "static" / f"{name}.schema.json"

    assert published.read_text(encoding="utf-8") == written


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (PROMPTS, True),
        (HEAD, False),
        (PROMPTS + "more: 1\n", False),
        (PROMPTS.replace("Zoë O'Neil", "<b>"), False),
    ],
)
def test_other_readers_agree(text: str, valid: bool) -> None:
    """An editor finds the same faults."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMAS["attack"].text()))

    assert (list(validator.iter_errors(yaml.safe_load(text))) == []) == valid


@pytest.mark.parametrize(
    "model", [AttackManifest, Credit, Embeddings, Replay, ReplayFigures, Attack, Finder]
)
def test_every_field_is_described(model: type[BaseModel]) -> None:
    """The schemas are their own manual."""
    assert [name for name, field in model.model_fields.items() if not field.description] == []
