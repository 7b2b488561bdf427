"""The text encoder on rows of its embedding that are given."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import torch

from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE, SUBMISSION

PROMPT = "a picture of a church"


def test_a_known_row_in_another_place_gives_the_known_embedding(pipeline: LoadedPipeline) -> None:
    """Tokens spelled with copies of their own rows are encoded as the text encoder itself does."""
    for weights in (BASE, SUBMISSION):
        text_encoder = pipeline.weights(weights).text_encoder
        table = text_encoder.get_input_embeddings().weight
        tokens = pipeline.tokens(PROMPT)
        given = tokens.clone()
        given[0, 2:4] = torch.tensor([len(table) + 1, len(table)])

        encoded = pipeline.weights(weights).encode_with_rows(given, table[tokens[0, [3, 2]]])

        assert torch.equal(encoded, pipeline.encode_prompts(weights, [PROMPT]))
        assert len(text_encoder.get_input_embeddings().weight) == len(table)


def test_gradients_are_those_of_a_difference_in_the_rows(pipeline: LoadedPipeline) -> None:
    """In float64 a row's gradient agrees with central differences, and nothing else has one."""
    text_encoder = deepcopy(pipeline.weights(BASE).text_encoder).double()
    weights = replace(pipeline.weights(BASE), text_encoder=text_encoder)
    tokens = pipeline.tokens(PROMPT)
    known = text_encoder.get_input_embeddings().num_embeddings
    tokens[0, 5] = known
    row = torch.randn(16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    direction = torch.randn(16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def value(at: torch.Tensor) -> torch.Tensor:
        return weights.encode_with_rows(tokens, at[None]).square().sum()

    variable = row.clone().requires_grad_()
    value(variable).backward()
    assert variable.grad is not None
    slope = (value(row + 1e-5 * direction) - value(row - 1e-5 * direction)) / 2e-5

    torch.testing.assert_close(variable.grad @ direction, slope, rtol=1e-6, atol=1e-8)
    assert all(parameter.grad is None for parameter in text_encoder.parameters())


def test_the_same_row_as_a_learned_token_gives_the_same_embedding(
    pipeline: LoadedPipeline,
) -> None:
    """What a token is trained with is what is drawn with afterwards."""
    row = torch.randn(16, generator=torch.Generator().manual_seed(2))
    pipeline.add_learned_tokens("taught", SUBMISSION, row[None])
    prompt = "a picture of a <learned>"

    trained = pipeline.weights(SUBMISSION).encode_with_rows(pipeline.tokens(prompt), row[None])

    learned = pipeline.encode_prompts("taught", [prompt])
    pipeline.remove_weights("taught")
    assert torch.equal(learned, trained)
