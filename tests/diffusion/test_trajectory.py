"""What a trajectory says of itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, make_dataclass, replace

import pytest

from erasebench.diffusion.trajectory import (
    AFTER_CALL,
    BASE,
    SUBMISSION,
    Guide,
    Inpainting,
    NoiseStream,
    Opening,
    Trajectory,
)

START = NoiseStream("start", 0)
PLAIN = Trajectory("a church", SUBMISSION, START)
OPENING = Opening(BASE, "a church", 1)
FULL = Trajectory(
    "a church",
    SUBMISSION,
    START,
    step_noise=NoiseStream("step", 0, 4),
    eta=1.2,
    noise_scale=1.04,
    opening=OPENING,
    inpainting=Inpainting("source", NoiseStream("inpainting_start", 0)),
    guide=Guide("church", 25.0),
)
CHANGES = {
    "prompt": "a dog",
    "weights": BASE,
    "start": NoiseStream("start", 1),
    "step_noise": NoiseStream("step", 0, 5),
    "eta": 1.0,
    "noise_scale": 1.02,
    "opening": None,
    "inpainting": None,
    "guide": None,
}
PART_CHANGES = {"prompt": "a dog", "weights": SUBMISSION, "steps": 2, "hands_over": False}


def test_an_unknown_field_is_an_error() -> None:
    """Nothing that the loop does not know can be asked of it."""
    with pytest.raises(TypeError, match="variance_scale"):
        Trajectory("a church", BASE, START, variance_scale=1.04)  # type: ignore[call-arg]


@pytest.mark.parametrize(("eta", "stream"), [(1.0, None), (0.0, NoiseStream("step", 0))])
def test_eta_and_its_noise_come_together(eta: float, stream: NoiseStream | None) -> None:
    """η without a stream has no noise, and a stream without η no effect: both are mistakes."""
    with pytest.raises(ValueError, match="both or neither"):
        Trajectory("a church", BASE, START, step_noise=stream, eta=eta)


def test_what_would_not_act_is_refused() -> None:
    """A factor on noise that is not there, noise of negative size, an opening of no step."""
    with pytest.raises(ValueError, match="give eta too"):
        Trajectory("a church", BASE, START, noise_scale=1.04)
    with pytest.raises(ValueError, match="negative"):
        Trajectory("a church", BASE, START, eta=-1.0)
    with pytest.raises(ValueError, match="opens nothing"):
        Trajectory("a church", BASE, START, opening=Opening(BASE, "a church", 0))


def test_an_opening_hands_over_after_its_steps() -> None:
    """The first k steps are the other weights', every later one the trajectory's own."""
    opened = Trajectory("a church", SUBMISSION, START, opening=Opening(BASE, "a dog", 2))

    assert [opened.asked_at(step) for step in range(4)] == [
        (BASE, "a dog"),
        (BASE, "a dog"),
        (SUBMISSION, "a church"),
        (SUBMISSION, "a church"),
    ]


def test_all_prompts_share_their_start() -> None:
    """Before the first step nothing but the start latent matters."""
    other = Trajectory("a dog", BASE, START, NoiseStream("step", 0, 4), eta=1.2)

    assert PLAIN.history(0) == other.history(0)
    assert PLAIN.history(1) != other.history(1)


@pytest.mark.parametrize("name", [one.name for one in fields(Trajectory)])
def test_every_field_is_in_the_canonical_form_and_in_the_history(name: str) -> None:
    """Trajectories that differ in one field, a new one too, share nothing after two steps."""
    other = replace(FULL, **{name: CHANGES.get(name, "changed")})

    assert FULL.canonical() != other.canonical()
    assert FULL.history(2) != other.history(2)


@pytest.mark.parametrize("name", CHANGES)
def test_a_field_counts_from_the_call_on_that_it_acts_on(name: str) -> None:
    """Start and inpainting from the first call, the step's from the second, the rest by step."""
    other = replace(FULL, **{name: CHANGES[name]})

    assert (FULL.history(0) != other.history(0)) == (name in {"start", "inpainting"})
    assert (FULL.history(1) != other.history(1)) == (name not in {"prompt", "weights"})


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (where, one.name)
        for where in ("start", "step_noise", "opening", "inpainting", "guide")
        for one in fields(getattr(FULL, where))
    ],
)
def test_every_field_of_a_part_is_in_the_canonical_form_and_in_the_history(
    where: str, name: str
) -> None:
    """The same for the parts of a trajectory: streams, openings, inpainting, guides."""
    changed = PART_CHANGES.get(name, "changed")
    other = replace(FULL, **{where: replace(getattr(FULL, where), **{name: changed})})

    assert FULL.canonical() != other.canonical()
    assert FULL.history(2) != other.history(2)


def test_what_ends_is_apart_from_what_hands_over() -> None:
    """Both share the opening's steps; after the last one ends as a clean latent, the other not."""
    goes_on = Trajectory("a church", BASE, START, opening=OPENING)
    ends = replace(goes_on, opening=replace(OPENING, hands_over=False))

    assert goes_on.history(0) == ends.history(0)
    assert goes_on.history(1) != ends.history(1)
    assert ends.history(2) == ends.history(9)


def test_the_canonical_form_is_sorted_json_without_defaults_and_class_names() -> None:
    """Run folders hold digests of it: whatever changes this form strands them."""
    assert PLAIN.canonical() == (
        '{"prompt":"a church","start":{"noise":{"name":"start","prompt_index":0}},'
        '"weights":"submission"}'
    )
    assert json.loads(FULL.canonical()) == {
        "prompt": "a church",
        "weights": "submission",
        "start": {"noise": {"name": "start", "prompt_index": 0}},
        "step_noise": {"noise": {"name": "step", "prompt_index": 0, "variant": 4}},
        "eta": 1.2,
        "noise_scale": 1.04,
        "opening": {"opening": {"weights": "base", "prompt": "a church", "steps": 1}},
        "inpainting": {
            "inpainting": {
                "source": "source",
                "noise": {"noise": {"name": "inpainting_start", "prompt_index": 0}},
            }
        },
        "guide": {"guide": {"classifier": "church", "scale": 25.0}},
    }


def test_a_new_field_counts_by_itself() -> None:
    """Added with a default and nothing else, it changes no form, and is shared by nobody else."""
    extended = make_dataclass(
        "Extended", [("unheard_of", str, "")], bases=(Trajectory,), frozen=True
    )
    plain = extended("a church", SUBMISSION, START)
    other = replace(plain, unheard_of="a picture")

    assert plain.canonical() == PLAIN.canonical()
    assert plain.canonical() != other.canonical()
    for step in range(3):
        assert plain.history(step) == PLAIN.history(step)
        assert plain.history(step) != other.history(step)


@pytest.mark.parametrize(
    ("metadata", "shared"), [(AFTER_CALL, True), ({"acts": "after the cal"}, False), ({}, False)]
)
def test_a_new_field_shares_the_first_call_only_if_it_says_so(
    metadata: dict[str, str], *, shared: bool
) -> None:
    """A word that is misspelt declares nothing, and the safe side is taken."""
    extended = make_dataclass(
        "Extended",
        [("clip", float, field(default=0.0, metadata=metadata))],
        bases=(Trajectory,),
        frozen=True,
    )
    one, other = (extended("a church", SUBMISSION, START, clip=clip) for clip in (0.0, 1.0))

    assert (one.history(0) == other.history(0)) == shared
    assert one.history(1) != other.history(1)


def test_a_new_field_of_an_opening_counts_by_itself() -> None:
    """Openings are shared by completions that hand over at other steps, not by other openings."""
    extended = make_dataclass(
        "Extended",
        [("guidance_scale", float, 7.5)],
        bases=(Opening,),
        frozen=True,
        namespace={"kind": "opening"},
    )
    ways = [
        replace(PLAIN, opening=opening)
        for opening in (
            Opening(BASE, "a church", 2),
            extended(BASE, "a church", 3),
            extended(BASE, "a church", 3, guidance_scale=1.0),
        )
    ]

    assert ways[0].history(2) == ways[1].history(2)
    assert ways[1].history(0) != ways[2].history(0)
    assert len({one.canonical() for one in ways}) == 3


def test_a_part_without_a_kind_of_its_own_has_no_canonical_form() -> None:
    """Two classes with the same fields would pass for one, so the second must name its kind."""

    @dataclass(frozen=True)
    class Peek(Opening):
        pass

    with pytest.raises(TypeError, match="Peek has no canonical form"):
        replace(PLAIN, opening=Peek(BASE, "a church", 1)).canonical()
    with pytest.raises(TypeError, match="Peek has no canonical form"):
        replace(PLAIN, opening=Peek(BASE, "a church", 1)).history(0)


def test_an_opening_of_another_kind_shares_nothing() -> None:
    """Its fields are an opening's, but its steps may do something else from the first on."""

    @dataclass(frozen=True)
    class Peek(Opening):
        kind = "peek"

    peek = replace(PLAIN, opening=Peek(BASE, "a church", 2))
    usual = replace(PLAIN, opening=Opening(BASE, "a church", 2))

    assert peek.canonical() != usual.canonical()
    for step in range(4):
        assert peek.history(step) != usual.history(step)
        assert peek.history(step) != replace(PLAIN, weights=BASE).history(step)


@pytest.mark.parametrize(("default", "value"), [(1.0, True), (0.0, False), (1, True), (1.0, 1)])
def test_a_value_of_another_type_is_not_the_default(default: float, value: float) -> None:
    """`True` equals 1.0 in Python, but a field that holds it does not mean the same."""
    extended = make_dataclass(
        "Extended", [("unheard_of", object, default)], bases=(Trajectory,), frozen=True
    )
    plain = extended("a church", SUBMISSION, START)
    other = replace(plain, unheard_of=value)

    assert plain.canonical() != other.canonical()
    assert plain.history(0) != other.history(0)


def test_values_of_other_types_share_nothing() -> None:
    """Neither do they where both are given, in a part or in the trajectory itself."""
    for one, other in (
        (replace(FULL, eta=1.0), replace(FULL, eta=True)),
        (replace(FULL, guide=Guide("church", 1.0)), replace(FULL, guide=Guide("church", True))),
    ):
        assert one.canonical() != other.canonical()
        assert one.history(2) != other.history(2)


def test_guides_that_differ_make_other_latents() -> None:
    """After the first step scale and classifier both matter, before it neither does."""
    guides = (Guide("church", 25.0), Guide("church", 50.0), Guide("tench", 25.0))
    guided = [Trajectory("a church", SUBMISSION, START, guide=guide) for guide in guides]

    assert len({one.history(0) for one in guided}) == 1
    assert len({one.history(1) for one in guided}) == 3


def test_completions_share_their_opening() -> None:
    """Until the first of them hands over, completions and the base's own picture are one."""
    base = Trajectory("a church", BASE, START)
    early, late = (
        Trajectory("a church", SUBMISSION, START, opening=Opening(BASE, "a church", steps))
        for steps in (2, 3)
    )

    assert base.history(2) == early.history(2) == late.history(2)
    assert early.history(3) != late.history(3) == base.history(3)
