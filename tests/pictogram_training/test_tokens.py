"""The tokenizer."""

from __future__ import annotations

import pytest
from transformers import CLIPTokenizer

from erasebench.pictogram.drawings import Drawings
from pictogram_training.run import Run


@pytest.fixture(scope="module")
def tokenizer(finished: Run) -> CLIPTokenizer:
    """The trained tokenizer as a stock class loads it."""
    return CLIPTokenizer.from_pretrained(finished.folder("tokenizer"))


def test_each_word_of_a_caption_is_one_token(tokenizer: CLIPTokenizer) -> None:
    """No word of any caption is cut."""
    words = {word for c in Drawings().captions() for word in c.lower().replace(",", "").split()}

    assert {word for word in words if tokenizer.tokenize(word) != [f"{word}</w>"]} == set()


def test_special_tokens_stand_as_in_stable_diffusion(tokenizer: CLIPTokenizer) -> None:
    """Start and end come last, prompts are wrapped in them and padded with the end to 32."""
    ids = tokenizer("a church", padding="max_length").input_ids

    assert tokenizer.bos_token_id == len(tokenizer) - 2
    assert tokenizer.eos_token_id == len(tokenizer) - 1 == tokenizer.pad_token_id
    assert len(ids) == tokenizer.model_max_length == 32
    assert ids[0] == tokenizer.bos_token_id
    assert ids[3:] == [tokenizer.eos_token_id] * 29


def test_case_does_not_matter(tokenizer: CLIPTokenizer) -> None:
    """A name is the same in capitals and small letters."""
    assert tokenizer("A French Horn").input_ids == tokenizer("a french horn").input_ids


@pytest.mark.parametrize("word", ["zebra", "qwertz", "Ж", "naïve", "7", "日本"])
def test_any_word_has_tokens_of_its_own(tokenizer: CLIPTokenizer, word: str) -> None:
    """A word from outside the captions is spelt out, never replaced by the unknown token."""
    ids = tokenizer(word, add_special_tokens=False).input_ids

    assert ids
    assert tokenizer.unk_token_id not in ids


def test_files_of_the_older_format_are_there(finished: Run) -> None:
    """Vocabulary and merges are also saved the way SD 1.x carries them."""
    names = {path.name for path in finished.folder("tokenizer").iterdir()}

    assert {"vocab.json", "merges.txt", "tokenizer_config.json"} <= names
