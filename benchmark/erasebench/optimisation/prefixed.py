"""A prompt with a prefix of a few tokens."""

from __future__ import annotations

import torch

from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE
from erasebench.errors import PromptTooLongError


class PrefixedPrompt:
    """A prompt that begins with k tokens that a user could type.

    Attributes:
        vocabulary: the tokens that a prefix is made of, int64 (V,), ascending: all except special
            tokens and those without printable text, such as a partial character.
    """

    def __init__(self, pipeline: LoadedPipeline, prompt: str, prefix_tokens: int) -> None:
        """Tokenises the prompt.

        Raises:
            PromptTooLongError: if prompt and prefix have more tokens than the text encoder reads.
        """
        self._tokenizer = pipeline.tokenizer
        self._words: list[int] = self._tokenizer(prompt, add_special_tokens=False).input_ids
        plain = pipeline.tokens(prompt)
        used, limit = 2 + len(self._words) + prefix_tokens, plain.shape[1]
        if used > limit:
            raise PromptTooLongError(prompt, used, limit)
        # The start, a gap for the prefix, the words; as much padding as the prefix takes falls off.
        self._start, self._rest = plain[:, :1], plain[:, 1 : limit - prefix_tokens]
        known: int = pipeline.weights(BASE).text_encoder.config.vocab_size
        written: list[str] = self._tokenizer.batch_decode([[token] for token in range(known)])
        special = set(self._tokenizer.all_special_ids)
        self.vocabulary = torch.tensor(
            [token for token in range(known) if token not in special and _typed(written[token])]
        )

    def tokens(self, prefixes: torch.Tensor) -> torch.Tensor:
        """Token ids of the prompt after each of N prefixes.

        Args:
            prefixes: int64 (N, k).

        Returns:
            int64 (N, L), with start, end and padding.
        """
        count = len(prefixes)
        parts = (self._start.expand(count, -1), prefixes, self._rest.expand(count, -1))
        return torch.cat(parts, dim=1)

    def written(self, choice: torch.Tensor) -> str:
        """The prompt after one prefix, as a user would type it.

        Tokenised again it may have other tokens: a token may be part of a word, or no letter.

        Args:
            choice: int64 (k,), positions in the vocabulary.
        """
        prefix = self.vocabulary[choice.cpu()].tolist()
        text: str = self._tokenizer.decode([*prefix, *self._words])
        return text


def _typed(text: str) -> bool:
    """Whether a user can type it: printable, not empty, and without replacement characters."""
    return bool(text) and text.isprintable() and "\N{REPLACEMENT CHARACTER}" not in text
