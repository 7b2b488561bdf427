"""Classifiers that say whether a picture shows a target."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from transformers import AutoModelForImageClassification

from erasebench.concepts import CONCEPTS, OBJECTS, STYLES
from erasebench.errors import UnknownNameError
from erasebench.protocol import JudgePin, Protocol
from erasebench.scoring.classifier import (
    Classifier,
    ConceptLabel,
    concept_labels,
    load_classifier,
    network_of,
)
from erasebench.scoring.pixels import to_input
from tests.scoring.conftest import CPU
from tests.tiny import LABELS

Pictures = npt.NDArray[np.uint8]


@pytest.fixture(scope="module", params=["judge", "selector"])
def pin(request: pytest.FixtureRequest, protocol: Protocol) -> JudgePin:
    """The pin of each of the two architectures."""
    return {"judge": protocol.judge, "selector": protocol.selector}[request.param]


@pytest.fixture(scope="module")
def classifier(pin: JudgePin) -> Classifier:
    """The classifier of the pin."""
    return load_classifier(pin, CPU)


def stock_chances(pin: JudgePin, pictures: Pictures, kind: str) -> dict[str, torch.Tensor]:
    """Softmax over one kind of label by the library's own loading, label → (N,)."""
    model = AutoModelForImageClassification.from_pretrained(pin.model.folder).eval()
    with torch.no_grad():
        outputs = model(pixel_values=to_input(pictures, pin.pixels, CPU)).logits.double()
    labels = [label for label in LABELS if label.startswith(kind)]
    group = outputs[:, [LABELS.index(label) for label in labels]]
    chances = group.exp() / group.exp().sum(1, keepdim=True)
    return {label.partition(":")[2]: chances[:, place] for place, label in enumerate(labels)}


@pytest.mark.parametrize("target", ["church", "tench", "gas_pump", "picasso"])
def test_probability_is_the_softmax_among_the_targets_kind(
    classifier: Classifier, pin: JudgePin, pictures: Pictures, target: str
) -> None:
    """Objects compete with objects and their `none`, styles with styles and theirs."""
    concept = CONCEPTS[target]

    actual = classifier.judge(pictures, [concept] * 40).probability

    expected = stock_chances(pin, pictures, concept.kind)[target]
    assert expected.std() > 1e-3
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("kind", "concepts"), [("object", OBJECTS), ("style", STYLES)])
def test_the_first_answer_is_the_likeliest_and_the_first_five_hold_it(
    classifier: Classifier,
    pin: JudgePin,
    pictures: Pictures,
    kind: str,
    concepts: tuple[object, ...],
) -> None:
    """Hits are those of sorting the probabilities, `none` among the competitors."""
    chances = stock_chances(pin, pictures, kind)
    ranked = torch.stack(list(chances.values())).argsort(0, descending=True)
    names = list(chances)

    for concept in OBJECTS + STYLES:
        if concept not in concepts:
            continue
        verdicts = classifier.judge(pictures, [concept] * 40)
        own = names.index(concept.name)
        assert verdicts.top1.tolist() == (ranked[0] == own).tolist()
        assert verdicts.top5.tolist() == (ranked[:5] == own).any(0).tolist()


def test_each_picture_is_asked_about_its_own_target(
    classifier: Classifier, pictures: Pictures
) -> None:
    """A batch with mixed targets gives what each target's own batch gives."""
    targets = [list(CONCEPTS.values())[row % 14] for row in range(40)]

    mixed = classifier.judge(pictures, targets)

    for row in range(40):
        alone = classifier.judge(pictures, [targets[row]] * 40)
        assert mixed.probability[row] == alone.probability[row]
        assert mixed.top1[row] == alone.top1[row]


def test_verdicts_hardly_depend_on_the_batch(classifier: Classifier, pictures: Pictures) -> None:
    """Alone or among forty, a probability is the same to rounding."""
    church = CONCEPTS["church"]

    together = classifier.judge(pictures, [church] * 40).probability
    alone = [classifier.judge(one[None], [church]).probability[0] for one in pictures]

    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-5)


def test_of_equal_answers_one_is_the_first(pin: JudgePin, pictures: Pictures) -> None:
    """Where all answers are equal, exactly one object is named first, and five lead."""
    model = AutoModelForImageClassification.from_pretrained(pin.model.folder).eval()
    model.requires_grad_(False).classifier.apply(_silence)
    undecided = Classifier(network_of(model), concept_labels(LABELS, "tiny"), pin.pixels, CPU)

    verdicts = [undecided.judge(pictures[:1], [concept]) for concept in OBJECTS]

    assert sum(bool(verdict.top1[0]) for verdict in verdicts) == 1
    assert sum(bool(verdict.top5[0]) for verdict in verdicts) == 5


def test_a_target_without_an_answer_is_an_error(protocol: Protocol, pictures: Pictures) -> None:
    """A classifier that has no output for a concept does not guess."""
    known = load_classifier(protocol.judge, CPU)
    answers = {"church": ConceptLabel((0, 1), 0)}
    classifier = Classifier(known._network, answers, protocol.judge.pixels, CPU)

    with pytest.raises(UnknownNameError, match="picasso"):
        classifier.judge(pictures[:1], [CONCEPTS["picasso"]])


def _silence(module: torch.nn.Module) -> None:
    if isinstance(module, torch.nn.Linear):
        module.weight.zero_()
        module.bias.zero_()
