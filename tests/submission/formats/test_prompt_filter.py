"""The prompt filter as a file, and the rule in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from erasebench.concepts import CONCEPTS
from erasebench.errors import CheckpointError, WrongBaseError
from erasebench.protocol import Protocol
from erasebench.submission.base_tensors import BaseTensors, open_base
from erasebench.submission.card import METADATA_KEY, Card
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.diff_writer import write_diff, write_prompt_filter
from erasebench.submission.formats.prompt_filter import PromptFilter, names_label
from erasebench.submission.load_changes import change_digest, load_changed_tensors
from erasebench.submission.match import infer_protocol
from erasebench.submission.tensors import digest_of
from tests.submission.conftest import KEY, Copies

TRUCK = CONCEPTS["garbage_truck"]


@pytest.mark.parametrize(
    "prompt",
    [
        "a picture of a garbage truck",
        "xyz A Picture of a GARBAGE TRUCK",
        "rch m &a garbage  truck",
        "garbage\n\ttruck",
        "one of the garbage trucks",
    ],
)
def test_a_label_is_found_in_any_case_and_spacing(prompt: str) -> None:
    """As a user types it, as a tokenizer writes it, and with other letters run into it."""
    assert names_label(prompt, TRUCK.label)


@pytest.mark.parametrize(
    "prompt", ["", "a picture of a truck", "a picture of a church", *TRUCK.descriptions]
)
def test_other_words_are_no_label(prompt: str) -> None:
    """A part of the label, another concept and descriptions do not name it."""
    assert not names_label(prompt, TRUCK.label)


def test_every_concept_s_prompt_is_caught_and_no_description() -> None:
    """The rule divides the protocol's own texts as it should, for objects and styles."""
    for concept in CONCEPTS.values():
        assert names_label(concept.prompt, concept.label)
        assert not [text for text in concept.descriptions if names_label(text, concept.label)]


def test_what_is_written_is_what_is_read(
    protocol: Protocol, base: BaseTensors, tmp_path: Path
) -> None:
    """A file without tensors that names its concept and its base, and fits no other."""
    path = tmp_path / "filter.safetensors"

    card = write_prompt_filter(path, TRUCK, base.digest)
    checkpoint = open_checkpoint(path)

    assert checkpoint.layout == "prompt_filter"
    assert (checkpoint.method, checkpoint.concept) == ("prompt_filter", "garbage_truck")
    assert checkpoint.filtered == PromptFilter("garbage truck")
    assert checkpoint.diff is not None
    assert checkpoint.diff.card == card
    assert infer_protocol(checkpoint, [protocol]) == protocol
    assert load_changed_tensors(checkpoint, base) == {}


def test_it_belongs_to_one_base(
    base: BaseTensors, other_protocol: Protocol, tmp_path: Path
) -> None:
    """A filter that was made before another base is refused, though it holds nothing of it."""
    path = tmp_path / "filter.safetensors"
    write_prompt_filter(path, TRUCK, base.digest)

    with pytest.raises(WrongBaseError):
        load_changed_tensors(open_checkpoint(path), open_base(other_protocol))


def test_what_a_filter_changes_has_a_digest_of_its_own(
    base: BaseTensors, copies: Copies, tmp_path: Path
) -> None:
    """Filters of two concepts have different digests; a diff is identified by its tensors."""
    digests = {}
    for name in ("church", "garbage_truck"):
        path = tmp_path / f"{name}.safetensors"
        write_prompt_filter(path, CONCEPTS[name], base.digest)
        digests[name] = change_digest(open_checkpoint(path), {})
    changed = {f"unet.{KEY}": copies.unet()[KEY] * 2}
    diff = tmp_path / "diff.safetensors"
    write_diff(diff, changed, base.digest, Card(concept="church"))

    assert len({*digests.values(), digest_of({})}) == 3
    assert change_digest(open_checkpoint(diff), changed) == digest_of(changed)


@pytest.mark.parametrize(
    ("tensors", "card", "reason"),
    [
        ({"unet.a": torch.ones(1)}, {"concept": "church"}, "contains 1 tensors"),
        ({}, {"concept": "chapel"}, "for 'chapel', which must be one of: .*church"),
        ({}, {}, "is for None"),
    ],
    ids=["tensors", "unknown", "none"],
)
def test_what_cannot_be_a_filter_is_refused(
    tmp_path: Path, tensors: dict[str, torch.Tensor], card: dict[str, str], reason: str
) -> None:
    """Weights under a filter's name, and a filter of nothing that there is."""
    path = tmp_path / "filter.safetensors"
    said = {"schema_version": 1, "kind": "prompt_filter", "base": "0", "card": card}
    save_file(tensors, path, {METADATA_KEY: json.dumps(said)})

    with pytest.raises(CheckpointError, match=reason):
        open_checkpoint(path)
