"""Several results put together as one row."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.errors import ResultError
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.preparation import Preparations, Search
from erasebench.results.reference import references_of
from erasebench.results.result import CheckpointRun, Declaration, Result
from erasebench.stats.merge import merge_results
from tests.board.example_run import Example, example_result

REFERENCES = references_of(PICTOGRAM_V1, "public")
PROBES = ("standard_prompt", "resampling", "retention")


def small(concepts: tuple[str, ...], limit: int = 4, **facts: object) -> Result:
    """A small result of some concepts."""
    example = Example(name="esd_x_church", concepts=concepts, **facts)  # type: ignore[arg-type]
    return example_result(example, limit=limit, probes=PROBES)


@pytest.fixture(scope="module")
def church() -> Result:
    """One submission's result on a concept."""
    return small(("church",))


@pytest.fixture(scope="module")
def golf_ball() -> Result:
    """The same submission's on another."""
    return small(("golf_ball",))


def merged(*results: Result, name: str = "esd_x") -> Result:
    """All of them as a row."""
    files = {Path(f"{number}.json"): result for number, result in enumerate(results)}
    return merge_results(files, name, PICTOGRAM_V1, REFERENCES)


def test_two_results_are_what_one_run_of_both_gives(church: Result, golf_ball: Result) -> None:
    """Cells, scores over all, and what the base gave; only the checkpoints are two."""
    row = merged(golf_ball, church)
    both = small(("golf_ball", "church"))

    assert row.cells == both.cells
    assert row.score == both.score
    assert row.score is not None
    assert row.score.concepts == ("church", "golf_ball")
    assert {*row.base_outcomes} == {*both.base_outcomes}
    assert len(row.base_outcomes) == len(both.base_outcomes)
    # In the protocol's order, whatever the order in which they were given.
    assert [one.concepts for one in row.checkpoints] == [("golf_ball",), ("church",)]
    assert row == merged(church, golf_ball)


def test_one_result_is_itself_under_the_name(church: Result) -> None:
    """No second path: a row of one checkpoint is made as any other."""
    assert merged(church, name="mine") == church.model_copy(update={"name": "mine"})


def test_what_was_made_and_what_it_took_is_added_up(church: Result, golf_ball: Result) -> None:
    """Searches and classifiers of all, and each probe's time over all."""
    search = Search(
        probe="unlearn_diff_atk",
        target="church",
        prompt_index=0,
        prompt="a",
        tries=1,
        update=0,
        plain_success=False,
        success=False,
        probability=0.1,
    )
    own = Preparations(classifiers={"church": "a"}, searches=(search,))
    other = Preparations(classifiers={"golf_ball": "b"})
    row = merged(
        church.model_copy(update={"making": own}), golf_ball.model_copy(update={"making": other})
    )
    samples = [sum(one.samples for one in result.timings) for result in (church, golf_ball, row)]

    assert row.making == Preparations(
        classifiers={"church": "a", "golf_ball": "b"}, searches=(search,)
    )
    assert samples[0] + samples[1] == samples[2]
    assert len({timing.probe for timing in row.timings}) == len(row.timings)


def test_a_concept_is_in_one_of_them(church: Result) -> None:
    """Else nobody could say which of the two checkpoints a cell is of."""
    with pytest.raises(ResultError, match=r"1\.json: Its concept church is also in 0\.json"):
        merged(church, small(("airliner", "church")))


def _with_checkpoint(result: Result, **facts: object) -> Result:
    (checkpoint,) = result.checkpoints
    return result.model_copy(update={"checkpoints": (checkpoint.model_copy(update=facts),)})


def _with_identity(result: Result, **facts: object) -> Result:
    identity = result.checkpoints[0].identity.model_copy(update=facts)
    return _with_checkpoint(result, identity=identity)


def _with_environment(result: Result, **facts: object) -> CheckpointRun:
    run = result.checkpoints[0].run
    return run.model_copy(update={"environment": run.environment.model_copy(update=facts)})


def test_results_of_two_kinds_are_no_row(church: Result, golf_ball: Result) -> None:
    """Each difference that could move a score, or whose checkpoint it is, is named."""
    strange = {
        "Its protocol digest is 000": golf_ball.model_copy(update={"protocol_digest": "0" * 64}),
        "Its seed set is winter, that of": golf_ball.model_copy(update={"seed_set": "winter"}),
        "Its references is base 000": golf_ball.model_copy(update={"references": {"base": "0000"}}),
        "Its base is 000": _with_identity(golf_ball, base_digest="0" * 64),
        "Its method is uce, that of": _with_identity(golf_ball, method="uce"),
        "Its text encoder is edited, that of 0.json is the base's": _with_identity(
            golf_ball, edited=("unet", "text_encoder")
        ),
        "Its list of failed probes is noise": golf_ball.model_copy(
            update={"failed_probes": ("noise",)}
        ),
        r"Its version or machine \(torch\) is 1": _with_checkpoint(
            golf_ball, run=_with_environment(golf_ball, torch="1")
        ),
        "Its unpinned models is 000 111, that of 0.json is none": golf_ball.model_copy(
            update={"unverified": {"org/model@main": "000 111"}}
        ),
        "It describes the probes otherwise": golf_ball.model_copy(
            update={"probes": golf_ball.probes[::-1]}
        ),
    }
    for said, result in strange.items():
        with pytest.raises(ResultError, match=f"1.json: {said}"):
            merged(church, result)


def test_digests_that_the_protocol_lacks_are_the_row_s(church: Result, golf_ball: Result) -> None:
    """What the models of every run were is told of the row as well."""
    found = {"org/model@main": "000 111"}
    own = [one.model_copy(update={"unverified": found}) for one in (church, golf_ball)]

    assert merged(*own).unverified == found


def test_what_is_declared_is_the_row_s(church: Result, golf_ball: Result) -> None:
    """One manifest declares for all its checkpoints; two that say different things are no row."""
    own = Declaration(name="a", method="ESD-x", licence="MIT")
    both = [one.model_copy(update={"declared": own}) for one in (church, golf_ball)]

    assert merged(*both).declared == own
    with pytest.raises(ResultError, match=r"1\.json: What its manifest declares is not what that"):
        merged(both[0], golf_ball)


def test_threads_and_batch_size_may_differ(church: Result, golf_ball: Result) -> None:
    """They move a picture by rounding; the self-check does not look at them either."""
    other = _with_checkpoint(golf_ball, run=_with_environment(golf_ball, threads=7, batch_size=9))

    assert merged(church, other).cells == merged(church, golf_ball).cells


def test_a_set_up_that_was_checked_in_part_is_not_checked(
    church: Result, golf_ball: Result
) -> None:
    """No probe failed in one run and nobody looked in the other: nobody looked at the row."""
    checked = church.model_copy(update={"failed_probes": ()})

    assert merged(checked, golf_ball).failed_probes is None
    assert merged(checked, golf_ball.model_copy(update={"failed_probes": ()})).failed_probes == ()


def test_one_base_stands_beside_all(church: Result, golf_ball: Result) -> None:
    """What both asked of the base must have been answered the same."""
    (number, outcome) = next(
        (number, one)
        for number, one in enumerate(golf_ball.base_outcomes)
        if one.erased == "nothing"
    )
    other = list(golf_ball.base_outcomes)
    other[number] = outcome.model_copy(update={"clip_mean": outcome.clip_mean + 1})

    with pytest.raises(
        ResultError, match=f"another answer to {outcome.probe} for {outcome.target}"
    ):
        merged(church, golf_ball.model_copy(update={"base_outcomes": tuple(other)}))


def test_whose_part_is_missing_is_said(church: Result) -> None:
    """One reason where all have the same, else whose it is."""
    fewer = small(("golf_ball",), limit=2)
    whole = church.model_copy(update={"partial": None})

    assert merged(church).partial == church.partial
    assert merged(whole, fewer).partial == f"golf_ball: {fewer.partial}"
