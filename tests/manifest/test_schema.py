"""The published JSON Schema of manifests."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from erasebench.manifest.manifest import Cost, Manifest, PinnedFile, Source
from erasebench.schemas import SCHEMAS
from tests.hub.example_manifest import MANIFEST


@pytest.fixture
def validator() -> jsonschema.Draft202012Validator:
    """What editors check a manifest with."""
    return jsonschema.Draft202012Validator(json.loads(SCHEMAS["manifest"].text()))


def test_published_schema_is_up_to_date(root: Path) -> None:
    """Who reads the site reads the schema of this version.

    `python -m erasebench.schemas site/static` brings it up to date.
    """
    published = (root / "site" / "static" / "manifest.schema.json").read_text(encoding="utf-8")

    assert published == SCHEMAS["manifest"].text()


def test_a_manifest_satisfies_the_schema(validator: jsonschema.Draft202012Validator) -> None:
    """Other readers of YAML find the same manifests right."""
    assert list(validator.iter_errors(yaml.safe_load(MANIFEST))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("licence: MIT", "license: MIT"),
        ("licence: MIT", "licence: <MIT>"),
        ("  church:", "  chruch:"),
        ("unet/diff", "../diff"),
        ("paper: https://arxiv.org/abs/2303.07345", "paper: null"),
        ("schema_version: 1", "schema_version: 2"),
    ],
)
def test_other_readers_find_the_same_faults(
    validator: jsonschema.Draft202012Validator, old: str, new: str
) -> None:
    """The schema is as strict as the program."""
    content = yaml.safe_load(MANIFEST.replace(old, new))

    assert list(validator.iter_errors(content)) != []


@pytest.mark.parametrize("model", [Manifest, Source, PinnedFile, Cost])
def test_every_field_is_described(model: type[BaseModel]) -> None:
    """The schema is its own manual, and the messages are made from it."""
    assert [name for name, field in model.model_fields.items() if not field.description] == []
