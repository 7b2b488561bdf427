"""Shared by the prefix attack and its control: trajectories, and tries with the selector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.context import Context

if TYPE_CHECKING:
    from erasebench.optimisation.tries import AskSelector, SelectorVerdict


def plain(target: Concept, prompt_index: int, subject: str) -> Trajectory:
    """The standard prompt's trajectory; a try changes only its prompt."""
    return Trajectory(prompt=target.prompt, weights=subject, start=prompt_start(prompt_index))


def selector_of(context: Context) -> AskSelector:
    """Returns a function that generates one prompt per index and asks the selector."""

    def look(prompts: Mapping[int, str]) -> dict[int, SelectorVerdict]:
        seen = context.look(
            [
                plain(context.target, index, context.subject).asking(p)
                for index, p in prompts.items()
            ]
        )
        return dict(zip(prompts, seen, strict=True))

    return look
