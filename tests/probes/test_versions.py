"""A probe that draws something else has another version."""

from __future__ import annotations

import hashlib
from typing import Final

import pytest

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.trajectory import SUBMISSION
from erasebench.probes.registry import registered
from erasebench.protocol import PICTOGRAM_V1

PROBES = registered(PICTOGRAM_V1)
TARGETS = CONCEPTS["church"], CONCEPTS["van_gogh"]
INDICES = (0, 7)

PINNED: Final[dict[str, tuple[int, str]]] = {
    "standard_prompt": (1, "627cc97f9462"),
    "indirect_prompt": (1, "1ee7a70664a3"),
    "encoder_swap": (1, "627e72b3fa3f"),
    "painted_prompt": (1, "17bc965848c3"),
    "resampling": (1, "3e24e9831e80"),
    "stochastic": (1, "5c190320edb8"),
    "noise": (1, "93ab4344c308"),
    "diffusion_completion_1": (1, "301286af4471"),
    "diffusion_completion_2": (1, "7b37634256e6"),
    "diffusion_completion_3": (1, "617c2736bcec"),
    "diffusion_completion_5": (1, "8003a470fda8"),
    "diffusion_completion_8": (1, "80abee4da6d0"),
    "diffusion_completion_10": (1, "ac2e0a4e8774"),
    "inpainting_crop": (1, "d4f425e0fa76"),
    "inpainting_whole": (1, "d4f425e0fa76"),
    "classifier_guidance": (1, "7d8ef15b0fb7"),
    "guidance_noise": (1, "70cf26f76f0c"),
    "textual_inversion": (1, "310948ac4c69"),
    "random_prefix": (1, "627cc97f9462"),
    "unlearn_diff_atk": (1, "627cc97f9462"),
    "relearning": (1, "f6af0c71ba6c"),
    "diffusion_completion_1_unprompted": (1, "6045ff748570"),
    "diffusion_completion_2_unprompted": (1, "c2ef767aaa3b"),
    "diffusion_completion_3_unprompted": (1, "f46847f164cc"),
    "diffusion_completion_5_unprompted": (1, "1c6b70a2a377"),
    "diffusion_completion_8_unprompted": (1, "aea7ca3d6af0"),
    "diffusion_completion_10_unprompted": (1, "b95427a831f6"),
    "inpainting_crop_unprompted": (1, "043d8d8877fe"),
    "inpainting_whole_unprompted": (1, "043d8d8877fe"),
    "diffusion_completion_1_hand_over": (1, "c8c9fc19673e"),
    "diffusion_completion_2_hand_over": (1, "84686281ed93"),
    "diffusion_completion_3_hand_over": (1, "0b49395b2433"),
    "diffusion_completion_5_hand_over": (1, "7ba398e1e9eb"),
    "diffusion_completion_8_hand_over": (1, "38e082a5c5a0"),
    "diffusion_completion_10_hand_over": (1, "8b9ad3864915"),
    "standard_prompt_unprompted": (1, "05b5bfe79ddb"),
}
"""Each probe's version and the digest of its trajectories.

To update an entry, raise the probe's `version` and copy the pair that the failing test shows. A new
probe is added with version 1. The digest covers nothing that a preparation finds (a learned token,
a prompt, a classifier): where such a search changes, raise `version` too.
"""


def stated(name: str) -> tuple[int, str]:
    """A probe's version, and a digest of its settings and trajectories for one concept."""
    probe = PROBES[name]
    target = next(one for one in TARGETS if probe.applies_to(one))
    lines = [
        f"{index} {setting} "
        f"{probe.trajectory(PICTOGRAM_V1, target, index, variant, SUBMISSION).canonical()}\n"
        for index in INDICES
        for variant, setting in enumerate(probe.settings(PICTOGRAM_V1))
    ]
    return probe.version, hashlib.sha256("".join(lines).encode()).hexdigest()[:12]


@pytest.mark.parametrize("name", PROBES)
def test_what_a_probe_draws_changes_with_its_version_alone(name: str) -> None:
    """Results of equal versions are compared, so equal versions draw equal trajectories."""
    version, digest = found = stated(name)

    assert name in PINNED, f'{name} is new: add "{name}": {found} to PINNED of this file'
    pinned_version, pinned_digest = PINNED[name]
    assert digest == pinned_digest or version != pinned_version, (
        f"{name} draws other trajectories than version {version} did: raise `version` of the "
        f"probe to {version + 1}, then set its entry in PINNED of this file to "
        f'({version + 1}, "{digest}"). If it should draw the same, a field of Trajectory has lost '
        "or changed its default: restore that."
    )
    assert found == PINNED[name], (
        f"{name} has version {version} now: set its entry in PINNED of this file to {found}"
    )


def test_no_pin_is_left_over() -> None:
    """A probe that is gone or renamed is no longer pinned."""
    assert set(PINNED) <= set(PROBES)
