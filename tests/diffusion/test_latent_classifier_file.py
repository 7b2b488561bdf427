"""The file of a latent classifier: what it keeps, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.latent_classifier_file import (
    ClassifierFileError,
    load_latent_classifier,
    save_latent_classifier,
)
from erasebench.diffusion.noise import initialised
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.errors import CheckpointError, PickleRefusedError
from erasebench.submission.card import METADATA_KEY
from erasebench.submission.header import read_header
from erasebench.submission.pin import pin_of

BASE = "b" * 64


@pytest.fixture
def classifier(pipeline: LoadedPipeline) -> LatentClassifier:
    """Random weights, for the tiny base."""
    with initialised(1):
        return LatentClassifier(pipeline.latent_shape, pipeline.schedule(4).alphas)


@pytest.fixture
def file(classifier: LatentClassifier, tmp_path: Path) -> Path:
    """It, saved."""
    path = tmp_path / "church.safetensors"
    save_latent_classifier(path, classifier, "church", BASE)
    return path


def test_what_is_saved_is_loaded(
    file: Path, classifier: LatentClassifier, pipeline: LoadedPipeline
) -> None:
    """Every tensor comes back to the last bit, ready for use, with what was said of it."""
    loaded, header = load_latent_classifier(file, pipeline, BASE)

    for name, tensor in classifier.state_dict().items():
        assert torch.equal(tensor, loaded.state_dict()[name])
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert (header.concept, header.base) == ("church", BASE)


def test_its_digest_is_that_of_its_tensors(file: Path, tmp_path: Path) -> None:
    """The digest in the header is the one that any model's file is pinned by."""
    metadata = read_header(file).metadata[METADATA_KEY]

    assert pin_of(tmp_path).tensors_digest in metadata


def test_a_classifier_of_no_named_base_serves_any_of_its_shape(
    classifier: LatentClassifier, pipeline: LoadedPipeline, tmp_path: Path
) -> None:
    """A released file names no base."""
    save_latent_classifier(tmp_path / "x.safetensors", classifier, "church", None)

    _, header = load_latent_classifier(tmp_path / "x.safetensors", pipeline, BASE)

    assert header.base is None


def test_another_base_s_classifier_is_refused(file: Path, pipeline: LoadedPipeline) -> None:
    """Equal shapes do not make its latents mean the same."""
    with pytest.raises(ClassifierFileError, match="trained on latents of base"):
        load_latent_classifier(file, pipeline, "c" * 64)


def test_other_latents_and_other_schedules_are_refused(
    pipeline: LoadedPipeline, tmp_path: Path
) -> None:
    """What was trained on other shapes or levels of noise is told apart by name."""
    alphas = pipeline.schedule(4).alphas
    path = tmp_path / "x.safetensors"

    save_latent_classifier(path, LatentClassifier((4, 8, 8), alphas), "church", BASE)
    with pytest.raises(ClassifierFileError, match="latents of shape"):
        load_latent_classifier(path, pipeline, BASE)

    save_latent_classifier(
        path, LatentClassifier(pipeline.latent_shape, alphas / 2), "church", BASE
    )
    with pytest.raises(ClassifierFileError, match="another schedule"):
        load_latent_classifier(path, pipeline, BASE)

    short = LatentClassifier(pipeline.latent_shape, alphas[:500])
    save_latent_classifier(path, short, "church", BASE)
    with pytest.raises(ClassifierFileError, match=r"'alphas'\] are missing"):
        load_latent_classifier(path, pipeline, BASE)


def test_a_changed_tensor_is_noticed(file: Path, pipeline: LoadedPipeline) -> None:
    """One value that differs from what was saved makes the file useless."""
    state, metadata = load_file(file), dict(read_header(file).metadata)
    state["logit.bias"] += 1
    save_file(state, file, metadata)

    with pytest.raises(ClassifierFileError, match="not those that it was saved with"):
        load_latent_classifier(file, pipeline, BASE)


@pytest.mark.parametrize("said", [{}, {METADATA_KEY: "{}"}, {METADATA_KEY: "no JSON"}])
def test_a_file_that_does_not_say_so_is_no_classifier(
    said: dict[str, str], file: Path, pipeline: LoadedPipeline
) -> None:
    """The right tensors are not enough: what they recognise must stand there."""
    save_file(load_file(file), file, said)

    with pytest.raises(ClassifierFileError, match="does not say that it is one"):
        load_latent_classifier(file, pipeline, BASE)


def test_pickles_and_missing_files_are_refused(pipeline: LoadedPipeline, tmp_path: Path) -> None:
    """Nothing is unpickled here; `convert` is the one place that reads the released files."""
    torch.save({}, tmp_path / "church.pt")

    with pytest.raises(PickleRefusedError):
        load_latent_classifier(tmp_path / "church.pt", pipeline, BASE)
    with pytest.raises(CheckpointError, match="Not a file"):
        load_latent_classifier(tmp_path / "none.safetensors", pipeline, BASE)
