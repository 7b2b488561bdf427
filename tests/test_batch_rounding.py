"""Rounding that depends on the batch is large enough to be noticed and within the tolerances."""

from __future__ import annotations

from math import inf

import pytest
import torch

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.protocol import PUBLIC_SEED_SET, Protocol
from erasebench.results.record import Trial
from erasebench.scoring.classifier import Classifier
from erasebench.scoring.panel import Panel, load_panel
from tests.agreement import (
    DECISIONS,
    LATENTS,
    assert_agree,
    assert_records_agree,
    margins_of,
)
from tests.batch_rounding import perturbed_batches
from tests.evaluation.example_records import example_record
from tests.tiny import tiny_world

CPU = torch.device("cpu")
TRIAL = Trial(erased="church", probe="standard_prompt", target="church", prompt_index=0, variant=0)
RECORD = example_record(TRIAL)


@pytest.fixture(scope="module")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    """The tiny protocol."""
    return tiny_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def pipeline(protocol: Protocol) -> LoadedPipeline:
    """The tiny base."""
    return load_base(protocol, CPU)


@pytest.fixture(scope="module")
def panel(protocol: Protocol) -> Panel:
    """The tiny judges."""
    return load_panel(protocol, CPU)


def latents(pipeline: LoadedPipeline, protocol: Protocol, *order: int) -> torch.Tensor:
    """Of these prompt indices, in one batch."""
    noise = NoiseSource(protocol.name, PUBLIC_SEED_SET)
    starts = [Trajectory("a picture of a church", BASE, NoiseStream("start", i)) for i in order]
    return sample(pipeline, protocol, noise, starts, {}).latents


def test_only_other_batches_differ_and_by_less_than_the_tolerance(
    pipeline: LoadedPipeline, protocol: Protocol
) -> None:
    """Equal batches are equal to the last bit; another size or order is not, which `==` notices."""
    with perturbed_batches():
        together, again, shuffled, alone = (
            latents(pipeline, protocol, *order) for order in ((0, 1, 2), (0, 1, 2), (2, 0, 1), (1,))
        )

    assert torch.equal(together, again)
    for other, rows in ((shuffled, [2, 0, 1]), (alone, [1])):
        assert not torch.equal(other, together[rows])
        torch.testing.assert_close(other, together[rows], rtol=0, atol=LATENTS)
        assert (other - together[rows]).abs().max() > LATENTS / 100


def test_a_batch_of_one_is_left_as_it_is(pipeline: LoadedPipeline) -> None:
    """So references that are computed row by row stay what they are."""
    embedding = pipeline.encode_prompts(BASE, ["a picture of a church"])
    noisy = torch.ones(1, *pipeline.latent_shape)
    with torch.no_grad():
        plain = pipeline.predict_noise(BASE, noisy, 500, embedding)
        with perturbed_batches():
            perturbed = pipeline.predict_noise(BASE, noisy, 500, embedding)

    assert torch.equal(perturbed, plain)


@pytest.mark.parametrize(
    ("field", "by"),
    [("judge_probability", 1.1e-3), ("selector_probability", 1.1e-3), ("clip_score", 0.11)],
)
def test_numbers_agree_within_the_tolerance_alone(field: str, by: float) -> None:
    """Half of it is rounding; slightly more than all of it is another result."""
    near, far = (
        RECORD.model_copy(update={field: getattr(RECORD, field) + share * by}) for share in (0.5, 1)
    )

    assert_records_agree([near], [RECORD])
    with pytest.raises(AssertionError, match=field):
        assert_records_agree([far], [RECORD])


@pytest.mark.parametrize("field", DECISIONS)
def test_a_decision_differs_only_within_its_margin(field: str) -> None:
    """Without a margin, or with a larger one, it is another result; so is another seed."""
    other = RECORD.model_copy(update={field: True})
    tolerance = DECISIONS[field]

    assert_records_agree([other], [RECORD], lambda _: {field: 0.9 * tolerance})
    with pytest.raises(AssertionError, match="standard_prompt"):
        assert_records_agree([other], [RECORD], lambda _: {field: 1.1 * tolerance})
    with pytest.raises(AssertionError, match=field):
        assert_records_agree([other], [RECORD])
    with pytest.raises(AssertionError, match="seeds"):
        assert_agree(RECORD.model_copy(update={"seeds": {"start": 1}}), RECORD)


@pytest.mark.parametrize("target", ["church", "picasso"])
def test_margins_are_those_of_the_models(
    pipeline: LoadedPipeline, protocol: Protocol, panel: Panel, target: str
) -> None:
    """Of the judge's softmax among the target's kind, and of CLIP's scores of all prompts."""
    picture = pipeline.decode(latents(pipeline, protocol, 0))
    record = example_record(TRIAL.model_copy(update={"target": target}))
    assert isinstance(panel.judge, Classifier)
    answer = panel.judge._answers[target]
    own, others = _apart(
        panel.judge._outputs(picture)[0, answer.group].softmax(0).tolist(), answer.place
    )
    fit, fits = _apart(
        (100 * panel.clip._fits(panel.clip.embed(picture)))[0].tolist(),
        protocol.concepts.index(target),
    )

    assert margins_of(panel, protocol, record, picture[0]) == pytest.approx(
        {
            "judge_top1": abs(own - others[0]),
            "judge_top5": abs(own - others[4]) if target == "church" else inf,
            "clip_first": abs(fit - fits[0]),
        },
        abs=1e-4,
    )


def _apart(numbers: list[float], place: int) -> tuple[float, list[float]]:
    """One of the numbers, and the others from the largest down."""
    return numbers[place], sorted(numbers[:place] + numbers[place + 1 :], reverse=True)
