"""Classifiers in the cache: made once, found again, and the same after a kill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from erasebench.classifier_training import classifier_cache, latent_views
from erasebench.classifier_training.classifier_cache import (
    StoredClassifier,
    read_card,
    stored_classifier,
)
from erasebench.classifier_training.examples import Examples, drawn_examples
from erasebench.diffusion.latent_classifier_file import load_latent_classifier
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.protocol import Protocol
from tests.classifier_training.conftest import BRIEF, interrupted


class Make:
    """Makes or finds a classifier of the tiny base."""

    def __init__(self, protocol: Protocol, pipeline: LoadedPipeline) -> None:
        """Remembers the base."""
        self._base = protocol, pipeline

    def __call__(self, examples: Examples, cache: Path | None, seed: int = 0) -> StoredClassifier:
        """The classifier for these examples."""
        recipe = replace(BRIEF, seed=seed)
        return stored_classifier(*self._base, examples, recipe=recipe, cache=cache)


@pytest.fixture
def make(protocol: Protocol, pipeline: LoadedPipeline) -> Make:
    """Makes or finds."""
    return Make(protocol, pipeline)


def told(card: object) -> dict[str, object]:
    """A card but for its times."""
    return {name: value for name, value in vars(card).items() if name != "seconds"}


def test_a_classifier_is_made_whole(
    make: Make,
    examples: Examples,
    protocol: Protocol,
    pipeline: LoadedPipeline,
    tmp_path: Path,
) -> None:
    """It loads for its base, and its card tells sizes, seed, figures by noise, and digests."""
    made = make(examples, tmp_path)
    loaded, header = load_latent_classifier(made.path, pipeline, protocol.base.tensors_digest)
    card = made.card

    assert (header.concept, header.tensors) == ("church", card.tensors)
    assert loaded.latent_shape == pipeline.latent_shape
    assert (card.protocol, card.recipe["seed"], card.training, card.validation) == (
        "tiny",
        0,
        24,
        8,
    )
    assert card.pictures == examples.recipe
    assert 1 <= card.best_epoch <= len(card.losses) <= 3
    assert len(card.roc_auc) == 10
    assert set(card.seconds) == {"encoding", "training"}
    assert read_card(made.path) == card
    assert not list(made.path.parent.glob("*progress*"))


def test_it_is_made_once(make: Make, examples: Examples, tmp_path: Path) -> None:
    """The second call draws no picture but the two by which it knows the examples."""
    first = make(examples, tmp_path)

    assert make(interrupted(examples, 2), tmp_path) == first


def test_what_differs_is_another_classifier(
    make: Make, examples: Examples, protocol: Protocol, tmp_path: Path
) -> None:
    """Other seeds and other examples go elsewhere; another seed encodes nothing anew."""
    more = drawn_examples(examples.concept, protocol.image_size, 8, 25)
    made = [
        make(examples, tmp_path),
        make(interrupted(examples, 2), tmp_path, seed=1),
        make(more, tmp_path),
    ]

    assert len({one.path for one in made}) == 3
    assert len({one.card.tensors for one in made}) == 3


@pytest.mark.parametrize("stage", ["encoding", "saving", "measuring"])
def test_a_killed_one_goes_on_and_ends_the_same(
    stage: str,
    make: Make,
    examples: Examples,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wherever it ends, the next call gives the classifier of an undisturbed one."""
    # Rounding depends on how many pictures the VAE sees at once.
    monkeypatch.setattr(latent_views, "CHUNK", 10)
    whole = make(examples, tmp_path / "whole")

    def end(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        stopped = examples
        if stage == "encoding":
            stopped = interrupted(examples, 17)
        else:
            patch.setattr(
                classifier_cache,
                {"saving": "save_latent_classifier", "measuring": "measure"}[stage],
                end,
            )
        with pytest.raises(KeyboardInterrupt):
            make(stopped, tmp_path / "stopped")
    resumed = make(examples, tmp_path / "stopped")

    assert told(whole.card) == told(resumed.card)
    assert whole.path.read_bytes() == resumed.path.read_bytes()


def test_the_cache_is_the_user_s(
    make: Make, examples: Examples, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`XDG_CACHE_HOME` moves it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    made = make(examples, None)

    assert made.path.is_relative_to(tmp_path / "erasebench" / "classifiers")
