"""The registry of probes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from erasebench.probes.registry import probes_of
from erasebench.protocol import PICTOGRAM_V1


def test_every_ranked_probe_and_every_control_is_registered() -> None:
    """A protocol ranks by probes that exist, and `excess` subtracts probes that exist."""
    probes = probes_of(PICTOGRAM_V1)
    controls = {probe.control for probe in probes.values()} - {None}
    shown = {probe.shown_control for probe in probes.values()} - {None}

    assert set(PICTOGRAM_V1.ranked_probes) <= set(probes)
    assert controls == {"standard_prompt", "resampling", "noise", "random_prefix"}
    assert shown == {"standard_prompt", "stochastic"}
    assert controls | shown <= set(probes)


def test_a_probe_is_registered_under_its_own_name() -> None:
    """The registry's keys are the names that records will bear."""
    assert all(name == probe.name for name, probe in probes_of(PICTOGRAM_V1).items())


def test_each_start_of_the_protocol_is_a_completion_probe() -> None:
    """The protocol decides which hand-overs there are."""
    protocol = replace(PICTOGRAM_V1, completion_starts=(4, 7))
    completions = [
        name
        for name, probe in probes_of(protocol).items()
        if name.startswith("diffusion_completion") and probe.family == "context"
    ]

    assert completions == ["diffusion_completion_4", "diffusion_completion_7"]


def test_every_context_has_its_reference_and_nothing_else_has() -> None:
    """The base, asked for nothing in the same context, stands beside each context probe."""
    probes = probes_of(PICTOGRAM_V1)
    context = {probe.reference for probe in probes.values() if probe.family == "context"}

    assert None not in context
    assert context == {name for name, probe in probes.items() if probe.family == "reference"}
    assert not any(probe.reference for probe in probes.values() if probe.family != "context")


def test_the_registry_loads_no_torch() -> None:
    """`erasebench list probes` answers at once."""
    code = "import sys, erasebench.probes.registry; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
