"""From outcomes to cells."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.results.record import NOTHING
from erasebench.results.reference import references_of
from erasebench.results.result import Cell
from erasebench.stats import anchors, row_data, row_score, summary
from erasebench.stats.anchors import Anchors
from erasebench.stats.outcome_arrays import outcome_arrays
from erasebench.stats.row_data import RowData
from erasebench.stats.summary import summarise
from tests.board.example_run import Example, example_result
from tests.stats.toy_outcomes import PROBES, RESAMPLING, STANDARD, outcome, plain

PROTOCOL = replace(
    PICTOGRAM_V1,
    prompts=4,
    retention_prompts=2,
    retention=("tench",),
    hard_retention=("tench",),
    completion_ranked=(),
    ranked_probes=("standard_prompt", "indirect_prompt", "noise"),
)


def test_a_cell_holds_every_estimate_by_hand() -> None:
    """Noise at 3 of 4 against resampling at 1 of 4 exceeds it by a half, as paired as it can be."""
    (cell,) = _cells(_suite(), _base_suite())
    by_name = {one.probe: one for one in cell.probes}
    noise = by_name["noise"]

    assert cell.erased == "church"
    assert list(by_name) == ["standard_prompt", "indirect_prompt", "resampling", "noise"]
    assert by_name["standard_prompt"].rate.value == 0
    assert by_name["standard_prompt"].base_rate.value == 1
    assert by_name["standard_prompt"].excess is None
    assert by_name["standard_prompt"].best_of_n is None
    assert noise.rate.value == 0.75
    assert noise.settings == ("strong", "strong")
    assert noise.excess is not None
    assert noise.excess.value == 0.5
    assert noise.best_of_n is not None
    assert noise.best_of_n.value == 0.25
    assert noise.base_best_of_n is not None
    assert noise.base_best_of_n.value == 0.25
    assert noise.first is not None
    assert noise.first.value == 0


def test_the_shown_control_and_the_reference_stand_beside_a_probe() -> None:
    """By hand: 3 of 4 is a half above 1 of 4; the base asked for nothing shows it in 2 of 4."""
    inpainting = plain([1, 1, 1, 0], probe="inpainting_crop")
    shown = [facts.model_copy(update={"shown_control": "standard_prompt"}) for facts in PROBES]
    (cell,) = _cells(
        [*plain([0, 0, 0, 1]), *inpainting],
        [
            *plain([1, 1, 1, 1]),
            *inpainting,
            *plain([1, 0, 1, 0], probe="inpainting_crop_unprompted"),
        ],
        shown,
    )
    found = {one.probe: one for one in cell.probes}["inpainting_crop"]

    assert found.beside is not None
    assert found.unprompted is not None
    assert (found.beside.value, found.unprompted.value) == (0.5, 0.5)


def test_wilson_s_interval_stands_where_an_index_has_one_picture() -> None:
    """Several pictures of one prompt index are no independent tries."""
    (cell,) = _cells(_suite(), _base_suite())
    given = {one.probe: one.wilson is not None for one in cell.probes}

    assert given == {
        "standard_prompt": True,
        "indirect_prompt": False,
        "resampling": True,
        "noise": False,
    }


def test_excess_is_missing_where_the_control_was_not_run() -> None:
    """A probe that was run alone has a rate, and no difference to anything."""
    outcomes = [one for one in _suite() if one.probe != "resampling"]
    (cell,) = _cells(outcomes, _base_suite())

    assert {one.probe: one.excess for one in cell.probes}["noise"] is None


def test_full_suite_is_complete() -> None:
    """Every ranked probe and retention on every prompt index."""
    (cell,) = _cells(_suite(), _base_suite())

    assert cell.complete


@pytest.mark.parametrize(
    "left_out",
    ["standard_prompt", "indirect_prompt", "painted_prompt", "inpainting_crop", "noise"],
)
@pytest.mark.parametrize("indices", [(0, 1), (1,)])
def test_cell_without_all_of_retention_is_incomplete(
    left_out: str, indices: tuple[int, ...]
) -> None:
    """No question about what is left may be left out, wholly or at one prompt index."""
    outcomes = [
        one
        for one in _suite()
        if (one.probe, one.target) != (left_out, "tench") or one.prompt_index not in indices
    ]
    (cell,) = _cells(outcomes, _base_suite())

    assert not cell.complete


@pytest.mark.parametrize("left_out", ["standard_prompt", "indirect_prompt", "noise"])
def test_cell_without_a_ranked_probe_is_incomplete(left_out: str) -> None:
    """A missing probe is missing, never zero."""
    outcomes = [one for one in _suite() if (one.probe, one.target) != (left_out, "church")]
    (cell,) = _cells(outcomes, _base_suite())

    assert not cell.complete
    assert left_out not in {one.probe for one in cell.probes}


def test_cell_with_fewer_prompts_is_incomplete() -> None:
    """A limited run is no evaluation."""
    outcomes = [one for one in _suite() if one.prompt_index < 2]
    (cell,) = _cells(outcomes, _base_suite())

    assert not cell.complete


def test_cell_without_retention_is_incomplete() -> None:
    """A broken model resists every probe."""
    outcomes = [one for one in _suite() if one.target == "church"]
    (cell,) = _cells(outcomes, _base_suite())

    assert not cell.complete
    assert cell.retention is None


def test_probe_that_does_not_apply_counts_as_complete() -> None:
    """Nobody has described a style, so a style's cell lacks nothing."""
    outcomes = [
        one.model_copy(update={"erased": "andy_warhol", "target": _instead(one.target)})
        for one in _suite()
        if (one.probe, one.target) != ("indirect_prompt", "church")
    ]
    bases = [
        one.model_copy(
            update={"erased": _instead(one.erased), "target": _instead(one.target)},
        )
        for one in _base_suite()
    ]
    (cell,) = _cells(outcomes, bases)

    assert cell.complete


def test_the_base_s_ceiling_and_its_retention_do_not_meet() -> None:
    """A concept that is both erased and, after another erasure, to be left: two base questions."""
    outcomes = [
        *plain([0, 0, 0, 0], erased="tench", target="tench"),
        *plain([1, 1], erased="church", target="tench"),
        *plain([0, 0, 0, 0]),
    ]
    bases = [
        *plain([1, 1, 1, 0], erased="tench", target="tench"),
        *plain([1, 0], erased=NOTHING, target="tench"),
        *plain([1, 1, 1, 1]),
    ]
    church, tench = sorted(_cells(outcomes, bases), key=lambda c: c.erased)

    assert tench.probes[0].base_rate.value == 0.75
    assert church.retention is not None
    assert church.retention.by_concept["tench"].value == 1.0


def test_order_of_outcomes_does_not_matter() -> None:
    """Cells are a function of the set of outcomes."""
    outcomes = _suite()
    shuffled = random.Random(0).sample(outcomes, len(outcomes))

    assert _cells(shuffled, _base_suite()) == _cells(outcomes, _base_suite())


def test_a_base_that_was_not_asked_is_an_error() -> None:
    """There is no ceiling to stand in for one that was not measured."""
    with pytest.raises(KeyError):
        _cells(plain([0, 0]), [], (STANDARD, RESAMPLING))


@pytest.mark.parametrize(
    ("concepts", "scored"), [(("church",), 1), (("church", "golf_ball"), 3), (("tench",), 0)]
)
def test_a_row_is_counted_in_one_pass(
    monkeypatch: pytest.MonkeyPatch, concepts: tuple[str, ...], scored: int
) -> None:
    """Each source of outcomes is sorted once; a score is made per ranked cell and for several.

    Retention is pooled once per cell, and once for a row of several ranked ones.
    """
    result = example_result(Example(concepts=concepts), limit=2, probes=("standard_prompt",))
    references = references_of(PICTOGRAM_V1, "public")
    calls: Counter[str] = Counter()
    for module, name in (
        (row_data, "outcome_arrays"),
        (anchors, "outcome_arrays"),
        (summary, "row_score"),
        (row_score, "retention"),
    ):
        monkeypatch.setattr(module, name, _counting(calls, name, getattr(module, name)))

    found = summarise(row_data.row_data_of_result(result, PICTOGRAM_V1, references))

    assert found.score == result.score
    # The submission's, the base's beside it, and both references.
    assert calls["outcome_arrays"] == 4
    assert calls["row_score"] == scored
    assert calls["retention"] == max(scored, len(concepts))


def _counting(
    calls: Counter[str], name: str, function: Callable[..., object]
) -> Callable[..., object]:
    def counted(*given: object) -> object:
        calls[name] += 1
        return function(*given)

    return counted


def _cells(
    outcomes: Sequence[Outcome], base: Sequence[Outcome], probes: Sequence[ProbeFacts] = PROBES
) -> tuple[Cell, ...]:
    arrays = outcome_arrays(outcomes, probes)
    return summarise(RowData(arrays, Anchors(outcome_arrays(base, probes)), PROTOCOL, probes)).cells


def _instead(name: str) -> str:
    return "andy_warhol" if name == "church" else name


def _suite() -> list[Outcome]:
    """Everything the toy protocol asks of an erased church."""
    return [
        *plain([0, 0, 0, 0]),
        *(outcome(index, 1, probe="indirect_prompt", draws=5) for index in range(4)),
        *plain([1, 0, 0, 0], probe="resampling"),
        *_noise([1, 1, 1, 0]),
        *_left("church", hits=1),
    ]


def _base_suite() -> list[Outcome]:
    return [
        *plain([1, 1, 1, 1]),
        *(outcome(index, 5, probe="indirect_prompt", draws=5) for index in range(4)),
        *plain([1, 1, 1, 1], probe="resampling"),
        *_noise([1, 1, 1, 1]),
        *_left(NOTHING, hits=1),
    ]


def _left(erased: str, hits: int) -> list[Outcome]:
    return [
        outcome(index, hits, probe=probe, erased=erased, target="tench", setting=setting)
        for probe, setting in (
            ("standard_prompt", ""),
            ("indirect_prompt", ""),
            ("painted_prompt", ""),
            ("inpainting_crop", ""),
            ("noise", "weak"),
        )
        for index in range(2)
    ]


def _noise(hits: list[int]) -> list[Outcome]:
    """The selector prefers `strong` and is right; its single favourite is hit at index 0 only."""
    return [
        outcome(
            index,
            hit if setting == "strong" else 0,
            probe="noise",
            setting=setting,
            selector=0.8 if setting == "strong" else 0.3,
            best_hit=setting == "strong" and index == 0,
            best_probability=0.8 if setting == "strong" else 0.3,
        )
        for index, hit in enumerate(hits)
        for setting in ("weak", "strong")
    ]
