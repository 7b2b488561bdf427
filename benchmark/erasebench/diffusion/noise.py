"""Seeded Gaussian noise: every stream is a generator of its own, seeded by a hash of its name.

Nothing depends on the order in which streams are opened, and noise is drawn on the CPU whatever
the device, so that equal streams hold equal numbers everywhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field

import torch

from erasebench.diffusion.trajectory import NoiseStream


@dataclass(frozen=True)
class NoiseSource:
    """All streams of one protocol and seed set.

    The concept is no part of a seed: prompt index i starts from the same latent in every concept
    and probe whose trajectories name the same stream.

    Attributes:
        protocol: name of the protocol.
        seed_set: name of the seed set.
        secret: of a hidden one; None where the names say all.
    """

    protocol: str
    seed_set: str
    secret: str | None = field(default=None, repr=False, kw_only=True)

    def seed(self, stream: NoiseStream) -> int:
        """The stream's seed, 0 ≤ seed < 2^63: the head of a SHA-256.

        Of a hidden seed set it is that of an HMAC, keyed by the secret: who knows one seed, or all
        of the others, knows nothing of the next.
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
            digest = hashlib.sha256(named).digest()
        else:
            digest = hmac.digest(self.secret.encode(), named, "sha256")
        return int.from_bytes(digest[:8], "big") >> 1

    def open(self, stream: NoiseStream) -> torch.Generator:
        """A CPU generator at the stream's beginning."""
        return torch.Generator().manual_seed(self.seed(stream))

    def draw(self, stream: NoiseStream, shape: tuple[int, ...]) -> torch.Tensor:
        """The first noise of a stream, standard normal, float32, on the CPU."""
        return torch.randn(shape, generator=self.open(stream))
