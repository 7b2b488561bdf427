"""What a method is given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.methods.erasure import Erasure


def test_pictures_to_train_on_are_the_bases_own(erasure: Callable[..., Erasure]) -> None:
    """Of the concept's prompt, from the erasure's seed; more of them begin with the fewer."""
    one = erasure(seed=3)
    starts = [NoiseStream("example_start", number) for number in range(5)]
    asked = [Trajectory("a picture of a church", BASE, start) for start in starts]
    noise = NoiseSource("tiny", "erasure 3")
    wanted = sample(one.pipeline, one.protocol, noise, asked, {}).pictures

    found = one.pictures(5)

    assert found.dtype == np.uint8
    assert np.array_equal(found, wanted)
    assert np.abs(one.pictures(2).astype(int) - found[:2]).max() <= 1
    assert not np.array_equal(erasure(seed=4).pictures(5), found)
