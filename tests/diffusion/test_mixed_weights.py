"""Batches of everything at once: what was learned, what was tuned, what is pushed."""

from __future__ import annotations

from random import Random

import pytest
import torch

from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.noise import NoiseSource, initialised
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import Samples, sample
from erasebench.diffusion.trajectory import (
    BASE,
    LEARNED,
    SUBMISSION,
    Guide,
    NoiseStream,
    Opening,
    Trajectory,
)
from erasebench.protocol import Protocol
from tests.agreement import LATENTS, indistinct
from tests.diffusion.conftest import CPU, edited_tensors
from tests.tiny import TEXT_WIDTH

CHURCH, TAUGHT = "a picture of a church", f"a picture of a {LEARNED}"
START, STEPS = NoiseStream("start", 0), NoiseStream("step", 0, 0)
PUSH = Guide("church", 200.0)

BATCH = [
    Trajectory(prompt, weights, START, stream, eta, guide=guide)
    for weights, prompt in (
        (BASE, CHURCH),
        (SUBMISSION, CHURCH),
        ("taught", TAUGHT),
        ("taught", CHURCH),
        ("swapped", CHURCH),
        ("taught behind the base's", TAUGHT),
        ("shown", CHURCH),
    )
    for guide in (None, PUSH)
    for stream, eta in ((None, 0.0), (STEPS, 1.2))
] + [
    Trajectory(TAUGHT, "taught", START, opening=Opening(BASE, CHURCH, 2)),
    Trajectory(CHURCH, "shown", START, opening=Opening("taught", TAUGHT, 1)),
]
"""Thirty trajectories by seven sets of weights; those of `taught` that are asked for a church are
the submission's, since nothing else of theirs differs."""


class Draw:
    """Draws with a pipeline that holds every kind of weights."""

    def __init__(self, pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource) -> None:
        """Takes over what all draws share, and makes a classifier of random weights."""
        self._parts = pipeline, protocol, noise
        with initialised(0), torch.no_grad():
            classifier = LatentClassifier(pipeline.latent_shape, pipeline.schedule(1).alphas)
            classifier.logit.weight.mul_(20)
        self._classifiers = {PUSH.classifier: classifier.requires_grad_(False)}

    def __call__(self, *trajectories: Trajectory) -> Samples:
        """Draws these as one batch."""
        return sample(*self._parts, trajectories, {}, self._classifiers)


@pytest.fixture(scope="module")
def draw(protocol: Protocol, noise: NoiseSource) -> Draw:
    """Weights as the probes make them, of random numbers in the place of learned ones."""
    loaded = load_base(protocol, CPU)
    generator = torch.Generator().manual_seed(6)
    row = torch.randn(TEXT_WIDTH, generator=generator)
    tuned = {
        name: tensor + 0.02 * torch.randn(tensor.shape, generator=generator)
        for name, tensor in loaded.weights(BASE).tensors().items()
        if name.startswith("unet.")
    }
    loaded.add_weights(SUBMISSION, edited_tensors(loaded))
    loaded.add_learned_tokens("taught", SUBMISSION, row[None])
    loaded.add_mixed("swapped", unet=SUBMISSION, text_encoder=BASE)
    loaded.add_learned_tokens("taught behind the base's", "swapped", row[None])
    loaded.add_weights("shown", tuned, of=SUBMISSION)
    return Draw(loaded, protocol, noise)


def test_a_latent_does_not_depend_on_its_company(draw: Draw) -> None:
    """Each of thirty drawn alone gives what it gave among the others, in either order."""
    together = draw(*BATCH).latents
    order = list(range(len(BATCH)))
    Random(0).shuffle(order)
    shuffled = draw(*(BATCH[row] for row in order)).latents

    torch.testing.assert_close(shuffled, together[order], rtol=0, atol=LATENTS)
    for row, trajectory in enumerate(BATCH):
        alone = draw(trajectory).latents[0]
        torch.testing.assert_close(alone, together[row], rtol=0, atol=LATENTS)


def test_other_weights_and_other_words_give_other_latents(draw: Draw) -> None:
    """All differ by far more than the tolerance, but a church by weights that only learned a word.

    Those share every tensor with the submission that such a prompt reads.
    """
    same = indistinct(draw(*BATCH).latents)

    # The submission's four stand in the rows 4 to 7, those of `taught` for a church in 12 to 15.
    assert same == {frozenset((row, row + 8)) for row in range(4, 8)}
