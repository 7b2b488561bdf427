"""Seeded Gaussian noise: every stream is a generator of its own, seeded by a hash of its name.

The order in which streams are opened does not matter, and noise is always generated on the CPU, so
that equal streams hold equal numbers on every device.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch

from erasebench.diffusion.trajectory import NoiseStream

_WORDS: Final = 624
"""Words of 32 bits in the state of the Mersenne Twister."""

_STATE: Final = slice(24, 24 + 8 * _WORDS)
"""Where torch keeps them in a state of its CPU generator, eight bytes each."""


@dataclass(frozen=True)
class NoiseSource:
    """All streams of one protocol and seed set.

    The concept is no part of a seed: prompt index i starts from the same latent in every concept
    and probe whose trajectories name the same stream.

    Attributes:
        protocol: name of the protocol.
        seed_set: name of the seed set.
        secret: of a hidden seed set; None for a public one.
    """

    protocol: str
    seed_set: str
    secret: str | None = field(default=None, repr=False, kw_only=True)

    def seed(self, stream: NoiseStream) -> int:
        """The stream's seed, 0 ≤ seed < 2^63: the head of its digest."""
        return int.from_bytes(self._digest(stream)[:8], "big") >> 1

    def open(self, stream: NoiseStream) -> torch.Generator:
        """A CPU generator at the stream's beginning.

        For a hidden seed set the whole digest of the stream fills its state, by SHAKE-256. A seed
        would give it only 32 bits, few enough to try them all: a checkpoint can be made whose
        images, and so its published values, reveal some bits of their start.
        """
        if self.secret is None:
            return torch.Generator().manual_seed(self.seed(stream))
        filled = hashlib.shake_256(self._digest(stream)).digest(4 * _WORDS)
        words = np.frombuffer(filled, dtype="<u4")
        generator = torch.Generator().manual_seed(0)
        state = generator.get_state()
        state[_STATE] = torch.from_numpy(words.astype("<u8").view(np.uint8))
        return generator.set_state(state)

    def draw(self, stream: NoiseStream, shape: tuple[int, ...]) -> torch.Tensor:
        """The first noise of a stream, standard normal, float32, on the CPU."""
        return torch.randn(shape, generator=self.open(stream))

    def _digest(self, stream: NoiseStream) -> bytes:
        """SHA-256 of the stream's names.

        For a hidden seed set it is an HMAC keyed by the secret, so that known digests reveal
        nothing about others.
        """
        words = [
            self.protocol,
            self.seed_set,
            stream.name,
            stream.prompt_index,
            stream.variant,
        ]
        named = json.dumps(words, ensure_ascii=False).encode()
        if self.secret is None:
            return hashlib.sha256(named).digest()
        return hmac.digest(self.secret.encode(), named, "sha256")


@contextmanager
def initialised(seed: int) -> Iterator[None]:
    """Seeds the first weights of modules that are built inside.

    torch modules draw them from the global generator and take no other, so it is forked: nothing
    outside sees the seed.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # noqa: TID251  (see above)
        yield
