"""References: what a protocol keeps of its own two models."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from erasebench.errors import ResultError
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.reference import (
    ReferenceFile,
    References,
    Role,
    read_reference,
    reference_of,
    reference_path,
    references_of,
    write_reference,
)
from tests.board.example_run import example_result
from tests.example_environment import ENVIRONMENT

SEEDS = "public"


@pytest.fixture(scope="module")
def reference() -> ReferenceFile:
    """The base's, of a few prompts."""
    return ReferenceFile(
        role="base",
        protocol=PICTOGRAM_V1.name,
        protocol_digest=PICTOGRAM_V1.digest,
        seed_set=SEEDS,
        tensors_digest="5e" * 32,
        environment=ENVIRONMENT,
        classifiers={"church": "c1" * 32},
        outcomes=example_result(limit=2, probes=("noise", "retention")).base_outcomes,
    )


def stored(reference: ReferenceFile, folder: Path, role: Role = "base") -> Path:
    """Writes it to its place."""
    path = reference_path(PICTOGRAM_V1.name, role, folder)
    write_reference(path, reference)
    return path


def test_what_was_written_is_read_again(reference: ReferenceFile, tmp_path: Path) -> None:
    """To the last digit of every outcome."""
    path = stored(reference, tmp_path)

    assert reference.outcomes
    assert read_reference(path) == reference
    assert reference_of(PICTOGRAM_V1, SEEDS, "base", tmp_path) == reference


def test_equal_references_are_equal_files(reference: ReferenceFile, tmp_path: Path) -> None:
    """Written at another time and place: no date, no name of a file is in it."""
    content = stored(reference, tmp_path / "one").read_bytes()

    # Bytes 4 to 7 of a gzip file are its date, bit 3 of byte 3 says that a name follows.
    assert content[4:8] == bytes(4)
    assert not content[3] & 8
    assert stored(reference, tmp_path / "two").read_bytes() == content


def test_where_there_is_none_nothing_is_known(tmp_path: Path) -> None:
    """A protocol without references has neither ceilings of its own nor floors."""
    assert reference_of(PICTOGRAM_V1, SEEDS, "base", tmp_path) is None
    assert references_of(PICTOGRAM_V1, SEEDS, tmp_path) == References()
    assert references_of(PICTOGRAM_V1, SEEDS, None).digests == {}


def test_each_model_has_a_file_of_its_own(reference: ReferenceFile, tmp_path: Path) -> None:
    """Ceilings are no floors."""
    stored(reference, tmp_path)
    floors = reference.model_copy(update={"role": "retrain", "outcomes": reference.outcomes[:3]})

    assert references_of(PICTOGRAM_V1, SEEDS, tmp_path) == References(base=reference)
    stored(reference, tmp_path / "both")
    stored(floors, tmp_path / "both", "retrain")
    both = references_of(PICTOGRAM_V1, SEEDS, tmp_path / "both")
    assert both == References(reference, floors)
    assert both.digests == {"base": reference.digest, "retrain": floors.digest}
    assert reference.digest != floors.digest


def test_another_seed_set_has_no_reference(reference: ReferenceFile, tmp_path: Path) -> None:
    """Other seeds are other questions."""
    stored(reference, tmp_path)

    assert reference_of(PICTOGRAM_V1, "season-1", "base", tmp_path) is None


def test_another_version_of_the_protocol_is_refused(
    reference: ReferenceFile, tmp_path: Path
) -> None:
    """Its scale has other ends; nothing is measured against these in silence."""
    path = stored(reference, tmp_path)
    changed = replace(PICTOGRAM_V1, guidance_scale=3.0)

    with pytest.raises(ResultError, match=r"another version of pictogram-v1\..*reference build"):
        reference_of(changed, SEEDS, "base", tmp_path)
    assert path.exists()


@pytest.mark.parametrize("damage", ["torn", "no gzip", "no reference", "another schema"])
def test_a_damaged_file_is_an_expected_error(
    reference: ReferenceFile, tmp_path: Path, damage: str
) -> None:
    """Whatever was done to it."""
    path = stored(reference, tmp_path)
    whole = path.read_bytes()
    text = gzip.decompress(whole).replace(b'"schema_version":1', b'"schema_version":2')
    path.write_bytes(
        {
            "torn": whole[: len(whole) // 2],
            "no gzip": b"{}",
            "no reference": gzip.compress(b"{}"),
            "another schema": gzip.compress(text),
        }[damage]
    )

    with pytest.raises(ResultError, match="cannot read the reference"):
        read_reference(path)


def test_every_field_is_described() -> None:
    """The schema is its own manual."""
    schema = ReferenceFile.model_json_schema()
    bare = [
        f"{owner}.{name}"
        for owner, definition in {"ReferenceFile": schema, **schema["$defs"]}.items()
        for name, field in definition["properties"].items()
        if not field.get("description")
    ]

    assert bare == []
