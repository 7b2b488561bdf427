"""Selector and judge."""

from __future__ import annotations

import torch

from erasebench.concepts import OBJECTS, STYLES
from erasebench.pictogram.drawings import Drawings
from pictogram_training.classifier import (
    JUDGE,
    SELECTOR,
    build_classifier,
    labels_of,
)
from pictogram_training.run import Run
from pictogram_training.stage import with_trained_weights
from tests.pictogram_training.conftest import TINY


def test_labels_are_the_concepts_in_two_groups() -> None:
    """Objects and styles are each sorted, and `none` ends each group."""
    labels = labels_of(Drawings())

    assert labels.objects == (*sorted(c.name for c in OBJECTS), "none")
    assert labels.styles == (*sorted(c.name for c in STYLES), "none")
    assert labels.names[0] == "object:airliner"
    assert labels.names[len(labels.objects) - 1] == "object:none"
    assert labels.names[len(labels.names) - 1] == "style:none"


def test_classifiers_are_small_and_of_two_kinds() -> None:
    """Each has at most 0.7 million parameters, and their classes differ."""
    models = [build_classifier(config, labels_of(Drawings())) for config in (SELECTOR, JUDGE)]

    assert all(sum(p.numel() for p in model.parameters()) <= 700_000 for model in models)
    assert len({type(model) for model in models}) == 2


def test_trained_classifiers_answer_for_every_label(finished: Run) -> None:
    """A trained classifier gives one finite logit a label, and the two were not trained alike."""
    labels = labels_of(finished.source)
    pictures = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))

    for part in ("selector", "judge"):
        model = with_trained_weights(
            build_classifier(getattr(TINY, part), labels), finished.folder(part)
        )
        logits = model(pixel_values=pictures).logits
        assert logits.shape == (2, len(labels.names))
        assert logits.isfinite().all()

    assert finished.seed_of("selector") != finished.seed_of("judge")
