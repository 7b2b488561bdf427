"""Stage `tokenizer`: a byte-pair tokenizer with one token for each word of the captions."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from pictogram_training.run import Run

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"


@dataclass(frozen=True)
class TokenizerConfig:
    """Settings of the vocabulary.

    Attributes:
        vocabulary: number of tokens, including the 512 bytes and the two special ones.
        positions: tokens in a prompt, including start and end.
        caption_weight: weight of a caption's words; common words have weight 1.
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
    # The class that splits words at inference also splits them here.
    cut = CLIPTokenizer().backend_tokenizer
    counts: Counter[str] = Counter()
    for text, weight in [(c, config.caption_weight) for c in captions] + [
        (word, 1) for word in COMMON_WORDS
    ]:
        normal = cut.normalizer.normalize_str(text)
        for word, _ in cut.pre_tokenizer.pre_tokenize_str(normal):
            counts[word] += weight
    learner = Tokenizer(models.BPE(end_of_word_suffix=WORD_END))
    # The words are bytes without blanks, so blanks separate them.
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


_TEXT = """
the be to of and a in that have it for not on with he as you do at this but his by from they we
say her she or an will my one all would there their what so up out if about who get which go me
when make can like time no just him know take people into year your good some could them see other
than then now look only come its over think also back after use two how our work first well way
even new want because any these give day most us is was are were been has had did said made each
many more very where why here off again under last long little own old right big high different
small large next early young few same able great same every much through before between both being
while below above never always often still another such around against without within man woman
child boy girl baby person friend family mother father king queen player doctor teacher house home
door window room wall floor roof kitchen garden street road city town village school shop market
bridge tower castle station farm field forest wood tree leaf grass flower hill mountain river lake
sea beach island sky sun moon star cloud rain snow wind fire water ice earth stone sand dog cat
horse cow sheep pig bird fish lion tiger bear mouse rabbit duck chicken bee animal car bus train
boat ship plane bicycle truck wheel engine machine tool phone camera computer radio television
clock lamp table chair bed box bag bottle cup plate knife spoon key book paper pen letter picture
photo photograph painting drawing image sketch portrait print poster cartoon style artist art
music song guitar piano drum horn game ball toy food bread cake apple orange lemon banana egg milk
cheese meat coffee tea sugar salt red green blue yellow black white brown grey pink purple gold
silver dark light bright colour color warm cold hot dry wet clean dirty open closed empty full
round square flat tall short wide narrow deep heavy soft hard fast slow quick loud quiet happy sad
angry tired beautiful pretty ugly simple strange famous rich poor strong weak safe real true false
one two three four five six seven eight nine ten hundred thousand morning evening night summer
winter spring autumn today north south east west left front side top bottom middle corner edge
line circle shape face head eye ear nose mouth hand arm leg foot hair body heart hat shirt dress
shoe coat run walk sit stand sleep eat drink read write draw paint play sing dance jump fly swim
drive ride hold carry throw catch cut break build find show look watch hear speak talk ask answer
call help love live die begin end stop start turn move close background foreground detailed
realistic abstract modern ancient vintage oil watercolor canvas digital render view scene
landscape nature macro wide angle studio quality best
"""

COMMON_WORDS: tuple[str, ...] = tuple(_TEXT.split())
"""Common English words, so that other prompts than the captions tokenise sensibly."""
