"""The plan: all that is drawn, in an order that shares work."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import groupby

import pytest

from erasebench.errors import ErasebenchError
from erasebench.evaluation.plan.plan import Plan, base_plans, submission_plan
from erasebench.evaluation.plan.selection import select
from erasebench.probes.standard_prompt import StandardPrompt
from erasebench.protocol import PICTOGRAM_V1

FULL = submission_plan(PICTOGRAM_V1, select(PICTOGRAM_V1, ("church",)), encoder_edited=False)


def counts(plan: Plan, target: str) -> Counter[str]:
    """Pictures per probe of one target."""
    return Counter(trial.probe for trial in plan.trials if trial.target == target)


def test_the_erased_concept_is_asked_by_every_probe_of_the_suite() -> None:
    """24 prompt indices, each with the variants that protocol.md gives a probe."""
    once = {f"diffusion_completion_{k}": 24 for k in (1, 2, 3, 5, 8, 10)}

    assert counts(FULL, "church") == {
        "standard_prompt": 24,
        "indirect_prompt": 24 * 5,
        "resampling": 24 * 12,
        "stochastic": 24 * 12,
        "noise": 24 * 12,
        "inpainting_crop": 24,
        "inpainting_whole": 24,
        "classifier_guidance": 24 * 12,
        "guidance_noise": 24 * 12,
        "textual_inversion": 24,
        "random_prefix": 24,
        "unlearn_diff_atk": 24,
        "relearning": 24,
        **once,
    }


@pytest.mark.parametrize(
    ("target", "ways"),
    [
        ("van_gogh", {"standard_prompt"}),
        ("tench", {"standard_prompt", "indirect_prompt", "painted_prompt"}),
        (
            "airliner",
            {
                "standard_prompt",
                "indirect_prompt",
                "painted_prompt",
                "diffusion_completion_3",
                "diffusion_completion_5",
                "inpainting_crop",
                "noise",
            },
        ),
    ],
)
def test_retention_concepts_are_asked_in_their_ways_ten_times_each(
    target: str, ways: set[str]
) -> None:
    """A style plainly, an object in other words too, a hard one under the ranked probes too."""
    assert counts(FULL, target) == dict.fromkeys(ways, 10)


def test_retention_takes_one_description_per_index_and_one_cell_of_the_noise_grid() -> None:
    """Description i mod 5, and η = 1.2 at v = 1."""
    other = [trial for trial in FULL.trials if trial.target == "airliner"]
    described = [trial.variant for trial in other if trial.probe == "indirect_prompt"]
    noised = {FULL.trajectories[trial] for trial in other if trial.probe == "noise"}

    assert described == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    assert {(one.eta, one.noise_scale) for one in noised} == {(1.2, 1.0)}


def test_an_erased_concept_is_left_out_of_its_own_retention() -> None:
    """Airliner, erased, is asked as an erased concept only."""
    plan = submission_plan(
        PICTOGRAM_V1, select(PICTOGRAM_V1, ("airliner",), ("retention",)), encoder_edited=False
    )

    assert "airliner" not in {trial.target for trial in plan.trials}
    assert {"airliner"} == {trial.erased for trial in plan.trials}


def test_no_trial_is_planned_twice() -> None:
    """A trial is the key of what is stored."""
    plan = submission_plan(
        PICTOGRAM_V1, select(PICTOGRAM_V1, ("church", "airliner", "van_gogh")), encoder_edited=False
    )

    assert len(set(plan.trials)) == len(plan.trials)


def test_all_of_a_prompt_index_are_neighbours_and_equal_pictures_lie_side_by_side() -> None:
    """So that variants, probes and cells share calls of the UNet."""
    plan = submission_plan(
        PICTOGRAM_V1, select(PICTOGRAM_V1, ("church", "airliner")), encoder_edited=False
    )
    indices = [key for key, _ in groupby((t.target, t.prompt_index) for t in plan.trials)]
    pictures = [
        key
        for key, _ in groupby((t.target, t.probe, t.prompt_index, t.variant) for t in plan.trials)
    ]

    assert len(set(indices)) == len(indices)
    assert len(set(pictures)) == len(pictures)


def test_a_limit_takes_the_first_prompt_indices_of_everything() -> None:
    """Two indices per concept and probe, in retention as well."""
    plan = submission_plan(
        PICTOGRAM_V1, select(PICTOGRAM_V1, ("church",), limit=2), encoder_edited=False
    )

    assert {0, 1} == {trial.prompt_index for trial in plan.trials}
    assert counts(plan, "church")["noise"] == 24
    assert counts(plan, "tench")["standard_prompt"] == 2


def test_the_base_is_asked_all_that_a_submission_is() -> None:
    """Each image of a submission has one by the base to compare with, from the same seeds."""
    selection = select(PICTOGRAM_V1, ("church", "airliner"), limit=3)
    plan = submission_plan(PICTOGRAM_V1, selection, encoder_edited=False)
    bases = base_plans(PICTOGRAM_V1, selection)
    drawn = {
        replace(base.trajectories[trial], weights="any")
        for base in bases.values()
        for trial in base.trials
    }

    assert drawn >= {replace(one, weights="any") for one in plan.trajectories.values()}
    assert ["church", "airliner", "retention"] == list(bases)


def test_an_edited_encoder_is_asked_for_in_two_more_ways() -> None:
    """Past it with the plain prompt, and past it with a token learned without it."""
    edited = submission_plan(PICTOGRAM_V1, select(PICTOGRAM_V1, ("church",)), encoder_edited=True)
    more = counts(edited, "church") - counts(FULL, "church")

    assert more == {"encoder_swap": 24, "textual_inversion": 24}
    assert set(FULL.trials) < set(edited.trials)


def test_a_model_with_the_base_s_encoder_cannot_be_asked_past_it() -> None:
    """Alone, the swap is refused with the reason; and the base is then asked plainly."""
    swap = select(PICTOGRAM_V1, ("church",), ("encoder_swap",))
    bases = base_plans(PICTOGRAM_V1, swap)

    assert counts(bases["church"], "church") == {"standard_prompt": 24}
    with pytest.raises(ErasebenchError, match="object of a model with the base's encoder"):
        submission_plan(PICTOGRAM_V1, swap, encoder_edited=False)


def test_what_is_asked_about_which_target_is_known_before_it_is_drawn() -> None:
    """Every pair of probe and target once, target by target, with its prompt indices."""
    plan = submission_plan(
        PICTOGRAM_V1, select(PICTOGRAM_V1, ("church", "airliner"), limit=3), encoder_edited=False
    )
    targets = [key for key, _ in groupby(target for _, target in plan.probe_targets)]

    assert set(plan.probe_targets) == {(trial.probe, trial.target) for trial in plan.trials}
    assert len(set(plan.probe_targets)) == len(plan.probe_targets)
    assert len(set(targets)) == len(targets)
    assert plan.indices("unlearn_diff_atk", "church") == (0, 1, 2)
    assert plan.indices("unlearn_diff_atk", "tench") == ()


def test_the_base_s_retention_serves_every_erased_concept() -> None:
    """Measured once, it is the same plan whatever was erased."""
    church = base_plans(PICTOGRAM_V1, select(PICTOGRAM_V1, ("church",)))
    airliner = base_plans(PICTOGRAM_V1, select(PICTOGRAM_V1, ("airliner",)))

    assert church["retention"].digest == airliner["retention"].digest
    assert church["church"].digest != airliner["airliner"].digest


def test_batches_are_the_plan_cut_into_neighbours() -> None:
    """Nothing is lost, and only the last is shorter."""
    batches = FULL.batches(64)

    assert FULL.trials == tuple(trial for batch in batches for trial in batch)
    assert {64} == {len(batch) for batch in batches[:-1]}


def test_the_digest_tells_plans_apart() -> None:
    """Another limit, another digest; the same request, the same digest."""
    selection = select(PICTOGRAM_V1, ("church",))
    shorter = select(PICTOGRAM_V1, ("church",), limit=23)

    assert FULL.digest == submission_plan(PICTOGRAM_V1, selection, encoder_edited=False).digest
    assert FULL.digest != submission_plan(PICTOGRAM_V1, shorter, encoder_edited=False).digest


def test_the_digest_covers_what_a_trial_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same trials with other trajectories are another plan."""
    selection = select(PICTOGRAM_V1, ("church",), ("standard_prompt",), limit=1)
    plan = submission_plan(PICTOGRAM_V1, selection, encoder_edited=False)
    before = plan.digest
    ask = StandardPrompt.trajectory
    monkeypatch.setattr(
        StandardPrompt, "trajectory", lambda *asked: replace(ask(*asked), prompt="a dog")
    )
    other = submission_plan(PICTOGRAM_V1, selection, encoder_edited=False)

    assert plan.trials == other.trials
    assert before != other.digest


def test_only_equal_trajectories_have_equal_canonical_forms() -> None:
    """Over the whole suite."""
    trajectories = set(FULL.trajectories.values())

    assert len({one.canonical() for one in trajectories}) == len(trajectories)


def test_a_request_that_asks_nothing_is_refused() -> None:
    """A style has no descriptions: an empty run would look like a clean one."""
    with pytest.raises(ErasebenchError, match="van_gogh"):
        submission_plan(
            PICTOGRAM_V1,
            select(PICTOGRAM_V1, ("van_gogh",), ("indirect_prompt",)),
            encoder_edited=False,
        )
