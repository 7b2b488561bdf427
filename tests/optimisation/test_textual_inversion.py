"""Textual inversion: what changes, where it begins, how fast it goes, and that it learns."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import load_file

from erasebench.concepts import CONCEPTS, Concept
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE, SUBMISSION, prompt_with_token
from erasebench.optimisation import training
from erasebench.optimisation.denoising import random_denoising_loss
from erasebench.optimisation.textual_inversion import (
    embedding_scale,
    first_row,
    learn_token,
)
from erasebench.recipes import Recipe
from tests.optimisation.conftest import TABLE
from tests.optimisation.watched import WatchedNoise

SPANIEL = CONCEPTS["english_springer_spaniel"]
RECIPE = Recipe(updates=5, batch=3, learning_rate=0.01)
PROMPTS = (CONCEPTS["church"].prompt, SPANIEL.prompt)

Pictures = npt.NDArray[np.uint8]


def test_the_token_takes_the_place_of_the_whole_label() -> None:
    """Labels of one word or more, of objects and of styles."""
    assert prompt_with_token(SPANIEL) == "a picture of a <learned>"
    assert prompt_with_token(CONCEPTS["church"]) == "a picture of a <learned>"
    assert prompt_with_token(CONCEPTS["van_gogh"]) == "a painting in the style of <learned>"


def test_training_begins_at_the_first_word_that_is_a_token(pipeline: LoadedPipeline) -> None:
    """A word in pieces is passed over; where none is whole, the pieces of "object" are averaged."""
    pieces = pipeline.tokenizer("object", add_special_tokens=False).input_ids
    assert len(pieces) > 1, "the tiny tokenizer has never seen the word"
    for weights in (BASE, SUBMISSION):
        table = pipeline.weights(weights).text_encoder.get_input_embeddings().weight
        church = table[pipeline.tokenizer.convert_tokens_to_ids("church</w>")]

        beginning = partial(first_row, pipeline, weights)

        assert torch.equal(beginning(CONCEPTS["church"]), church)
        assert torch.equal(beginning(Concept("x", "xqzj church ball", "object")), church)
        torch.testing.assert_close(
            beginning(Concept("x", "xqzj", "object")), table[pieces].mean(dim=0)
        )


def test_only_the_token_s_row_changes(
    pipeline: LoadedPipeline, noise: NoiseSource, pictures: Pictures, tmp_path: Path
) -> None:
    """All tensors of the weights are as before; the row alone has moved, and it is stored."""
    before = {n: t.clone() for n, t in pipeline.weights(SUBMISSION).tensors().items()}

    row = learn_token(
        pipeline, SUBMISSION, SPANIEL, pictures, noise, RECIPE, PROMPTS, tmp_path / "token"
    )

    after = pipeline.weights(SUBMISSION).tensors()
    with_token = pipeline.add_learned_tokens("taught", SUBMISSION, row[None]).tensors()
    table = "text_encoder.embeddings.token_embedding.weight"
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert all(torch.equal(with_token[n], t) for n, t in before.items() if n != table)
    assert torch.equal(with_token[table][:-1], before[table])
    assert (row - first_row(pipeline, SUBMISSION, SPANIEL)).abs().max() > 0.01
    assert torch.equal(load_file(tmp_path / "token")["token"], row)


def test_a_token_is_learned(
    pipeline: LoadedPipeline, noise: NoiseSource, pictures: Pictures, tmp_path: Path
) -> None:
    """On noise that was not trained on, the prompt with the token predicts better than before."""
    recipe = Recipe(updates=40, batch=8, learning_rate=0.02)
    row = learn_token(pipeline, BASE, SPANIEL, pictures, noise, recipe, PROMPTS, tmp_path / "token")
    pipeline.add_learned_tokens("before", BASE, first_row(pipeline, BASE, SPANIEL)[None])
    pipeline.add_learned_tokens("after", BASE, row[None])
    clean = pipeline.encode_pictures(pictures)

    with torch.no_grad():
        before, after = (
            random_denoising_loss(
                pipeline.schedule(4).alphas,
                partial(pipeline.predict_noise, weights),
                clean,
                pipeline.encode_prompts(weights, [prompt_with_token(SPANIEL)]),
                64,
                torch.Generator().manual_seed(9),
            )
            for weights in ("before", "after")
        )

    assert after < 0.99 * before


def test_the_learning_rate_follows_the_length_of_the_embeddings(
    pipeline: LoadedPipeline, noise: NoiseSource, pictures: Pictures, tmp_path: Path
) -> None:
    """Three times as long, three times as fast: Adam's first step is the learning rate."""
    assert embedding_scale(pipeline, BASE, PROMPTS) == 1
    assert embedding_scale(pipeline, SUBMISSION, PROMPTS) == pytest.approx(3, rel=1e-6)
    recipe = Recipe(updates=1, batch=3, learning_rate=0.01)

    for weights, step in ((BASE, 0.01), (SUBMISSION, 0.03)):
        begun = first_row(pipeline, weights, SPANIEL)
        row = learn_token(
            pipeline, weights, SPANIEL, pictures, noise, recipe, PROMPTS, tmp_path / weights
        )

        decayed = begun * (1 - step * recipe.weight_decay)
        torch.testing.assert_close(
            (row - decayed).abs(), torch.full_like(row, step), rtol=0.01, atol=0
        )


def test_what_nobody_asks_for_moves_no_learning_rate(pipeline: LoadedPipeline) -> None:
    """Rows outside the prompts may be as long as an erasure likes."""
    table = pipeline.weights(SUBMISSION).text_encoder.get_input_embeddings().weight
    used = {t for p in PROMPTS for t in pipeline.tokenizer(p, add_special_tokens=False).input_ids}
    unused = [token for token in range(len(table)) if token not in used]
    blunted = table.detach().clone()
    blunted[unused] *= 1e-6
    pipeline.add_weights("blunted", {TABLE: blunted}, of=SUBMISSION)

    assert len(unused) > len(used)
    assert embedding_scale(pipeline, "blunted", PROMPTS) == pytest.approx(3, rel=1e-6)


def test_a_killed_training_gives_the_same_token(
    pipeline: LoadedPipeline,
    noise: NoiseSource,
    pictures: Pictures,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stopped between two saves it goes on from the first; finished it is read, not trained."""
    monkeypatch.setattr(training, "UPDATES_BETWEEN_SAVES", 2)
    learn = partial(learn_token, pipeline, SUBMISSION, SPANIEL, pictures)
    whole = learn(noise, RECIPE, PROMPTS, tmp_path / "whole")

    with pytest.raises(KeyboardInterrupt):
        learn(WatchedNoise.of(noise, stop_at=3), RECIPE, PROMPTS, tmp_path / "token")
    watched = WatchedNoise.of(noise)
    resumed = learn(watched, RECIPE, PROMPTS, tmp_path / "token")
    again = learn(watched, RECIPE, PROMPTS, tmp_path / "token")

    assert [stream.prompt_index for stream in watched.opened] == [2, 3, 4]
    assert torch.equal(resumed, whole)
    assert torch.equal(again, whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["token", "whole"]
