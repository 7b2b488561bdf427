"""What a trajectory says of itself."""

from __future__ import annotations

import pytest

from erasebench.diffusion.trajectory import (
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


@pytest.mark.parametrize(
    "other",
    [
        Trajectory("a dog", SUBMISSION, START),
        Trajectory("a church", BASE, START),
        Trajectory("a church", SUBMISSION, NoiseStream("start", 1)),
        Trajectory("a church", SUBMISSION, START, NoiseStream("step", 0), eta=1.0),
        Trajectory("a church", SUBMISSION, START, opening=Opening(BASE, "a church", 1)),
        Trajectory("a church", SUBMISSION, START, opening=Opening(SUBMISSION, "a dog", 1)),
        Trajectory("a church", SUBMISSION, START, inpainting=Inpainting("x", START)),
        Trajectory("a church", SUBMISSION, START, guide=Guide("church", 25.0)),
    ],
)
def test_whatever_moves_a_latent_moves_its_history(other: Trajectory) -> None:
    """Trajectories that differ in any field cannot pass for one after the first step."""
    assert PLAIN.history(1) != other.history(1)


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
