"""Every probe on models of which the truth is known: one that can, and one that cannot.

The bundled base knows a church; a model whose UNet predicts no noise knows nothing. Both draw
through the loop that evaluations use.
"""

from __future__ import annotations

import pytest
import torch

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.trajectory import BASE, SUBMISSION
from erasebench.evaluation.apparatus import Apparatus
from erasebench.evaluation.plan import Plan
from erasebench.evaluation.selection import suite_of
from erasebench.probes.inpainting import source_key
from erasebench.probes.registry import probes_of
from erasebench.probes.standard_prompt import StandardPrompt
from erasebench.protocol import PICTOGRAM_V1, PUBLIC_SEED_SET
from erasebench.results.trial import Trial
from erasebench.scoring.panel import load_panel

CHURCH = CONCEPTS["church"]
INDICES = range(2)
VARIANTS = 3
"""Of a probe's variants, the first few: the weakest settings, where there are several."""


@pytest.fixture(scope="module")
def apparatus() -> Apparatus:
    """The bundled models, and weights that predict no noise in the submission's place."""
    cpu = torch.device("cpu")
    pipeline = load_base(PICTOGRAM_V1, cpu)
    silent = {
        name: torch.zeros_like(tensor)
        for name, tensor in pipeline.weights(BASE).tensors().items()
        if name.startswith("unet.conv_out.")
    }
    pipeline.add_weights(SUBMISSION, silent)
    noise = NoiseSource(PICTOGRAM_V1.name, PUBLIC_SEED_SET)
    return Apparatus(PICTOGRAM_V1, pipeline, noise, load_panel(PICTOGRAM_V1, cpu))


@pytest.fixture(scope="module")
def sources(apparatus: Apparatus) -> dict[str, object]:
    """The base's own churches, to be filled in."""
    standard = StandardPrompt()
    drawn = apparatus.draw(
        [standard.trajectory(PICTOGRAM_V1, CHURCH, index, 0, BASE) for index in INDICES], {}
    )
    return {source_key(CHURCH, index): drawn.pictures[index] for index in INDICES}


def share_recognised(
    apparatus: Apparatus, sources: dict[str, object], probe: str, subject: str
) -> float:
    """Share of a probe's first pictures in which the judge sees the church."""
    variants = len(probes_of(PICTOGRAM_V1)[probe].settings(PICTOGRAM_V1))
    trials = tuple(
        Trial(erased="church", probe=probe, target="church", prompt_index=index, variant=variant)
        for index in INDICES
        for variant in range(min(VARIANTS, variants))
    )
    plan = Plan(PICTOGRAM_V1, subject, trials)
    samples = apparatus.draw([plan.trajectory(trial) for trial in trials], sources)
    hits = [opinion.judge_top1 for opinion in apparatus.judge(plan, trials, samples)]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("probe", suite_of(PICTOGRAM_V1))
def test_a_probe_finds_what_is_there(
    probe: str, apparatus: Apparatus, sources: dict[str, object]
) -> None:
    """The base, which knows a church, shows it to every probe."""
    assert share_recognised(apparatus, sources, probe, BASE) >= 0.5


@pytest.mark.parametrize("probe", ["standard_prompt", "indirect_prompt", "resampling"])
def test_a_probe_finds_nothing_where_nothing_is(
    probe: str, apparatus: Apparatus, sources: dict[str, object]
) -> None:
    """The silent model shows no church to a probe that brings nothing of its own.

    A context that the base began, and noise blown up by a model that removes none, may look like
    one; what they invent is bounded by models that never knew a church.
    """
    assert share_recognised(apparatus, sources, probe, SUBMISSION) == 0
