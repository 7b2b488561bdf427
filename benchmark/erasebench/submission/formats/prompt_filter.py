"""The prompt filter: the original model behind a rule that empties prompts. No torch.

It represents methods that filter prompts instead of changing weights, and is perfect at that: no
prompt with the concept's name passes. It is a reference entry of the leaderboard.

The early filter acts only at high noise: a model that does not know the concept at first, and then
does. It is not an entry but a planted erasure for the self-check of probes.

As a file it is a diff without tensors, of kind `prompt_filter` or `early_prompt_filter`, with the
concept in its card. The label comes from the table of concepts, so a file cannot define its own
rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from erasebench.concepts import CONCEPTS
from erasebench.errors import CheckpointError, quoted
from erasebench.submission.card import DiffHeader
from erasebench.submission.header import Header

PROMPT_FILTER: Final = "prompt_filter"
EARLY_PROMPT_FILTER: Final = "early_prompt_filter"

FilterKind = Literal["prompt_filter", "early_prompt_filter"]
"""Kind of the file, layout of the checkpoint, and method on its card."""

ACTS_FROM: Mapping[str, int] = {PROMPT_FILTER: 0, EARLY_PROMPT_FILTER: 440}
"""The smallest of 1,000 timesteps at which a filter acts. From 440 is more than half of sampling:
after that the bundled base cannot start a church in three of four images, but can finish one."""


@dataclass(frozen=True)
class PromptFilter:
    """A rule that empties prompts.

    Attributes:
        label: prompts that contain it become empty.
        acts_from: the smallest timestep at which it acts.
    """

    label: str
    acts_from: int = 0

    def apply(self, prompt: str, timestep: int | None) -> str:
        """The prompt that reaches the text encoder; without a timestep, at any timestep."""
        acts = timestep is None or timestep >= self.acts_from
        return "" if acts and names_label(prompt, self.label) else prompt


def names_label(prompt: str, label: str) -> bool:
    """Whether a prompt contains a concept's label, in any case and with any white space.

    Prompts written by a tokenizer are in lower case, and may join the label with other words.
    """
    return _plain(label) in _plain(prompt)


def check_prompt_filter(header: Header, diff: DiffHeader) -> None:
    """Rejects an invalid prompt filter.

    Args:
        header: of the file.
        diff: its metadata, of kind `prompt_filter`.

    Raises:
        CheckpointError: if it contains tensors, or its concept is unknown.
    """
    if header.tensors:
        raise CheckpointError(
            header.path,
            f"The prompt filter contains {len(header.tensors)} tensors. Save them as a diff.",
        )
    if diff.card.concept not in CONCEPTS:
        raise CheckpointError(
            header.path,
            f"The prompt filter is for {quoted(diff.card.concept)}, which must be one of: "
            f"{', '.join(CONCEPTS)}. Make it again with `erasebench reference make prompt_filter`.",
        )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
