"""The latent classifier: its answer and its gradient by independent routes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from erasebench.diffusion.latent_classifier import DROPOUT, LatentClassifier
from erasebench.diffusion.noise import initialised

SHAPE = (3, 4, 5)
ALPHAS = torch.linspace(0.999, 0.005, 50)


@pytest.fixture
def classifier() -> LatentClassifier:
    """Random weights, for latents that are not square."""
    with initialised(3):
        return LatentClassifier(SHAPE, ALPHAS).eval()


def latents(rows: int = 4, seed: int = 0) -> torch.Tensor:
    """Noise."""
    return torch.randn((rows, *SHAPE), generator=torch.Generator().manual_seed(seed))


def test_the_answer_is_what_its_tensors_say(classifier: LatentClassifier) -> None:
    """The published network, written out with its tensors in numpy, gives the same logits."""
    state = {name: tensor.double().numpy() for name, tensor in classifier.state_dict().items()}
    seen, timesteps = latents(), np.array([0, 7, 30, 49])

    def linear(name: str, features: np.ndarray) -> np.ndarray:
        return features @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    def silu(features: np.ndarray) -> np.ndarray:
        return features / (1 + np.exp(-features))

    alpha = state["alphas"][timesteps]
    code = np.stack([np.sqrt(alpha), np.sqrt(1 - alpha)], axis=1)
    first = linear("latent", seen.double().numpy().reshape(4, -1)) + linear("time", code)
    expected = linear("logit", silu(linear("hidden", silu(first))))[:, 0]

    actual = classifier(seen, torch.from_numpy(timesteps))

    np.testing.assert_allclose(actual.detach().numpy(), expected, atol=1e-6)


def test_the_network_has_the_paper_s_size() -> None:
    """At the latents of Stable Diffusion 1.4 there are 17,306,625 parameters."""
    with torch.device("meta"):
        classifier = LatentClassifier((4, 64, 64), torch.empty(1000))

    assert sum(p.numel() for p in classifier.parameters()) == 17_306_625


def test_the_gradient_is_that_of_finite_differences(classifier: LatentClassifier) -> None:
    """In float64 every one of its components is the central difference of log p."""
    exact = classifier.double()
    seen = latents(2).double()
    step = 1e-5

    gradient = exact.log_probability_gradient(seen, 20)

    expected = torch.empty_like(seen)
    for place in np.ndindex(*seen.shape):
        there, back = seen.clone(), seen.clone()
        there[place] += step
        back[place] -= step
        with torch.no_grad():
            rise = exact.log_probability(there, 20) - exact.log_probability(back, 20)
        expected[place] = rise[place[0]] / (2 * step)
    torch.testing.assert_close(gradient, expected, rtol=1e-6, atol=1e-10)


def test_the_log_probability_is_that_of_the_logit(classifier: LatentClassifier) -> None:
    """Log p is the log of the logistic function of the logit."""
    seen = latents()
    probability = torch.sigmoid(classifier(seen, torch.full((4,), 9)))

    torch.testing.assert_close(classifier.log_probability(seen, 9), probability.log())


def test_a_row_s_gradient_does_not_depend_on_its_company(classifier: LatentClassifier) -> None:
    """Each row alone has the gradient that it has among others."""
    seen = latents(5)
    together = classifier.log_probability_gradient(seen, 12)

    for row in range(5):
        alone = classifier.log_probability_gradient(seen[row : row + 1], 12)
        torch.testing.assert_close(alone[0], together[row])


def test_a_gradient_is_of_single_precision_and_leaves_no_trace(
    classifier: LatentClassifier,
) -> None:
    """Half-precision latents give float32, also where no gradients are recorded."""
    seen = latents().half()
    with torch.no_grad():
        gradient = classifier.log_probability_gradient(seen, 3)

    assert gradient.dtype == torch.float32
    assert gradient.abs().max() > 0
    assert not seen.requires_grad
    assert all(parameter.grad is None for parameter in classifier.parameters())


def test_the_timestep_matters(classifier: LatentClassifier) -> None:
    """The same latent at another level of noise has another probability."""
    seen = latents()

    assert not torch.equal(classifier.log_probability(seen, 0), classifier.log_probability(seen, 9))


def test_dropout_is_drawn_from_its_generator_alone(classifier: LatentClassifier) -> None:
    """Equal generators give equal answers, without one nothing is left out, on average the same."""
    seen, timesteps = latents(1).expand(4000, *SHAPE), torch.full((4000,), 9)
    before = torch.get_rng_state()
    with torch.no_grad():
        whole = classifier(seen, timesteps)
        first, second, other = (
            classifier(seen, timesteps, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
        )

    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert whole.std() < 1e-6 < first.std()
    assert torch.equal(torch.get_rng_state(), before)
    assert DROPOUT == 0.3
