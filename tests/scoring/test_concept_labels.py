"""Where a classifier's answers stand."""

from __future__ import annotations

import json

import pytest

from erasebench.concepts import CONCEPTS, OBJECTS, STYLES
from erasebench.errors import ProtocolError
from erasebench.protocol import PICTOGRAM_V1, Protocol
from erasebench.scoring.classifier import ConceptLabel, concept_labels


def test_a_thousand_labels_answer_by_index() -> None:
    """Whatever they say, colons included; each object has an answer and no style has one."""
    labels = [f"label {index}" for index in range(999)]

    answers = concept_labels([*labels, "odd: one"], "any")

    assert set(answers) == {concept.name for concept in OBJECTS}
    assert answers["tench"].place == 0
    assert answers["church"] == ConceptLabel(tuple(range(1000)), 497)


@pytest.mark.parametrize("count", [10, 999, 1001, 21843])
def test_another_number_of_labels_is_refused(count: int) -> None:
    """An index of ImageNet-1k means nothing there."""
    with pytest.raises(ProtocolError, match=f"some/model: It has {count} classes"):
        concept_labels([f"label {index}" for index in range(count)], "some/model")


@pytest.mark.parametrize("role", ["judge", "selector"])
def test_every_concept_has_an_answer_in_the_bundled_labels(role: str, protocol: Protocol) -> None:
    """Labels of the form `kind:name` answer for all concepts, each kind apart."""
    for world in (protocol, PICTOGRAM_V1):
        folder = {"judge": world.judge, "selector": world.selector}[role].model.folder
        labels = json.loads((folder / "config.json").read_text())["id2label"]
        answers = concept_labels([labels[str(index)] for index in range(len(labels))], role)

        assert set(CONCEPTS) <= set(answers)
        assert len(answers["church"].group) == len(OBJECTS) + 1
        assert len(answers["picasso"].group) == len(STYLES) + 1
