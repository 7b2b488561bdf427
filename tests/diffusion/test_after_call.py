"""Fields that act after the UNet call of a step: the first call does not depend on them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Self

import pytest
import torch

from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.noise import NoiseSource, initialised
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.trajectory import AFTER_CALL, BASE, Guide, NoiseStream, Trajectory
from erasebench.protocol import Protocol
from tests.agreement import LATENTS

LATER = {
    "step_noise": NoiseStream("step", 0, 1),
    "eta": 1.2,
    "noise_scale": 1.5,
    "guide": Guide("church", 400.0),
}
"""Another value than that of `LATEST` for every field that says that it acts after the call."""

LATEST = Trajectory(
    "a picture of a church",
    BASE,
    NoiseStream("start", 0),
    NoiseStream("step", 0, 0),
    eta=1.0,
    guide=Guide("church", 200.0),
)
"""A trajectory in which each of these fields has an effect."""


class FirstCall:
    """Keeps inputs and output of the first call of the base's UNet."""

    def __init__(self, pipeline: LoadedPipeline) -> None:
        """Listens to the base."""
        self.kept: list[object] = []
        unet = pipeline.weights(BASE).unet
        self._handle = unet.register_forward_hook(self._keep, with_kwargs=True)

    def _keep(
        self, _module: torch.nn.Module, inputs: Any, words: dict[str, Any], output: Any
    ) -> None:
        self.kept = self.kept or [_copied(part) for part in (inputs, words, output)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.remove()


def _copied(value: Any) -> Any:
    """A copy of tensors, however nested, so that later steps cannot change what is kept."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize(
    "name", [one.name for one in fields(Trajectory) if one.metadata == AFTER_CALL]
)
def test_what_acts_after_the_call_leaves_the_first_call_as_it_is(
    pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource, name: str
) -> None:
    """Images that differ in the field share that call, so its inputs must not depend on it."""
    assert name in LATER, (
        f"{name} is marked AFTER_CALL: give LATEST a value with which it acts and LATER another "
        "one, so that this test sees whether the first UNet call depends on it. If it does, leave "
        "AFTER_CALL out."
    )
    with initialised(0), torch.no_grad():
        alphas = pipeline.schedule(1).alphas
        classifier = LatentClassifier(pipeline.latent_shape, alphas).requires_grad_(False)
        classifier.logit.weight.mul_(20)
    calls, latents = [], []
    for one in (LATEST, replace(LATEST, **{name: LATER[name]})):
        with FirstCall(pipeline) as first:
            drawn = sample(pipeline, protocol, noise, [one], {}, {"church": classifier})
        calls.append(first.kept)
        latents.append(drawn.latents)

    message = f"{name} changes the first UNet call: leave AFTER_CALL out"
    torch.testing.assert_close(calls[0], calls[1], rtol=0, atol=0, msg=message)
    assert (latents[0] - latents[1]).abs().max() > LATENTS, f"{name} acts nowhere"
