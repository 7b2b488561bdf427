"""Every probe on models of which the truth is known: one that can, and one that cannot.

The bundled base knows a church; a model whose UNet predicts no noise knows nothing. Both are asked
through the preparation and the loop that evaluations use, with small budgets: a probe that is
broken finds nothing even where everything is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.trajectory import BASE, SUBMISSION
from erasebench.evaluation.base.needs import picture_store
from erasebench.evaluation.plan.plan import Plan
from erasebench.evaluation.plan.selection import suite_of
from erasebench.evaluation.run.models import LoadedModels
from erasebench.evaluation.run.preparation import prepare
from erasebench.probes.registry import registered, unlisted
from erasebench.protocol import PICTOGRAM_V1, PUBLIC_SEEDS
from erasebench.recipes import PrefixBudget, Recipe
from erasebench.results.record import Trial
from erasebench.scoring.panel import load_panel
from tests.evaluation.example_spec import SPEC

INDICES = range(2)
VARIANTS = 3
"""Of a probe's variants, the first few: the weakest settings, where there are several."""

PROTOCOL = replace(
    PICTOGRAM_V1,
    classifier=replace(PICTOGRAM_V1.classifier, positives=40, negatives=80, epochs=2),
    inversion=Recipe(updates=10, batch=4, learning_rate=2e-3),
    inversion_pictures=8,
    prefixes=PrefixBudget(tokens=3, timesteps=4, updates=2, timesteps_per_try=2),
    relearning=Recipe(updates=10, batch=8, learning_rate=1e-4),
)

BRINGING_NOTHING = (
    "standard_prompt",
    "indirect_prompt",
    "encoder_swap",
    "resampling",
    "random_prefix",
    "unlearn_diff_atk",
    "textual_inversion",
)
"""Probes that give a model words, and nothing of an image."""

BRINGING_HINTS = (
    "stochastic",
    "noise",
    "diffusion_completion",
    "inpainting",
    "classifier_guidance",
    "guidance_noise",
    "relearning",
)
"""The others, by module: noise that the silent model leaves in, parts of an image by the base, a
classifier's push, or training on images. Models trained without the concept bound their floor."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> LoadedModels:
    """The bundled models, and weights that predict no noise in the submission's place."""
    cpu = torch.device("cpu")
    pipeline = load_base(PROTOCOL, cpu)
    silent = {
        name: torch.zeros_like(tensor)
        for name, tensor in pipeline.weights(BASE).tensors().items()
        if name.startswith("unet.conv_out.")
    }
    pipeline.add_weights(SUBMISSION, silent)
    cache = tmp_path_factory.mktemp("cache")
    return LoadedModels(PROTOCOL, pipeline, PUBLIC_SEEDS, load_panel(PROTOCOL, cpu), 16, cache)


def share_recognised(models: LoadedModels, folder: Path, probe: str, subject: str) -> float:
    """Share of a probe's first pictures in which the judge sees the church."""
    variants = registered(PROTOCOL)[probe].variants(PROTOCOL, encoder_edited=True)
    trials = tuple(
        Trial(erased="church", probe=probe, target="church", prompt_index=index, variant=variant)
        for index in INDICES
        for variant in variants[:VARIANTS]
    )
    plan = Plan(PROTOCOL, subject, encoder_edited=True, trials=trials)
    store = picture_store(SPEC, INDICES, models.cache)
    prepared = prepare(plan, folder, models, store, lambda *_: None)
    trajectories = [prepared.trajectory(plan, trial) for trial in trials]
    samples = models.draw(trajectories, prepared.sources, prepared.classifiers)
    opinions = models.judge(plan, trials, [one.prompt for one in trajectories], samples)
    hits = [opinion.judge_top1 for opinion in opinions]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("probe", [*suite_of(PROTOCOL), *unlisted(PROTOCOL)])
def test_a_probe_finds_what_is_there(probe: str, models: LoadedModels, tmp_path: Path) -> None:
    """The base, which knows a church, shows it to every probe."""
    assert share_recognised(models, tmp_path, probe, BASE) >= 0.5


@pytest.mark.parametrize("probe", BRINGING_NOTHING)
def test_a_probe_finds_nothing_where_nothing_is(
    probe: str, models: LoadedModels, tmp_path: Path
) -> None:
    """The silent model shows no church to a probe that brings nothing of its own.

    A context that the base began, a classifier's push, and noise blown up by a model that removes
    none may look like one; what they invent is bounded by models that never knew a church.
    """
    assert share_recognised(models, tmp_path, probe, SUBMISSION) == 0
