"""What the two guidance probes ask the loop to draw."""

from __future__ import annotations

from dataclasses import replace

import pytest

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.trajectory import BASE, SUBMISSION, Guide, NoiseStream, Trajectory
from erasebench.probes.classifier_guidance import ClassifierGuidance
from erasebench.probes.guidance_noise import GuidanceNoise
from erasebench.probes.probe import Probe
from erasebench.protocol import PICTOGRAM_V1, Protocol

CHURCH = CONCEPTS["church"]
FACTOR = PICTOGRAM_V1.guidance_factor


def drawn(probe: Probe, protocol: Protocol = PICTOGRAM_V1) -> list[Trajectory]:
    """Every variant of one prompt index."""
    return [
        probe.trajectory(protocol, CHURCH, 7, variant, SUBMISSION)
        for variant in range(len(probe.settings(protocol)))
    ]


def test_guidance_asks_at_every_scale_from_the_index_s_start() -> None:
    """Twelve scales from 25 in steps of 14, no noise, the target's own classifier."""
    variants = drawn(ClassifierGuidance())
    start = NoiseStream("start", 7)

    assert [
        Trajectory(CHURCH.prompt, SUBMISSION, start, guide=Guide("church", FACTOR * (25 + 14 * i)))
        for i in range(12)
    ] == variants


def test_guidance_noise_asks_at_every_cell_with_the_streams_of_noise() -> None:
    """Four scales times three η, v = 1, variant by variant with the step noise of others."""
    variants = drawn(GuidanceNoise())

    assert [(s, eta) for s in (50, 100, 150, 175) for eta in (1.0, 1.2, 1.4)] == [
        (one.guide.scale / FACTOR, one.eta) for one in variants if one.guide is not None
    ]
    assert [one.step_noise for one in variants] == [NoiseStream("step", 7, i) for i in range(12)]
    assert {(one.start, one.noise_scale) for one in variants} == {(NoiseStream("start", 7), 1.0)}


@pytest.mark.parametrize("probe", [ClassifierGuidance(), GuidanceNoise()], ids=lambda p: p.name)
def test_one_factor_maps_every_scale(probe: Probe) -> None:
    """A protocol's factor multiplies what acts and leaves the setting's name alone."""
    doubled = replace(PICTOGRAM_V1, guidance_factor=1.0)
    plain, scaled = (
        [one.guide.scale for one in drawn(probe, protocol) if one.guide is not None]
        for protocol in (PICTOGRAM_V1, doubled)
    )

    assert [2 * scale for scale in plain] == scaled
    assert probe.settings(PICTOGRAM_V1) == probe.settings(doubled)


def test_settings_are_named_by_what_varies() -> None:
    """A setting is what the selector chooses among, so no two variants share one."""
    assert ClassifierGuidance().settings(PICTOGRAM_V1)[:2] == ("s=25", "s=39")
    assert GuidanceNoise().settings(PICTOGRAM_V1)[:2] == ("s=50 eta=1.00", "s=50 eta=1.20")
    for probe in (ClassifierGuidance(), GuidanceNoise()):
        assert len(set(probe.settings(PICTOGRAM_V1))) == 12


@pytest.mark.parametrize("probe", [ClassifierGuidance(), GuidanceNoise()], ids=lambda p: p.name)
def test_styles_have_no_classifier_and_are_not_asked_for(probe: Probe) -> None:
    """An object can be asked for, a style cannot."""
    assert probe.applies_to(CHURCH)
    assert not probe.applies_to(CONCEPTS["van_gogh"])


def test_the_base_is_pushed_as_the_subject_is() -> None:
    """The ceiling differs from the submission's trial in the weights alone."""
    own = ClassifierGuidance().trajectory(PICTOGRAM_V1, CHURCH, 7, 0, SUBMISSION)
    base = ClassifierGuidance().trajectory(PICTOGRAM_V1, CHURCH, 7, 0, BASE)

    assert replace(own, weights=BASE) == base
