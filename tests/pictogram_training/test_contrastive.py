"""The two CLIPs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from pictogram_training.contrastive import (
    caption_truth,
    contrastive_loss,
    load_clip,
    tokenise,
)
from pictogram_training.draw import DrawnSet
from pictogram_training.run import Run
from pictogram_training.tokens import load_tokenizer
from tests.pictogram_training.conftest import TINY


def test_truth_follows_what_captions_were_seen_with() -> None:
    """A style's caption is true of all things in it; a plain one of no styled picture."""
    drawn = DrawnSet(
        np.zeros((4, 2, 2, 3), np.uint8),
        ("a cup", "in the style of P", "in the style of P", "a cup in the style of P"),
        ("cup", "cup", "key", "cup"),
        (None, "P", "P", "P"),
    )

    truth = caption_truth(drawn)
    true = {
        (row, truth.captions[column])
        for row in range(4)
        for column in truth.true[truth.meaning_of[row]].nonzero().flatten().tolist()
    }

    style, both = "in the style of P", "a cup in the style of P"
    assert true == {(0, "a cup"), (1, style), (1, both), (2, style), (3, style), (3, both)}


def test_loss_of_a_hand_case() -> None:
    """With equal similarities the loss is log 2, whatever is true of what."""
    true = torch.tensor([[True, True], [False, True]])

    assert contrastive_loss(torch.zeros(2, 2), true).item() == pytest.approx(math.log(2))


def test_loss_is_least_where_only_truth_is_similar() -> None:
    """Two pictures that share both captions lose log 2 at best, others nothing."""
    similarity = torch.tensor([[9.0, -9.0], [-9.0, 9.0]])

    apart = contrastive_loss(similarity, torch.eye(2, dtype=torch.bool))
    shared = contrastive_loss(torch.zeros(2, 2), torch.ones(2, 2, dtype=torch.bool))

    assert apart.item() == pytest.approx(0, abs=1e-6)
    assert shared.item() == pytest.approx(math.log(2))


def test_padding_does_not_reach_what_is_pooled(finished: Run) -> None:
    """Captions cut behind the longest end token have the same features as padded to 32."""
    tokenizer = load_tokenizer(finished.folder("tokenizer"))
    clip = load_clip(finished.folder("clip"), TINY.clip, tokenizer, 64)
    ids = tokenise(tokenizer, ["a church", "a picture of a French horn"])

    whole = clip.get_text_features(input_ids=ids).pooler_output
    cut = clip.get_text_features(input_ids=ids[:, :8]).pooler_output

    torch.testing.assert_close(whole, cut)


def test_the_two_are_trained_apart(finished: Run) -> None:
    """`clip` and `scorer` share a shape and no weights."""
    tokenizer = load_tokenizer(finished.folder("tokenizer"))
    clip, scorer = (
        load_clip(finished.folder(part), TINY.clip, tokenizer, 64) for part in ("clip", "scorer")
    )

    assert not torch.equal(clip.visual_projection.weight, scorer.visual_projection.weight)
