"""What is committed below `leaderboard/`, before a site is built of it."""

from __future__ import annotations

from pathlib import Path

from erasebench.attack.loading import load_attack
from erasebench.attack.manifest_file import load_attack_manifest
from erasebench.attack.replay_file import write_replay
from erasebench.attack.replay_result import Attack, Finder
from erasebench.board.attacks import attacks_folder
from erasebench.board.entries import read_entries
from erasebench.board.find_results import find_results
from erasebench.protocol import PROTOCOLS
from erasebench.results.file import write_result
from tests.board.example_run import Example, example_result
from tests.results.example_replay import example_replay

CHANGES: dict[str, object] = {
    "id": "of_nobody",
    "name": "Another",
    "finder": Finder(name="Somebody else"),
    "code": "https://example.org",
    "digest": "b8" * 32,
}
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
        return load_attack(path, cache).facts == attack
    # Of what lies on the Hub nobody knows the digest without a network.
    said = ("name", "paper", "code", "against", "concept")
    return manifest.finder.model_dump() == attack.finder.model_dump() and all(
        getattr(manifest, field) == getattr(attack, field) for field in said
    )


def test_every_row_and_attack_is_what_it_says(root: Path, tmp_path: Path) -> None:
    """Figures follow from outcomes and records, and attacks are those below `attacks/`."""
    assert strangers(root / "leaderboard", root / "submissions" / "attacks", tmp_path) == []


def test_a_replay_that_was_altered_is_noticed(root: Path, tmp_path: Path) -> None:
    """Credit, link or content of another attack than was handed in; one as it was is taken."""
    facts = load_attack(
        root / "submissions" / "attacks" / "church_in_other_words.yaml", tmp_path
    ).facts
    altered = [facts.model_copy(update={field: value}) for field, value in CHANGES.items()]

    assert _was_handed_in(facts, root / "submissions" / "attacks", tmp_path)
    assert not any(
        _was_handed_in(one, root / "submissions" / "attacks", tmp_path) for one in altered
    )


def test_the_replays_beside_a_row_are_looked_at(root: Path, tmp_path: Path) -> None:
    """One that nobody handed in is found where it lies."""
    row = tmp_path / "pictogram-v1" / "esd_x_church.json"
    write_result(row, example_result(Example(recovered={}, otherwise=0.0)))
    replay = example_replay(identifier="of_nobody")
    write_replay(attacks_folder(row) / "of_nobody.json", replay)

    assert strangers(tmp_path, root / "submissions" / "attacks", tmp_path) == ["of_nobody"]
