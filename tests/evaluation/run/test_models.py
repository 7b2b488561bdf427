"""What draws and judges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory, prompt_with_token
from erasebench.evaluation.plan.request import Compute, request
from erasebench.evaluation.run.loading import LoadedRun, load
from erasebench.results.record import Trial
from tests.agreement import assert_pictures_agree
from tests.evaluation.tiny_run import TinyWorld

CHURCH = CONCEPTS["church"]
PLAIN = [Trajectory(CHURCH.prompt, BASE, NoiseStream("start", index)) for index in range(5)]


@pytest.fixture(scope="module")
def loaded(world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> LoadedRun:
    """The tiny models, ready to draw."""
    asked = request(
        world.edit, concepts=("church",), protocol=world.protocol, compute=Compute(batch_size=2)
    )
    return load(asked, tmp_path_factory.mktemp("cache"), photographs=None)


def test_pictures_are_drawn_batch_by_batch_in_their_order(loaded: LoadedRun) -> None:
    """Five in batches of two are the five of one batch, to a level of rounding."""
    models = loaded.models
    whole = models.draw(PLAIN).pictures

    assert models.batch_size == 2
    assert_pictures_agree(models.pictures(PLAIN), whole)
    alone = replace(models, batch_size=5)
    assert np.array_equal(alone.pictures(PLAIN), whole)


def test_the_selector_says_of_a_picture_what_it_says_in_a_record(loaded: LoadedRun) -> None:
    """Who ends a search is who chooses a setting."""
    samples = loaded.models.draw(PLAIN)
    selected = loaded.models.selected(samples.pictures, CHURCH)
    opinions = loaded.models.judge(loaded.plan, trials(), [CHURCH.prompt] * 5, samples)

    assert [one.probability for one in selected] == pytest.approx(
        [one.selector_probability for one in opinions]
    )


def test_clip_reads_the_prompt_and_of_a_learned_token_the_concept(loaded: LoadedRun) -> None:
    """A picture is compared with what was asked; no CLIP knows what a token has learned."""
    samples = loaded.models.draw(PLAIN)
    plain, learned, other = (
        [one.clip_score for one in loaded.models.judge(loaded.plan, trials(), asked, samples)]
        for asked in (
            [CHURCH.prompt] * 5,
            [CHURCH.prompt, *[prompt_with_token(CHURCH)] * 4],
            ["a dog"] * 5,
        )
    )

    assert learned == pytest.approx(plain)
    assert other != pytest.approx(plain)


def trials() -> list[Trial]:
    """Plain churches, one per picture."""
    return [
        Trial(
            erased="church",
            probe="standard_prompt",
            target="church",
            prompt_index=index,
            variant=0,
        )
        for index in range(5)
    ]
