"""What is committed below `leaderboard/`, before a site is built of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.attack.manifest_file import load_attack_manifest
from erasebench.attack.opened import open_attack
from erasebench.board.attacks import attacks_folder
from erasebench.board.entries import read_entries
from erasebench.board.folders import find_results
from erasebench.errors import ResultError
from erasebench.protocol import PROTOCOLS
from erasebench.results.file import write_result
from erasebench.results.replay import Attack
from erasebench.results.replay_file import write_replay
from tests.board.example_run import Example, example_result
from tests.results.example_replay import example_replay

CHANGES: dict[str, object] = {"name": "Another", "code": "https://example.org", "digest": "b8" * 32}
"""Of what an attack is, by field."""


def strangers(board: Path, attacks: Path, cache: Path) -> list[str]:
    """Replays below a board that are not of an attack as it was handed in, by the attack's name.

    Raises:
        ResultError: if a row or a replay does not hold what follows from its own content.
    """
    entries = read_entries(find_results([board], PROTOCOLS).results)
    replayed = [known.replay.attack for entry in entries for known in entry.attacks]
    return [one.id for one in replayed if not _was_handed_in(one, attacks, cache)]


def _was_handed_in(attack: Attack, attacks: Path, cache: Path) -> bool:
    path = attacks / f"{attack.id}.yaml"
    if not path.is_file():
        return False
    manifest = load_attack_manifest(path)
    if manifest.embeddings is None or manifest.embeddings.repo is None:
        return open_attack(path, cache).facts == attack
    # Of what lies on the Hub nobody knows the digest without a network.
    said = ("name", "paper", "code", "against", "concept")
    return manifest.finder.model_dump() == attack.finder.model_dump() and all(
        getattr(manifest, field) == getattr(attack, field) for field in said
    )


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A board's only row."""
    path = tmp_path_factory.mktemp("board") / "pictogram-v1" / "esd_x_church.json"
    write_result(path, example_result(Example(recovered={}, otherwise=0.0)))
    return path


def test_every_row_and_attack_is_what_it_says(root: Path, tmp_path: Path) -> None:
    """Figures follow from outcomes and records, and attacks are those below `attacks/`."""
    assert strangers(root / "leaderboard", root / "attacks", tmp_path) == []


@pytest.mark.parametrize("field", [None, "id", *CHANGES])
def test_a_replay_that_was_altered_is_noticed(
    root: Path, row: Path, tmp_path: Path, field: str | None
) -> None:
    """Credit, link or content of another attack than was handed in; one as it was is taken."""
    facts = open_attack(root / "attacks" / "church_in_other_words.yaml", tmp_path).facts
    altered = {} if field is None else {field: CHANGES.get(field, "of_nobody")}
    attack = facts.model_copy(update=altered)
    place = attacks_folder(row) / f"{attack.id}.json"
    write_replay(place, example_replay().model_copy(update={"attack": attack}))
    found = strangers(row.parents[1], root / "attacks", tmp_path)
    place.unlink()

    assert found == ([] if field is None else [attack.id])


def test_a_figure_that_was_altered_is_noticed(root: Path, row: Path, tmp_path: Path) -> None:
    """It does not follow from the records."""
    replay = example_replay()
    figures = replay.figures.model_copy(update={"robustness": None})
    place = attacks_folder(row) / f"{replay.attack.id}.json"
    write_replay(place, replay.model_copy(update={"figures": figures}))
    with pytest.raises(ResultError, match=r"figures\.robustness"):
        strangers(row.parents[1], root / "attacks", tmp_path)
    place.unlink()
