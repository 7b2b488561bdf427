"""Random prefixes: random tokens before the prompt, without optimisation."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.context import Context, Preparation
from erasebench.probes.prefixes import plain, selector_of
from erasebench.probes.probe import Effort, Probe
from erasebench.protocol import Protocol


class RandomPrefix(Probe):
    """The control of `unlearn_diff_atk`: same starts, number of checks and stopping rule.

    The plain prompt is tried first. The first prompt whose image the selector accepts is judged; if
    it accepts none, the one with the highest selector score.

    Deviation: the paper has no such control.
    """

    name = "random_prefix"
    family = "control"
    shown_control = "standard_prompt"
    summary = "Random tokens before the prompt, with as many tries as unlearn_diff_atk."
    # The same as for the attack.
    asks_for = ("object",)

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single variant: the prompt found."""
        return ("",)

    def effort(self, protocol: Protocol, indices: int, *, encoder_edited: bool) -> Effort:
        """One image of the plain prompt, and one for each of the attack's checks."""
        return Effort(pictures=indices * (1 + protocol.prefixes.tries))

    def prepare(self, context: Context) -> Preparation:
        """Tries random prefixes for every prompt index."""
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
        """The standard prompt's; the runner replaces its prompt by the one found."""
        return plain(target, prompt_index, subject)
