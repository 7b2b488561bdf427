"""The model card: every measured bar and the training of the models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from erasebench.board.pages.markdown import read_pages
from erasebench.pictogram.bars import Bar
from erasebench.pictogram.card import READING, Card, card_of, read_account
from erasebench.protocol import PICTOGRAM_V1
from erasebench.stats.intervals import wilson

BARS = (
    Bar("judge, drawings", wilson(399, 400), 0.99),
    Bar("judge, falsely on styled other things", wilson(9, 200), 0.03, at_most=True, own=True),
)


@pytest.fixture
def card() -> Card:
    """A card of the bundled models with one bar cleared and one missed."""
    return card_of(PICTOGRAM_V1, BARS)


def test_every_figure_has_its_interval_and_n(card: Card) -> None:
    """Text and page hold share, interval, n and bar of each, and mark what is missed and own."""
    text, page = (
        [" ".join(line.replace("|", " ").split()) for line in form.splitlines()]
        for form in (card.as_text(), card.as_markdown())
    )

    assert "judge, drawings 99.8 [98.6, 100.0] 400 ≥ 99" in text
    assert "judge, falsely on styled other things 4.5 [2.4, 8.3] 200 ≤ 3, own, missed" in text
    assert "drawings 99.8 [98.6, 100.0] of 400, ≥ 99" in page
    assert "falsely on styled other things 4.5 [2.4, 8.3] of 200, ≤ 3, own, missed" in page
    assert READING in text
    assert READING in page
    assert not card.cleared


def test_page_shows_classifiers_side_by_side() -> None:
    """A row a test, a column a classifier; what belongs to no column is listed below."""
    pair = (BARS[0], Bar("selector, drawings", wilson(400, 400), 0.99))
    other = Bar("CLIP ranks the drawn object first", wilson(9, 10), 0.95)
    page = card_of(PICTOGRAM_V1, (*pair, other)).as_markdown()
    lines = [" ".join(line.split()) for line in page.splitlines()]

    assert "| classifier test | judge | selector |" in lines
    row = "| drawings | 99.8 [98.6, 100.0] of 400, ≥ 99 | 100.0 [99.0, 100.0] of 400, ≥ 99 |"
    assert row in lines
    assert any(line.startswith("| CLIP ranks the drawn object first | 90.0 [") for line in lines)


def test_seed_times_and_digests_are_in_every_form(card: Card) -> None:
    """Text, page and JSON hold what `recipe.json` says, and the digests that are pinned."""
    account = read_account(PICTOGRAM_V1.base.folder.parent)
    forms = [card.as_text(), card.as_markdown(), card.as_json()]

    assert set(account.stages) == {"selector", "judge", "clip", "scorer", "vae", "unet"}
    for text in forms:
        assert account.pictures.sha256 in text
        assert PICTOGRAM_V1.judge.model.tensors_digest in text
        assert str(account.stages["unet"].seconds) in text
        assert account.libraries["torch"] in text
    assert json.loads(forms[2])["seed"] == account.seed


def test_json_holds_the_figures_as_numbers(card: Card) -> None:
    """A program reads estimate, bar and whether it is cleared and our own."""
    first, second = json.loads(card.as_json())["bars"]

    assert (first["estimate"]["value"], first["estimate"]["n"]) == (0.9975, 400)
    assert (first["cleared"], first["own"]) == (True, False)
    assert (second["cleared"], second["own"]) == (False, True)


def test_the_page_is_one_that_the_site_renders(card: Card, tmp_path: Path) -> None:
    """It has a title, a summary that counts the cleared bars, and tables."""
    (tmp_path / "card.md").write_text(card.as_markdown(), encoding="utf-8")

    (page,) = read_pages(tmp_path)

    assert page.title == "Model card"
    assert "1 of 2 thresholds are met" in page.summary
    assert page.html.count("<table>") == 2
    assert "≤ 3, own, missed</td>" in page.html
