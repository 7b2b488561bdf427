"""The registry of probes."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

from erasebench.probes.facts import facts_of
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
    facts = facts_of(PICTOGRAM_V1)
    context = {one.reference for one in facts if one.family == "context"}

    assert None not in context
    assert context == {one.name for one in facts if one.family == "reference"}
    assert not any(one.reference for one in facts if one.family != "context")
    assert not any(one.floor for one in facts)


def test_without_retrain_the_base_stands_in_its_place() -> None:
    """It gives the floors of completions, and shows what comes where nothing is asked for."""
    facts = {one.name: one for one in facts_of(replace(PICTOGRAM_V1, retrain=()))}
    floors = {one.name: one.floor for one in facts.values() if one.floor is not None}

    assert set(floors) == {
        name for name in facts if re.fullmatch(r"diffusion_completion_\d+", name)
    }
    assert set(floors.values()) <= set(facts)
    assert facts["standard_prompt"].reference in facts
    assert facts[str(facts["standard_prompt"].reference)].family == "reference"


def test_the_registry_loads_no_torch() -> None:
    """`erasebench list probes` answers at once."""
    code = "import sys, erasebench.probes.registry; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
