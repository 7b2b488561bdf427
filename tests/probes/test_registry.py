"""The registry of probes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from erasebench.errors import UnknownNameError
from erasebench.probes.registry import probe_named, probes_of
from erasebench.protocol import PICTOGRAM_V1


def test_every_ranked_probe_and_every_control_is_registered() -> None:
    """A protocol ranks by probes that exist, and `excess` subtracts probes that exist."""
    probes = probes_of(PICTOGRAM_V1)
    controls = {probe.control for probe in probes.values()} - {None}

    assert set(PICTOGRAM_V1.ranked_probes) <= set(probes)
    assert controls == {"standard_prompt", "resampling"}
    assert controls <= set(probes)


def test_a_probe_is_registered_under_its_own_name() -> None:
    """The registry's keys are the names that records will bear."""
    assert all(name == probe.name for name, probe in probes_of(PICTOGRAM_V1).items())


def test_each_start_of_the_protocol_is_a_completion_probe() -> None:
    """The protocol decides which hand-overs there are."""
    protocol = replace(PICTOGRAM_V1, completion_starts=(4, 7))
    completions = [name for name in probes_of(protocol) if name.startswith("diffusion_completion")]

    assert completions == ["diffusion_completion_4", "diffusion_completion_7"]


def test_an_unknown_probe_is_refused_with_the_nearest_name() -> None:
    """A slip of the pen is answered with what was probably meant."""
    with pytest.raises(UnknownNameError) as refusal:
        probe_named(PICTOGRAM_V1, "inpainting_corp")

    assert refusal.value.nearest == "inpainting_crop"


def test_the_registry_loads_no_torch() -> None:
    """`erasebench list probes` answers at once."""
    code = "import sys, erasebench.probes.registry; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
