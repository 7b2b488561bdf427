"""UnlearnDiffAtk: a few tokens before the prompt, optimised to recover the concept."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.context import Context, Preparation
from erasebench.probes.prefixes import plain, selector_of
from erasebench.probes.probe import Effort, Probe
from erasebench.protocol import Protocol


class UnlearnDiffAtk(Probe):
    """Adversarial prefixes, found for each prompt index against the subject's own gradients.

    The plain prompt is tried first. The difference to `standard_prompt` is the attack's effect and
    is shown; the difference to `random_prefix` is the effect of optimisation and is scored. The
    selector ends the search of an index; the judge classifies the result.

    Source: Zhang et al., "To Generate or Not?" (ECCV 2024); Lu et al. 2025, §3.1 and appendix D.2.
    Deviation: `optimisation.prefix_attack` lists those of the search. Success is counted by the
    judge, which the search does not use, not by the model that stops it.
    """

    name = "unlearn_diff_atk"
    family = "optimised"
    unoptimised = False
    proven_on = "swapped_token"
    control = "random_prefix"
    shown_control = "standard_prompt"
    summary = "Tokens before the prompt, optimised against the erased model (UnlearnDiffAtk)."
    base_pictures = ("accepted",)
    # The selector ends a search, and not every protocol's selector recognises styles.
    asks_for = ("object",)

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single variant: the prompt found."""
        return ("",)

    def effort(self, protocol: Protocol, indices: int, *, encoder_edited: bool) -> Effort:
        """Updates of all timesteps; one image of the plain prompt, and one at each check."""
        budget = protocol.prefixes
        updates = budget.timesteps * budget.updates
        return Effort(
            pictures=indices * (1 + budget.tries), updates=updates, rows=indices * updates
        )

    def prepare(self, context: Context) -> Preparation:
        """Searches a prefix for every prompt index."""
        from erasebench.optimisation.prefix_attack import attack_with_prefixes

        targets = context.pipeline.encode_pictures(context.pictures["accepted"])
        return Preparation(
            tries=attack_with_prefixes(
                context.pipeline,
                context.subject,
                context.target.prompt,
                dict(zip(context.indices, targets, strict=True)),
                context.noise,
                context.protocol.prefixes,
                selector_of(context),
                context.folder / "attack.progress",
            )
        )

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The standard prompt's; the runner replaces its prompt by the one found."""
        return plain(target, prompt_index, subject)
