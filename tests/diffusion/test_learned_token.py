"""A set of weights that owns one token more."""

from __future__ import annotations

import pytest
import torch

from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.trajectory import BASE, LEARNED, SUBMISSION, learned_words
from erasebench.protocol import Protocol
from tests.diffusion.conftest import CPU, edited_tensors
from tests.tiny import TEXT_WIDTH

PROMPT = f"a picture of a {LEARNED}"
ROW = torch.randn(TEXT_WIDTH, generator=torch.Generator().manual_seed(4))


@pytest.fixture
def taught(protocol: Protocol) -> LoadedPipeline:
    """A pipeline whose `taught` weights are a submission's with a token of their own."""
    loaded = load_base(protocol, CPU)
    loaded.add_weights(SUBMISSION, edited_tensors(loaded))
    loaded.add_learned_tokens("taught", SUBMISSION, ROW[None])
    return loaded


def test_only_the_embedding_is_longer(taught: LoadedPipeline) -> None:
    """One row was added; every other tensor is the very one of the weights it was learned on."""
    before, after = (taught.weights(name).tensors() for name in (SUBMISSION, "taught"))
    table = "text_encoder.embeddings.token_embedding.weight"

    assert after.keys() == before.keys()
    assert [
        name
        for name in before
        if after[name] is not before[name] and after[name].data_ptr() != before[name].data_ptr()
    ] == [table]
    assert torch.equal(after[table][:-1], before[table])
    assert torch.equal(after[table][-1], ROW)
    assert not any(p.requires_grad for p in taught.weights("taught").text_encoder.parameters())


def test_the_word_is_read_with_its_row_and_others_as_before(taught: LoadedPipeline) -> None:
    """A prompt with the word is a text of its own; one without is that of the weights beneath."""
    plain = "a picture of a church"
    known = taught.weights(BASE).text_encoder.config.vocab_size
    words = taught.tokens("a picture of a")[0, :5].tolist()

    assert taught.tokens(PROMPT)[0, :6].tolist() == [*words, known]
    assert taught.tokens(f"the {LEARNED}, {LEARNED}").eq(known).sum() == 2
    assert torch.equal(
        taught.encode_prompts("taught", [plain]), taught.encode_prompts(SUBMISSION, [plain])
    )
    taught.add_learned_tokens("other", SUBMISSION, -ROW[None])
    difference = taught.encode_prompts("taught", [PROMPT]) - taught.encode_prompts(
        "other", [PROMPT]
    )
    assert difference.abs().max() > 0.1


@pytest.mark.parametrize("weights", [BASE, SUBMISSION])
def test_weights_without_such_a_token_cannot_read_the_word(
    taught: LoadedPipeline, weights: str
) -> None:
    """It is an error, not read as letters and brackets."""
    with pytest.raises(ValueError, match=f"weights '{weights}' own none"):
        taught.encode_prompts(weights, [PROMPT])


def test_one_token_at_most_and_no_name_twice(taught: LoadedPipeline) -> None:
    """A second token, or a second set of the same name, is refused."""
    row = torch.zeros(TEXT_WIDTH)

    with pytest.raises(ValueError, match="learned tokens already"):
        taught.add_learned_tokens("twice", "taught", row[None])
    with pytest.raises(ValueError, match="there already"):
        taught.add_learned_tokens("taught", SUBMISSION, row[None])


def test_several_tokens_have_a_word_each(protocol: Protocol) -> None:
    """Each word is read with its own row, and the prompts of others as before."""
    loaded = load_base(protocol, CPU)
    rows = torch.stack([ROW, -ROW, 2 * ROW])
    loaded.add_learned_tokens("taught", BASE, rows)
    known = loaded.weights(BASE).text_encoder.config.vocab_size
    words = learned_words(3)
    read = loaded.tokens(f"a {' '.join(words)}")[0].tolist()
    embedding = loaded.weights("taught").text_encoder.get_input_embeddings()

    assert words[0] == LEARNED
    assert read[2:5] == [known, known + 1, known + 2]
    assert torch.equal(embedding.weight[known:], rows)
    alone = loaded.encode_prompts("taught", [f"a {word}" for word in words])
    assert (alone[0] - alone[1]).abs().max() > 0.1
    with pytest.raises(ValueError, match="own none"):
        loaded.encode_prompts(BASE, [f"a {words[2]}"])
