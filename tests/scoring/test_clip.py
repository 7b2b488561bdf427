"""The scoring CLIP."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from transformers import CLIPModel, CLIPTokenizer

from erasebench.concepts import CONCEPTS
from erasebench.protocol import Protocol
from erasebench.scoring.clip import Clip, load_clip
from erasebench.scoring.pixels import to_input
from tests.scoring.conftest import CPU

PROMPTS = ["a picture of a church", "a dog", "", "a golf ball", "a picture of a church"]


@pytest.fixture(scope="module")
def clip(protocol: Protocol) -> Clip:
    """The tiny scoring CLIP."""
    return load_clip(protocol, CPU)


def stock_scores(
    protocol: Protocol, pictures: npt.NDArray[np.uint8], prompts: list[str]
) -> torch.Tensor:
    """100 × cosine of every picture with every prompt by the library's own forward pass, (N, P)."""
    model = CLIPModel.from_pretrained(protocol.clip.folder).eval()
    tokens = CLIPTokenizer.from_pretrained(protocol.clip.folder)(
        prompts, padding="max_length", return_tensors="pt"
    )
    with torch.no_grad():
        output = model(
            input_ids=tokens.input_ids, pixel_values=to_input(pictures, protocol.clip_pixels, CPU)
        )
        scores: torch.Tensor = 100 * output.logits_per_image / model.logit_scale.exp()
    return scores


def test_a_score_is_the_cosine_with_the_pictures_own_prompt(
    clip: Clip, protocol: Protocol, pictures: npt.NDArray[np.uint8]
) -> None:
    """Scores are the diagonal of the library's picture-by-prompt matrix, times 100."""
    church = CONCEPTS["church"]

    actual = clip.score(pictures[:5], [church] * 5, PROMPTS).score

    expected = stock_scores(protocol, pictures[:5], PROMPTS).diagonal()
    assert expected.std() > 1
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-3)


def test_first_is_the_concept_whose_prompt_fits_best(
    clip: Clip, protocol: Protocol, pictures: npt.NDArray[np.uint8]
) -> None:
    """Among the protocol's concepts exactly the library's best is first, and it alone."""
    names = protocol.concepts
    scores = stock_scores(protocol, pictures, [CONCEPTS[name].prompt for name in names])
    best = scores.argmax(1)
    assert len(set(best.tolist())) > 1

    for place, name in enumerate(names):
        first = clip.score(pictures, [CONCEPTS[name]] * 40, ["a dog"] * 40).first
        assert first.tolist() == (best == place).tolist()


def test_the_ranking_does_not_depend_on_the_generation_prompt(
    clip: Clip, pictures: npt.NDArray[np.uint8]
) -> None:
    """What was drawn for does not enter which concept fits best."""
    targets = [CONCEPTS["church"]] * 5

    one = clip.score(pictures[:5], targets, ["a dog"] * 5)
    other = clip.score(pictures[:5], targets, PROMPTS)

    assert one.first.tolist() == other.first.tolist()
    assert one.score.tolist() != other.score.tolist()


def test_embeddings_are_the_library_s_unit_vectors(
    clip: Clip, protocol: Protocol, pictures: npt.NDArray[np.uint8]
) -> None:
    """Of length 1, and those whose products with prompts are the scores."""
    embeddings = clip.embed(pictures)
    model = CLIPModel.from_pretrained(protocol.clip.folder).eval()
    tokens = CLIPTokenizer.from_pretrained(protocol.clip.folder)(PROMPTS[:1], return_tensors="pt")
    with torch.no_grad():
        output = model(
            input_ids=tokens.input_ids, pixel_values=to_input(pictures, protocol.clip_pixels, CPU)
        )

    torch.testing.assert_close(embeddings, output.image_embeds, rtol=0, atol=1e-5)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(len(pictures)))
