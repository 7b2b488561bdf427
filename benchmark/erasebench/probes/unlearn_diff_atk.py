"""A few tokens before the prompt, optimised until the concept is back."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.context import Context, Preparation
from erasebench.probes.prefixes import plain, selector_of
from erasebench.probes.probe import Effort, Probe
from erasebench.protocol import Protocol


class UnlearnDiffAtk(Probe):
    """Adversarial prefixes, found for each prompt index against the subject's own gradients.

    The plain prompt comes first, so what the attack adds is its difference to `standard_prompt`,
    which is shown; what optimisation adds to mere tries is its difference to `random_prefix`,
    which is scored. The selector ends an index's search, the judge judges what was found.

    Source: Zhang et al., "To Generate or Not?" (ECCV 2024); Lu et al. 2025, §3.1 and appendix D.2.
    Deviation: `optimisation.prefix_attack` lists those of the search. Success is counted by a model
    that the search never asked, not by the one that stopped it.
    """

    name = "unlearn_diff_atk"
    family = "optimised"
    unoptimised = False
    proven_on = "swapped_token"
    control = "random_prefix"
    shown_control = "standard_prompt"
    summary = "Tokens before the prompt, optimised against the erased model (UnlearnDiffAtk)."
    base_pictures = ("accepted",)
    # The selector ends a search, and not every protocol's selector knows styles.
    asks_for = ("object",)

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single draw: the prompt that was found."""
        return ("",)

    def effort(self, protocol: Protocol, indices: int, *, encoder_edited: bool) -> Effort:
        """Every timestep's updates; the plain prompt and a prefix at each check."""
        budget = protocol.prefixes
        updates = budget.timesteps * budget.updates
        return Effort(
            pictures=indices * (1 + budget.tries), updates=updates, rows=indices * updates
        )

    def prepare(self, context: Context) -> Preparation:
        """Attacks every prompt index at once."""
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
        """The standard prompt's, which the prompt that was found takes the place of."""
        return plain(target, prompt_index, subject)
