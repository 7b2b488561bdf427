"""UCE: the closed form against the paper's, and what it promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
import torch

from erasebench.diffusion.trajectory import BASE
from erasebench.methods.erasure import Erasure
from erasebench.methods.settings import UceSettings
from erasebench.methods.uce import erase

NAME = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_v.weight"
KEEP = "a picture of a tench"


def _tokens(erasure: Erasure, text: str) -> torch.Tensor:
    return erasure.pipeline.encode_prompts(BASE, [text])[0].double()


def test_only_keys_and_values_of_cross_attention_change(
    erasure: Callable[..., Erasure],
) -> None:
    """Two matrices a cross-attention block, and nothing else."""
    one = erasure()

    changed = erase(one, UceSettings())

    assert set(changed) == {
        name
        for name in one.unet_tensors()
        if name.endswith((".attn2.to_k.weight", ".attn2.to_v.weight"))
    }
    assert all(not torch.equal(changed[name], one.unet_tensors()[name]) for name in changed)
    assert changed[NAME].dtype == torch.float32


@pytest.mark.parametrize("tokens", ["last", "from_last", "all"])
def test_equals_the_formula_term_by_term(
    erasure: Callable[..., Erasure], tokens: Literal["last", "from_last", "all"]
) -> None:
    """Sums of outer products for one matrix, inverted by another library, give the same matrix.

    From the last word on, a token's guide is as far from the empty prompt's start as the token is
    from that word.
    """
    one = erasure()
    settings = UceSettings(
        damping=0.3,
        erase_scale=0.7,
        preserve_scale=0.2,
        tokens=tokens,
        preserve=(KEEP,),
        preserve_empty=True,
        wording="prompt",
    )
    original = one.unet_tensors()[NAME].double().numpy()
    own = {text: _tokens(one, text).numpy() for text in ("a picture of a church", "", KEEP)}
    after = {text: len(one.pipeline.tokenizer(text).input_ids) - 1 for text in own}
    concept, kept, still = (
        {
            "last": own[text][after[text] - 1 : after[text]],
            "from_last": own[text][after[text] - 1 :],
        }.get(tokens, own[text])
        for text in ("a picture of a church", KEEP, "")
    )
    guide = own[""][: len(concept)]
    left = 0.3 * original
    right = 0.3 * np.eye(original.shape[1])
    for c, g in zip(concept, guide, strict=True):
        left = left + 0.7 * np.outer(original @ g, c)
        right = right + 0.7 * np.outer(c, c)
    for c in (*kept, *still):
        left = left + 0.2 * np.outer(original @ c, c)
        right = right + 0.2 * np.outer(c, c)

    found = erase(one, settings)[NAME].numpy()

    np.testing.assert_allclose(found, left @ np.linalg.inv(right), atol=1e-6)


def test_the_last_token_becomes_the_guides(erasure: Callable[..., Erasure]) -> None:
    """With little damping the concept's last token has the value of the empty prompt's start."""
    one = erasure()
    text = one.concept.label
    last = len(one.pipeline.tokenizer(text).input_ids) - 2
    token, guide = _tokens(one, text)[last], _tokens(one, "")[0]
    original = one.unet_tensors()[NAME].double()

    edited = erase(one, UceSettings(damping=1e-6))[NAME].double()

    torch.testing.assert_close(edited @ token, original @ guide, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(original @ token, original @ guide, atol=1e-2)


@pytest.mark.parametrize("scale", [0.0, 100.0])
def test_preserved_texts_keep_their_values(erasure: Callable[..., Erasure], scale: float) -> None:
    """The more the preserved text weighs, the nearer its token stays to what it was."""
    one = erasure()
    last = len(one.pipeline.tokenizer(KEEP).input_ids) - 2
    token = _tokens(one, KEEP)[last]
    original = one.unet_tensors()[NAME].double()
    settings = UceSettings(damping=0.01, preserve_scale=scale, preserve=(KEEP,), wording="prompt")

    edited = erase(one, settings)[NAME].double()
    moved = ((edited - original) @ token).norm() / (original @ token).norm()

    assert moved < 0.01 if scale else moved > 0.05


def test_without_weight_nothing_is_erased(erasure: Callable[..., Erasure]) -> None:
    """At erase scale 0 the formula gives W_0 back."""
    one = erasure()

    edited = erase(one, UceSettings(erase_scale=0, preserve=(KEEP,)))[NAME]

    torch.testing.assert_close(edited, one.unet_tensors()[NAME], atol=1e-7, rtol=0)
