"""A few random tokens before the prompt: as many tries as the attack has, and no optimisation."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.context import Context, Preparation
from erasebench.probes.prefixes import plain, selector_of
from erasebench.probes.probe import Effort, Probe
from erasebench.protocol import Protocol


class RandomPrefix(Probe):
    """The control of `unlearn_diff_atk`: the same starts, number of checks and rule to stop.

    The plain prompt comes first. The first prompt whose picture the selector accepts is judged;
    where there is none, the one that the selector likes best.

    Deviation: the paper has no such control.
    """

    name = "random_prefix"
    family = "control"
    shown_control = "standard_prompt"
    summary = "Random tokens before the prompt, with as many tries as unlearn_diff_atk."
    # As of the attack.
    asks_for = ("object",)

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single draw: the prompt that was found."""
        return ("",)

    def effort(self, protocol: Protocol, indices: int, *, encoder_edited: bool) -> Effort:
        """The plain prompt, and a prefix for each of the attack's checks."""
        return Effort(pictures=indices * (1 + protocol.prefixes.tries))

    def prepare(self, context: Context) -> Preparation:
        """Tries prefixes."""
        from erasebench.optimisation.random_prefix import try_random_prefixes

        return Preparation(
            tries=try_random_prefixes(
                context.pipeline,
                context.target.prompt,
                context.indices,
                context.noise,
                context.protocol.prefixes,
                selector_of(context),
                context.folder / "tries.progress",
            )
        )

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The standard prompt's, which the prompt that was found takes the place of."""
        return plain(target, prompt_index, subject)
