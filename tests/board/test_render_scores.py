"""Scores, verdicts, floors and found prompts on the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import pytest

from erasebench.board.footnotes import verdict_sentence
from erasebench.board.format import in_percent
from erasebench.board.pages.render import render_site, site_folder
from erasebench.results.outcome import Estimate
from erasebench.results.preparation import Preparations, Search
from erasebench.results.result import Result
from erasebench.results.score import RowScore, VerdictLabel
from tests.board.example_run import Example, example_floors, example_result, made_entry
from tests.board.html_page import Html

HOSTILE = "<b>\x07 \u202e\\x07 & \U0001f5ff"
"""A prompt with markup, a bell, a mark that turns text around, a backslash, and a stone face."""

SHOWN = r"<b>\x07 \u202e\\x07 & " + "\U0001f5ff"


@pytest.fixture(scope="module")
def pages(scored: Result) -> dict[str, Html]:
    """The site of a result with scores."""
    return pages_of(scored)


@pytest.fixture(scope="module")
def bare_pages(bare: Result) -> dict[str, Html]:
    """The site of one that no floor was measured for."""
    return pages_of(bare)


def test_scores_come_before_the_probes(pages: dict[str, Html], bare_pages: dict[str, Html]) -> None:
    """Verdict, score, robustness, kept; without references, the highest figure."""
    assert pages["index.html"].heads[:6] == [
        "Submission",
        "Verdict",
        "Score",
        "Robustness",
        "Retention",
        "standard prompt",
    ]
    assert bare_pages["index.html"].heads[:4] == [
        "Submission",
        "Highest",
        "Retention",
        "standard prompt",
    ]


def test_row_shows_its_verdict_and_scores(scored: Result) -> None:
    """Each figure with its interval; the verdict in a word, with the sentence as its title."""
    html = render_site([made_entry(scored)], site_folder())["index.html"].decode()
    rows = rows_of(html)

    for cell in scored.cells:
        score = of(cell.score)
        assert score.verdict is not None
        assert score.score is not None
        assert score.robustness is not None
        row = next(row for row in rows if f"#{cell.erased}" in row)
        text = text_of(row)
        assert f"{score.verdict.word} {shown(score.score)}" in text
        assert f"{shown(score.score)} {shown(score.robustness.value)}" in text
        assert f'title="{said(score)}"' in row


def test_verdict_says_what_else_is_wrong(scored: Result) -> None:
    """Destruction and dispute are words next to the verdict, not colours."""
    verdict = of(scored.cells[0].score).verdict
    assert verdict is not None
    worse = verdict.model_copy(update={"destructive": True, "disputed": True})
    better = verdict.model_copy(update={"destructive": None, "disputed": False})
    texts = [
        text_of(rows_of(index_of(with_score(scored, verdict=one)))[-1]) for one in (worse, better)
    ]

    assert f"{verdict.word} + destructive + disputed" in texts[0]
    assert "+" not in texts[1]


def test_row_without_a_score_keeps_its_highest(scored: Result) -> None:
    """And says why, in a table where others have a score."""
    one = example_result(
        Example(name="z_part"), limit=4, probes=("standard_prompt",), floors=example_floors(limit=4)
    )
    files = render_site([made_entry(scored), made_entry(one)], site_folder())
    (row,) = [text_of(row) for row in rows_of(files["index.html"].decode()) if "z_part" in row]
    (estimate,) = one.cells[0].probes

    assert f"highest rate {shown(estimate.rate)}" in row
    assert "1 of 10 probes run" in row
    assert re.search(r"No verdict: indirect prompt, .* not run", row)


def test_ends_of_the_scale_stand_below(scored: Result, pages: dict[str, Html]) -> None:
    """The base's robustness is 0, that of the model that never knew 100, both by definition."""
    text = one_line(pages["index.html"])
    score = of(scored.cells[0].score)
    floors = [one.floor for one in score.probes if one.probe == "standard_prompt"]

    assert text.count(" floor 100 by definition") == len(scored.cells)
    assert text.count("original model 0 by definition 0 by definition 100") == len(scored.cells)
    assert floors[0] is not None
    assert f"floor 100 by definition {shown(floors[0])}" in text


def test_page_begins_with_the_verdict_s_sentence(scored: Result, pages: dict[str, Html]) -> None:
    """Of all concepts together first, then of each."""
    text = one_line(page_of(pages, scored))
    scores = [scored.score, *(cell.score for cell in scored.cells)]
    sentences = [said(score) for score in scores]
    places, start = [], 0
    for sentence in sentences:
        start = text.index(sentence, start) + 1
        places.append(start)

    assert "All 2 ranked concepts" in text[: places[0]]
    assert places == sorted(places)


def test_page_shows_every_score_with_its_intervals(scored: Result, pages: dict[str, Html]) -> None:
    """Over prompts, and pooled also over concepts; with n, and the probes that were worst."""
    text = one_line(page_of(pages, scored))
    pooled = of(scored.score)

    for score in (pooled, *(of(cell.score) for cell in scored.cells)):
        for estimate in estimates_of(score):
            assert f"{estimate.n} {shown(estimate)}" in text
        for found in filter(None, (score.robustness, score.unoptimised, *score.by_family.values())):
            assert f"{found.worst[0].replace('_', ' ')}" in text
        for one in score.probes:
            for estimate in filter(None, (one.rate, one.floor, one.ceiling, one.residual)):
                assert shown(estimate) in text
    assert pooled.robustness is not None
    for over in filter(
        None,
        (
            pooled.robustness.over_concepts,
            pooled.score_over_concepts,
            pooled.retention_over_concepts,
        ),
    ):
        assert f"{shown(over)} n = 2" in text
    for one in pooled.probes:
        for over in filter(None, (one.excess_over_concepts, one.residual_over_concepts)):
            assert f"over concepts: {shown(over)} n = 2" in text


def test_single_concept_is_not_pooled() -> None:
    """What is said of it alone is all there is."""
    result = example_result(limit=2, probes=("standard_prompt",), floors=())
    page = page_of(pages_of(result), result)

    assert "together" not in page.ids
    assert "ranked concepts" not in one_line(page)


def test_bare_page_has_no_empty_columns(bare: Result, bare_pages: dict[str, Html]) -> None:
    """Without floors there is neither floor nor residual nor score, and the page says why."""
    page = page_of(bare_pages, bare)
    text = one_line(page)

    assert "no model trained without the concept is available" in text
    assert {"Floor, %", "Normalised, %", "Worst probes"} & {*page.heads} == set()
    assert "floor" not in [one.get("class") for _, one in page.elements]
    assert "compare the rates between entries, not with 0" in one_line(bare_pages["index.html"])


def test_scored_page_draws_floors(scored: Result, pages: dict[str, Html]) -> None:
    """As a line of its own in each bar of a probe."""
    for page in (pages["index.html"], page_of(pages, scored)):
        assert "floor" in [one.get("class") for tag, one in page.elements if tag == "line"]


def test_probe_that_does_not_count_says_so(
    pages: dict[str, Html], bare_pages: dict[str, Html]
) -> None:
    """In words, in the table and to those who hear it."""
    assert "no contrast: the probe does not count" in one_line(pages["index.html"])
    assert "probe failed: the probe failed its self-check" in one_line(bare_pages["index.html"])


def test_pages_with_scores_are_whole(pages: dict[str, Html], bare_pages: dict[str, Html]) -> None:
    """No id twice, every header with a scope, every anchor an id."""
    for site in (pages, bare_pages):
        for path, page in site.items():
            assert len(page.ids) == len(set(page.ids)), path
            anchors = {link[1:] for link in page.links if link.startswith("#")}
            assert anchors - {"content"} <= {*page.ids}
            if not path.startswith("docs/"):
                scopes = {one.get("scope") for tag, one in page.elements if tag == "th"}
                assert scopes <= {"col", "row", "rowgroup"}


def test_found_prompts_fold_out_and_hide_nothing() -> None:
    """Any character may be in one: it is text, and what cannot be seen is written."""
    result = example_result(limit=2, probes=("standard_prompt",), floors=())
    search = Search(
        probe="unlearn_diff_atk",
        target="church",
        prompt_index=1,
        prompt=HOSTILE,
        tries=7,
        update=120,
        plain_success=False,
        success=True,
        probability=0.75,
    )
    plain = search.model_copy(update={"probe": "random_prefix", "plain_success": True})
    made = result.model_copy(update={"making": Preparations(searches=(search, plain))})
    page = page_of(pages_of(made), made)
    text = one_line(page)

    assert f"{SHOWN} 7 120 accepts (75 %)" in text
    assert f"{SHOWN} 7 120 accepts the plain prompt (75 %)" in text
    assert "Prompts found by unlearn diff atk (1)" in text
    assert "b" not in [tag for tag, _ in page.elements]
    assert not {"\x07", "\u202e"} & {*page.text}


def test_reading_page_explains_every_word(pages: dict[str, Html]) -> None:
    """The page about reading defines every verdict and sign of the tables."""
    text = one_line(pages["docs/reading.html"]).replace(":", " ")

    for word in (
        *get_args(VerdictLabel),
        "+ destructive",
        "+ disputed",
        "no contrast",
        "probe failed",
    ):
        assert f" {word} " in text


def pages_of(result: Result) -> dict[str, Html]:
    """Every page of a result's site."""
    files = render_site([made_entry(result)], site_folder())
    return {path: Html(files[path].decode()) for path in files if path.endswith(".html")}


def page_of(pages: dict[str, Html], result: Result) -> Html:
    """A submission's own page."""
    return pages[f"{made_entry(result).place}.html"]


def index_of(result: Result) -> str:
    """The source of the front page."""
    return render_site([made_entry(result)], site_folder())["index.html"].decode()


def with_score(result: Result, **update: object) -> Result:
    """Another score in the last row of the front page, which is the first cell of the table."""
    cells = tuple(
        cell.model_copy(update={"score": of(cell.score).model_copy(update=update)})
        for cell in result.cells
    )
    return result.model_copy(update={"cells": cells})


def rows_of(html: str) -> list[str]:
    """The source of each submission's row on the front page."""
    return [row.split("</tr>")[0] for row in html.split("<tr") if 'href="pictogram-v1/' in row]


def text_of(html: str) -> str:
    """The text of a piece of a page, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def one_line(page: Html) -> str:
    """A page's text."""
    return " ".join(page.text.split())


def of(score: RowScore | None) -> RowScore:
    """A score that must be there."""
    assert score is not None
    return score


def said(score: RowScore | None) -> str:
    """The verdict's sentence as pages write it."""
    return verdict_sentence(score).replace("_", " ")


def estimates_of(score: RowScore) -> Iterator[Estimate]:
    """Score, robustness of all and of fewer probes, retention."""
    assert score.score is not None
    assert score.retention is not None
    assert score.retention.value is not None
    yield score.score
    yield score.retention.value
    for found in (score.robustness, score.unoptimised, *score.by_family.values()):
        assert found is not None
        yield found.value


def shown(estimate: Estimate) -> str:
    """The text of an estimate on a page."""
    return in_percent(estimate).replace("-", "−")
