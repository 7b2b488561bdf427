"""A latent classifier of real photographs, on the latents of the bundled base."""

from __future__ import annotations

from pathlib import Path

import datasets
import pytest
import torch

from erasebench.classifier_training.classifier_cache import stored_classifier
from erasebench.classifier_training.data_set import open_data_set
from erasebench.classifier_training.photo_examples import photographed_examples
from erasebench.concepts import CONCEPTS
from erasebench.diffusion.latent_classifier_file import load_latent_classifier
from erasebench.diffusion.pipeline import load_base
from erasebench.protocol import PICTOGRAM_V1
from erasebench.recipes import ClassifierRecipe


@pytest.mark.data
@pytest.mark.slow
def test_a_classifier_learns_churches_from_photographs(
    photographs_parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Little noise leaves it well above chance on photographs that it was not trained on.

    The way is that of every classifier: a data set, the base's latents, the recipe, a card. Were
    labels mixed up, or latents, both intervals would hold 0.5.
    """
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    data = open_data_set(str(photographs_parquet), "train")
    size = PICTOGRAM_V1.image_size
    pipeline = load_base(PICTOGRAM_V1, torch.device("cpu"))
    examples = photographed_examples(CONCEPTS["church"], size, data, negatives=900)
    recipe = ClassifierRecipe(epochs=3, views=3, validation_share=0.25)

    made = stored_classifier(PICTOGRAM_V1, pipeline, examples, recipe=recipe, cache=tmp_path)
    _, header = load_latent_classifier(made.path, pipeline, PICTOGRAM_V1.base.tensors_digest)

    print([f"{level.signal:.2f}: {level.roc_auc.value:.2f}" for level in made.card.roc_auc])  # noqa: T201
    assert (header.concept, made.card.pictures["label"]) == ("church", "church")
    assert (made.card.pictures["of"], examples.positives) == (9469, 941)
    assert made.card.roc_auc[0].roc_auc.low > 0.6
    assert made.card.roc_auc[1].roc_auc.low > 0.6
