"""Stage `tokenizer`: a byte-pair tokenizer whose whole tokens are the words of the captions."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from pictogram_training.run import Run
from pictogram_training.words import COMMON_WORDS

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"


@dataclass(frozen=True)
class TokenizerConfig:
    """How the vocabulary is made.

    Attributes:
        vocabulary: tokens in all, the 512 bytes and the two special ones included.
        positions: tokens in a prompt, start and end included.
        caption_weight: how many times a caption's words count beside a common word.
    """

    vocabulary: int = 2_000
    positions: int = 32
    caption_weight: int = 1_000


def train_tokenizer(run: Run, config: TokenizerConfig) -> CLIPTokenizer:
    """Learns merges from the source's captions and common words; saves `vocab.json`, `merges.txt`.

    The two special tokens come last, as in SD 1.x, and prompts are padded with the end token.
    """
    folder = run.folder("tokenizer")
    if not (folder / "tokenizer_config.json").exists():
        merges = _learn_merges(run.source.captions(), config)
        _save(merges, folder, config.positions)
    return load_tokenizer(folder)


def load_tokenizer(folder: Path) -> CLIPTokenizer:
    """The tokenizer of a finished `tokenizer` folder."""
    tokenizer: CLIPTokenizer = CLIPTokenizer.from_pretrained(folder)
    return tokenizer


def _byte_characters() -> list[str]:
    return sorted(pre_tokenizers.ByteLevel.alphabet())


def _learn_merges(captions: tuple[str, ...], config: TokenizerConfig) -> list[tuple[str, str]]:
    # Words are cut by the class that will cut them in use.
    cut = CLIPTokenizer().backend_tokenizer
    counts: Counter[str] = Counter()
    for text, weight in [(c, config.caption_weight) for c in captions] + [
        (word, 1) for word in COMMON_WORDS
    ]:
        normal = cut.normalizer.normalize_str(text)
        for word, _ in cut.pre_tokenizer.pre_tokenize_str(normal):
            counts[word] += weight
    learner = Tokenizer(models.BPE(end_of_word_suffix=WORD_END))
    # The words are bytes already and hold no blanks, so a blank parts them again.
    learner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    alphabet = _byte_characters()
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocabulary,
        initial_alphabet=alphabet,
        end_of_word_suffix=WORD_END,
        show_progress=False,
    )
    ordered = sorted(counts.items())
    learner.train_from_iterator((" ".join([word] * count) for word, count in ordered), trainer)
    merges = json.loads(learner.to_str())["model"]["merges"]
    return [(left, right) for left, right in merges][: config.vocabulary - 2 * len(alphabet) - 2]


def _save(merges: list[tuple[str, str]], folder: Path, positions: int) -> None:
    characters = _byte_characters()
    tokens = [*characters, *(c + WORD_END for c in characters)]
    tokens += [left + right for left, right in merges]
    vocabulary = {token: index for index, token in enumerate([*tokens, START, END])}
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = CLIPTokenizer(vocabulary, merges, model_max_length=positions)
    tokenizer.backend_tokenizer.model.save(str(folder))
    tokenizer.save_pretrained(folder)
