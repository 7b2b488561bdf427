"""Addresses: how a checkpoint on the Hub is named, and what its name says."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.errors import RequestError
from erasebench.hub.address import Address, expand, is_address, parse_address
from erasebench.hub.pin import manifest_path


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("org/name", Address("org/name")),
        ("org/name@main", Address("org/name", "main")),
        ("org/name@refs/pr/3/a/b", Address("org/name", "refs/pr/3", "a/b")),
        ("org/name@v1.0/church", Address("org/name", "v1.0", "church")),
        ("Org-1/na.me_2/a/b.safetensors", Address("Org-1/na.me_2", None, "a/b.safetensors")),
    ],
)
def test_an_address_is_read_and_written_alike(text: str, address: Address) -> None:
    """Repository, revision and path, in the order of the Hub's own addresses."""
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "org/",
        "/org/name",
        "org/name@",
        "org/name@a b",
        "org/name/../x",
        "org/../name",
        "org/na--me",
        "org/name@../x",
        "org/$(touch hacked)",
        "org/name;rm",
        "org/<script>",
        "https://huggingface.co/org/name",
        "org/name\n",
        "org/" + "x" * 100,
    ],
)
def test_what_could_be_anything_else_is_no_address(text: str) -> None:
    """Nothing that a shell, a page, a path or a URL would read in another way."""
    assert not is_address(text)
    with pytest.raises(RequestError, match="Write organisation/name"):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("DiffusionConceptErasure/esdx_church", "church"),
        ("DiffusionConceptErasure/uce_english_springer_spaniel", "english_springer_spaniel"),
        ("org/ESD-Van-Gogh", "van_gogh"),
        ("OPTML-Group/AdvUnlearn/vangogh_unlearned", "van_gogh"),
        ("org/unet", None),
        ("org/churchill", None),
        ("church/unet", None),
        ("org/church-and-tench", None),
    ],
)
def test_a_name_may_name_the_concept(text: str, concept: str | None) -> None:
    """Whole words of repository and path count; two concepts are as good as none."""
    assert parse_address(text).concept == concept


def test_one_text_stands_for_many_addresses() -> None:
    """The concept's name may be in the repository's or in the path."""
    assert expand("org/x/{concept}_y", ("church", "tench")) == {
        "church": Address("org/x", None, "church_y"),
        "tench": Address("org/x", None, "tench_y"),
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("org/esdx_{concept}", "org__esdx.yaml"),
        ("org/esdx-{concept}", "org__esdx.yaml"),
        ("org/esdx_{concept}_v2", "org__esdx_v2.yaml"),
        ("org/{concept}-erased", "org__erased.yaml"),
        ("org/{concept}", "org__concepts.yaml"),
        ("org/AdvUnlearn/{concept}", "org__AdvUnlearn.yaml"),
        ("org/esdx_church@main", "org__esdx_church.yaml"),
        ("org/many/church/w.safetensors", "org__many_church_w.yaml"),
    ],
)
def test_a_manifest_is_called_after_its_address(text: str, name: str) -> None:
    """Organisation, double underscore, and what is left of the name without the concept."""
    assert manifest_path(text) == Path("submissions", name)
