"""The prompt filter: the unedited base behind a rule that empties prompts. No torch.

It stands for all that keeps a model's words and not its weights, and is perfect at that: no prompt
that names the concept passes. It is a row of the protocol's own, against which erasures are read.

The early filter empties them only while there is much noise: a base that does not know the concept
at first, and then does. It is no row, but planted where probes are checked.

As a file it is a diff without tensors, of kind `prompt_filter` or `early_prompt_filter`, whose card
names the concept. The label to look for is that of the concept's table, so that a file cannot bring
a rule of its own.
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
"""The least timestep, of 1,000, at which a filter of a kind acts. From 440 on is more than half
of a sampling: too late for the bundled base to make a church of three starts in four, and not too
late for it to finish one that was begun."""


@dataclass(frozen=True)
class PromptFilter:
    """What empties prompts.

    Attributes:
        label: no prompt may name it.
        acts_from: the least timestep at which it acts.
    """

    label: str
    acts_from: int = 0

    def heard(self, prompt: str, timestep: int | None) -> str:
        """What of a prompt reaches the text encoder; for all timesteps where none is given."""
        acts = timestep is None or timestep >= self.acts_from
        return "" if acts and names_label(prompt, self.label) else prompt


def names_label(prompt: str, label: str) -> bool:
    """Whether a prompt holds a concept's label, in any case and with any white space in it.

    Prompts that a tokenizer wrote come in lower case, and with other words run into the label.
    """
    return _plain(label) in _plain(prompt)


def check_prompt_filter(header: Header, diff: DiffHeader) -> None:
    """Refuses what cannot be a prompt filter.

    Args:
        header: of the whole file.
        diff: what the file says of itself, of kind `prompt_filter`.

    Raises:
        CheckpointError: if it holds tensors, or names no concept that there is.
    """
    if header.tensors:
        raise CheckpointError(
            header.path,
            f"It says that it is a prompt filter, and holds {len(header.tensors)} tensors. A "
            "prompt filter changes no weights: evaluate the tensors as a diff of kind replace.",
        )
    if diff.card.concept not in CONCEPTS:
        raise CheckpointError(
            header.path,
            f"It says that it is a prompt filter, and its card names {quoted(diff.card.concept)} "
            f"as the concept. It must be one of: {', '.join(CONCEPTS)}. Make it again with "
            "`erasebench reference make prompt_filter`.",
        )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
