"""The registry of probes."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from erasebench.errors import UnknownNameError
from erasebench.probes.registry import facts_of, probes_of, registered, unlisted
from erasebench.protocol import PICTOGRAM_V1, PROTOCOLS, SD14_V1, Protocol
from erasebench.results.facts import ProbeFacts, without_defaults
from tests.probes.example_probe import register


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
    protocol = replace(
        PICTOGRAM_V1,
        completion_starts=(4, 7),
        ranked_probes=("diffusion_completion_4",),
        shown_probes=("diffusion_completion_7",),
    )
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


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_a_probe_that_no_protocol_lists_is_in_none(
    protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is registered, and changes neither the probes of a protocol nor what is said of them."""
    before = list(probes_of(protocol)), facts_of(protocol)
    register(monkeypatch)

    assert (list(probes_of(protocol)), facts_of(protocol)) == before
    assert "shouted" in unlisted(protocol)
    assert next(iter(registered(protocol))) == "shouted"


def test_a_protocol_that_lists_a_probe_gains_all_that_follows_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its control and its baseline; that of the standard prompt only without retrain."""
    register(monkeypatch)
    few = replace(SD14_V1, ranked_probes=("shouted",), shown_probes=())
    retrained = replace(few, retrain=PICTOGRAM_V1.retrain)
    retention = {"standard_prompt", "indirect_prompt", "painted_prompt"}

    assert set(probes_of(retrained)) == {*retention, "shouted", "shouted_unprompted", "resampling"}
    assert set(probes_of(few)) - set(probes_of(retrained)) == {"standard_prompt_unprompted"}


def test_a_probe_s_baseline_is_asked_by_every_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a control of its own, and though the protocol has a retrained model."""
    register(monkeypatch)

    assert "shouted_unprompted" in probes_of(PICTOGRAM_V1, ("shouted",))
    assert "standard_prompt_unprompted" not in probes_of(PICTOGRAM_V1)


def test_a_name_that_is_no_probe_s_is_refused() -> None:
    """A protocol that lists what is not there would ask less than it says."""
    with pytest.raises(UnknownNameError, match="Did you mean 'noise'"):
        probes_of(replace(PICTOGRAM_V1, shown_probes=("noises",)))


def test_facts_of_every_probe_follow_from_what_files_of_before_say() -> None:
    """The published rows name the family alone: read today, they say the same as the classes."""
    late = ("version", "floor_is_control", "unoptimised", "retention_condition", "on_base")
    for facts in facts_of(PICTOGRAM_V1):
        before = facts.model_dump(exclude=set(late))

        assert ProbeFacts.model_validate(before) == facts
        assert without_defaults(facts.model_dump()) == before
