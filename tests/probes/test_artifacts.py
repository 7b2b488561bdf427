"""What probes make before they ask: weights beside the subject's, searches, and their cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.trajectory import BASE, LEARNED, SUBMISSION, NoiseStream, Trajectory
from erasebench.optimisation.tries import SelectorVerdict
from erasebench.probes.context import Context, Preparation
from erasebench.probes.probe import Effort, Probe
from erasebench.probes.registry import probes_of
from erasebench.protocol import PICTOGRAM_V1, PUBLIC_SEED_SET, Protocol
from erasebench.recipes import PrefixBudget, Recipe
from tests.tiny import IMAGE_SIZE, tiny_pipeline_folder, tiny_protocol

CHURCH, TENCH = CONCEPTS["church"], CONCEPTS["tench"]
START = NoiseStream("start", 7)
PROBES = probes_of(PICTOGRAM_V1)
TABLE = "text_encoder.embeddings.token_embedding.weight"
RECKONED = replace(
    PICTOGRAM_V1,
    inversion=Recipe(updates=30, batch=8, learning_rate=2e-3),
    prefixes=PrefixBudget(tokens=3, timesteps=6, updates=5, timesteps_per_try=2),
    relearning=Recipe(updates=10, batch=4, learning_rate=1e-4),
)
"""Budgets to reckon with."""


def drawn(probe: str, subject: str = SUBMISSION) -> list[Trajectory]:
    """Every variant of prompt index 7."""
    variants = range(len(PROBES[probe].settings(PICTOGRAM_V1)))
    return [PROBES[probe].trajectory(PICTOGRAM_V1, CHURCH, 7, v, subject) for v in variants]


def test_the_swap_is_the_plain_prompt_by_other_weights() -> None:
    """One picture, from the standard prompt's start: only the weights have another name."""
    (plain,) = drawn("standard_prompt")
    (swapped,) = drawn("encoder_swap")

    assert swapped == replace(plain, weights="submission, base's encoder")


def test_a_learned_token_stands_where_the_label_stood() -> None:
    """Behind either encoder the same prompt from the same start, each by weights of its own."""
    prompt = f"a picture of a {LEARNED}"

    assert drawn("textual_inversion") == [
        Trajectory(prompt, "submission, token for church", START),
        Trajectory(prompt, "submission, base's encoder, token for church", START),
    ]


@pytest.mark.parametrize("probe", ["random_prefix", "unlearn_diff_atk"])
def test_a_search_is_planned_as_the_plain_prompt(probe: str) -> None:
    """What is found takes the prompt's place and nothing else's."""
    assert drawn(probe) == drawn("standard_prompt")


def test_relearning_asks_weights_that_were_shown_the_concept() -> None:
    """The plain prompt from the plain start."""
    (plain,) = drawn("standard_prompt")

    assert drawn("relearning") == [replace(plain, weights="submission, shown church")]


@pytest.mark.parametrize("probe", ["encoder_swap", "textual_inversion", "relearning"])
def test_the_base_makes_its_own(probe: str) -> None:
    """The ceiling differs in the weights' names, which begin with whose they are."""
    own, base = drawn(probe), drawn(probe, BASE)

    assert [one.weights for one in base] == [
        one.weights.replace(SUBMISSION, BASE, 1) for one in own
    ]
    assert [replace(one, weights="any") for one in base] == [
        replace(one, weights="any") for one in own
    ]


def test_what_is_made_for_one_target_bears_no_other_s_name() -> None:
    """Tokens and tuned weights of two targets lie side by side in one pipeline."""
    names = [
        PROBES[probe].trajectory(PICTOGRAM_V1, target, 0, variant, subject).weights
        for probe, variant in (
            ("textual_inversion", 0),
            ("textual_inversion", 1),
            ("relearning", 0),
        )
        for target in (CHURCH, TENCH)
        for subject in (SUBMISSION, BASE)
    ]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("edited", [False, True])
def test_an_encoder_of_its_own_gives_a_model_two_variants_more(*, edited: bool) -> None:
    """The swap itself, and the token behind the base's encoder; nothing else depends on it."""
    fewer = {"encoder_swap": range(0), "textual_inversion": range(1)}
    for name, probe in PROBES.items():
        whole = range(len(probe.settings(PICTOGRAM_V1)))
        expected = whole if edited else fewer.get(name, whole)

        assert probe.variants(PICTOGRAM_V1, encoder_edited=edited) == expected
    assert len(PROBES["encoder_swap"].settings(PICTOGRAM_V1)) == 1
    assert len(PROBES["textual_inversion"].settings(PICTOGRAM_V1)) == 2


@pytest.mark.parametrize(
    ("name", "edited", "effort"),
    [
        ("textual_inversion", False, Effort(updates=30, rows=30 * 8)),
        ("textual_inversion", True, Effort(updates=60, rows=60 * 8)),
        ("random_prefix", False, Effort(pictures=4 * (1 + 3))),
        ("unlearn_diff_atk", False, Effort(pictures=4 * (1 + 3), updates=30, rows=4 * 30)),
        # Weights and two moments, in an old file and in a new one.
        ("relearning", True, Effort(updates=10, rows=10 * 4, unets=2 * 3)),
    ],
)
def test_effort_is_what_the_budget_allows(name: str, effort: Effort, *, edited: bool) -> None:
    """Over four prompt indices, none of which succeeds before its last try."""
    assert PROBES[name].effort(RECKONED, 4, encoder_edited=edited) == effort


def test_what_optimises_nothing_and_searches_nothing_spends_nothing() -> None:
    """All others, whether they fetch a classifier or make nothing at all."""
    spending = {
        name
        for name, probe in PROBES.items()
        if probe.effort(RECKONED, 4, encoder_edited=True) != Effort()
    }

    assert spending == {"textual_inversion", "random_prefix", "unlearn_diff_atk", "relearning"}
    assert all(type(PROBES[name]).prepare is not Probe.prepare for name in spending)


@pytest.fixture(scope="module")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    """A protocol whose base exists; its judges do not."""
    world = tmp_path_factory.mktemp("world")
    tiny_pipeline_folder(world / "base")
    return tiny_protocol(world)


@pytest.fixture
def pipeline(protocol: Protocol) -> LoadedPipeline:
    """The tiny base, and a submission that disturbs its UNet's output and its token embedding."""
    loaded = load_base(protocol, torch.device("cpu"))
    base = loaded.weights(BASE).tensors()
    loaded.add_weights(
        SUBMISSION, {name: 2 * base[name] for name in ("unet.conv_out.weight", TABLE)}
    )
    return loaded


def prepared(
    probe: str, pipeline: LoadedPipeline, protocol: Protocol, folder: Path, *, edited: bool = True
) -> Preparation:
    """What a probe makes on the submission, from pictures of nothing, under a blind selector."""
    shape = (4, IMAGE_SIZE, IMAGE_SIZE, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    context = Context(
        protocol=protocol,
        pipeline=pipeline,
        noise=NoiseSource(protocol.name, PUBLIC_SEED_SET),
        target=CHURCH,
        subject=SUBMISSION,
        encoder_edited=edited,
        indices=(1, 3),
        folder=folder,
        pictures={"example": pictures, "accepted": pictures[:2]},
        look=lambda trajectories: [
            SelectorVerdict(success=False, probability=0.1) for _ in trajectories
        ],
        classifier=lambda concept: pytest.fail(f"nobody asked for {concept}"),
    )
    made = PROBES[probe].prepare(context)
    assert made is not None
    return made


def test_the_swapped_weights_are_parts_of_both(
    pipeline: LoadedPipeline, protocol: Protocol, tmp_path: Path
) -> None:
    """The submission's UNet and the base's text encoder, neither copied."""
    prepared("encoder_swap", pipeline, protocol, tmp_path)
    made = pipeline.weights("submission, base's encoder")

    assert made.unet is pipeline.weights(SUBMISSION).unet
    assert made.text_encoder is pipeline.weights(BASE).text_encoder


def test_a_token_is_learned_behind_each_encoder(
    pipeline: LoadedPipeline, protocol: Protocol, tmp_path: Path
) -> None:
    """Both on the submission's UNet; the row is appended to that encoder's own embedding."""
    prepared("textual_inversion", pipeline, protocol, tmp_path)
    own, other = (pipeline.weights(one.weights) for one in drawn("textual_inversion"))
    tables = [made.tensors()[TABLE] for made in (own, other)]

    assert own.unet is other.unet is pipeline.weights(SUBMISSION).unet
    for table, whose in zip(tables, (SUBMISSION, BASE), strict=True):
        assert torch.equal(table[:-1], pipeline.weights(whose).tensors()[TABLE])
    assert not torch.equal(tables[0][-1], tables[1][-1])


def test_where_the_encoder_is_the_base_s_one_token_is_learned(
    pipeline: LoadedPipeline, protocol: Protocol, tmp_path: Path
) -> None:
    """A second would be the first again, at twice the cost."""
    prepared("textual_inversion", pipeline, protocol, tmp_path, edited=False)
    first, second = drawn("textual_inversion")

    assert first.weights in pipeline.names
    assert second.weights not in pipeline.names
    assert [path.name for path in tmp_path.iterdir()] == ["token_0.safetensors"]


def test_relearning_moves_the_unet_alone(
    pipeline: LoadedPipeline, protocol: Protocol, tmp_path: Path
) -> None:
    """Every tensor of it; those of the text encoder are the submission's own memory."""
    prepared("relearning", pipeline, protocol, tmp_path)
    before = pipeline.weights(SUBMISSION).tensors()
    after = pipeline.weights("submission, shown church").tensors()

    for name, tensor in after.items():
        if name.startswith("text_encoder."):
            assert tensor.data_ptr() == before[name].data_ptr()
    moved = {name for name in after if not torch.equal(after[name], before[name])}
    assert moved == {name for name in after if name.startswith("unet.")}


@pytest.mark.parametrize("probe", ["random_prefix", "unlearn_diff_atk"])
def test_every_prompt_index_that_is_asked_is_searched(
    probe: str, pipeline: LoadedPipeline, protocol: Protocol, tmp_path: Path
) -> None:
    """The plain prompt first, then as many tries as the budget allows."""
    made = prepared(probe, pipeline, protocol, tmp_path)

    assert set(made.tries) == {1, 3}
    for tries in made.tries.values():
        assert tries[0].prompt == CHURCH.prompt
        assert len(tries) == 1 + protocol.prefixes.tries
