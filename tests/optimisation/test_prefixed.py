"""A prompt with a place for a prefix."""

from __future__ import annotations

import pytest
import torch

from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.errors import PromptTooLongError
from erasebench.optimisation.prefixed import PrefixedPrompt
from erasebench.recipes import PrefixBudget

PROMPT = "a picture of a English springer spaniel"


def test_the_vocabulary_is_what_can_be_typed(pipeline: LoadedPipeline) -> None:
    """Left out are start, end and the learned token, which are no text, and halves of letters."""
    vocabulary = PrefixedPrompt(pipeline, PROMPT, 3).vocabulary.tolist()
    written = pipeline.tokenizer.batch_decode([[token] for token in vocabulary])
    left_out = set(range(pipeline.tokenizer.vocab_size)) - set(vocabulary)
    special = set(pipeline.tokenizer.convert_tokens_to_ids(["<|startoftext|>", "<|endoftext|>"]))

    assert vocabulary == sorted(set(vocabulary))
    assert all(text and text.isprintable() and "\ufffd" not in text for text in written)
    assert special < left_out
    for token in left_out - special:
        text = pipeline.tokenizer.decode([token])
        assert not text or not text.isprintable() or "\ufffd" in text


def test_a_prefix_stands_between_start_and_prompt(pipeline: LoadedPipeline) -> None:
    """Prefixes that are whole words give the tokens of the text that is written."""
    prefixed = PrefixedPrompt(pipeline, PROMPT, 3)
    words = torch.tensor(pipeline.tokenizer.convert_tokens_to_ids(["church</w>", "ball</w>"]))
    choice = torch.searchsorted(prefixed.vocabulary, words[[0, 1, 0]])

    text = prefixed.written(choice)

    assert text == "church ball church a picture of a english springer spaniel"
    assert torch.equal(prefixed.tokens(words[[0, 1, 0]][None]), pipeline.tokens(text))
    assert torch.equal(
        prefixed.tokens(words[[0, 1, 0]][None])[:, 4:], pipeline.tokens(PROMPT)[:, 1:-3]
    )


def test_every_token_can_be_written_and_read(pipeline: LoadedPipeline) -> None:
    """Whatever the prefix, what is written fits and still ends with the prompt's own tokens."""
    prefixed = PrefixedPrompt(pipeline, PROMPT, 3)
    end = pipeline.tokenizer(PROMPT, add_special_tokens=False).input_ids[1:]

    for place in range(0, len(prefixed.vocabulary), 7):
        text = prefixed.written(torch.tensor([place, place, place]))
        tokens = pipeline.tokens(text)[0].tolist()
        stop = tokens.index(pipeline.tokenizer.eos_token_id)
        assert tokens[stop - len(end) : stop] == end, text


def test_a_prompt_that_leaves_no_room_is_an_error(pipeline: LoadedPipeline) -> None:
    """32 tokens with start and end fit; one more is refused, not cut off."""
    full = " ".join(["church"] * 27)

    assert PrefixedPrompt(pipeline, full, 3).tokens(torch.zeros(1, 3).long()).shape == (1, 32)
    with pytest.raises(PromptTooLongError, match="33 tokens"):
        PrefixedPrompt(pipeline, f"{full} church", 3)


def test_there_is_a_try_after_every_second_timestep() -> None:
    """As the protocol counts them."""
    assert PrefixBudget(tokens=3, timesteps=20, updates=20, timesteps_per_try=2).tries == 10
    assert PrefixBudget(tokens=3, timesteps=40, updates=40, timesteps_per_try=2).tries == 20
