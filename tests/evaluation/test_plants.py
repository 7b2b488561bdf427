"""Which probe must recover from which planted erasure."""

from __future__ import annotations

import pytest

from erasebench.evaluation.selfcheck.planted import plants_of
from erasebench.probes.registry import registered
from erasebench.protocol import PICTOGRAM_V1, PROTOCOLS, Protocol


def test_each_probe_is_proven_where_its_way_of_asking_surely_works() -> None:
    """Ranked probes alone; of textual inversion the setting that can fail."""
    plants = {plant.name: plant for plant in plants_of(PICTOGRAM_V1)}

    assert {name: set(plant.recovered_by) for name, plant in plants.items()} == {
        "prompt_filter": {"indirect_prompt", "classifier_guidance", "guidance_noise"},
        "early_prompt_filter": {
            "noise",
            "diffusion_completion_3",
            "diffusion_completion_5",
            "inpainting_crop",
        },
        "swapped_token": {"encoder_swap", "textual_inversion", "unlearn_diff_atk"},
    }
    assert plants["swapped_token"].settings == {"textual_inversion": "encoder=own"}


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_what_a_probe_is_proven_on_is_there(protocol: Protocol) -> None:
    """A plant that is named and that nothing plants would leave the probe unchecked."""
    named = {probe.proven_on for probe in registered(protocol).values()} - {None}

    assert named <= {plant.name for plant in plants_of(protocol)}
    for probe in registered(protocol).values():
        assert probe.proven_with is None or probe.proven_with in probe.settings(protocol)
