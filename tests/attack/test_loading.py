"""An attack with its data: what is read, and what is refused."""

from __future__ import annotations

import pickle
import shlex
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from erasebench.attack.loading import load_attack
from erasebench.attack.manifest import MOST_TOKENS
from erasebench.attack.replay_file import load_replay
from erasebench.errors import CheckpointError, PickleRefusedError
from erasebench.protocol import PICTOGRAM_V1
from tests.attack.example_attack import PROMPTS, write_embeddings, write_prompts, write_rows

WIDTH = 128
"""Of the bundled base's text encoder."""

ROWS = np.linspace(-1, 1, 2 * WIDTH, dtype=np.float32).reshape(2, WIDTH)


def opened(folder: Path, rows: np.ndarray, extra: str = "") -> object:
    """The digest of an attack by these rows."""
    file = write_rows(folder / "rows.safetensors", rows)
    return load_attack(write_embeddings(folder, file, extra), folder / "cache")


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("many", [1, 24])
def test_rows_arrive_as_they_were_written(tmp_path: Path, dtype: type, many: int) -> None:
    """For all prompt indices or for each, in either precision."""
    rows = ROWS if many == 1 else np.stack([ROWS * index for index in range(many)])
    file = write_rows(tmp_path / "rows.safetensors", rows.astype(dtype))
    attack = load_attack(write_embeddings(tmp_path, file), tmp_path / "cache")

    assert attack.rows is not None
    assert attack.rows.shape == (many, 2, WIDTH)
    assert np.array_equal(attack.rows.reshape(rows.shape), rows.astype(dtype).astype(np.float32))
    assert attack.facts.kind == "embeddings"
    assert PICTOGRAM_V1 == attack.protocol


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ROWS[:, :64], r"shape \[2, 64\]; it must be \[k, 128\]"),
        (ROWS[0], "shape"),
        (np.zeros((0, WIDTH), np.float32), "shape"),
        (np.zeros((MOST_TOKENS + 1, WIDTH), np.float32), "1 to 16 tokens"),
        (np.zeros((23, 1, WIDTH), np.float32), "24 prompt indices"),
        (np.where(ROWS > 0.99, np.nan, ROWS), "NaN or infinity"),
        (np.where(ROWS > 0.99, -np.inf, ROWS), "NaN or infinity"),
        (ROWS * 1_001, "the limit is 1000"),
        (ROWS.astype(np.float64), "F64"),
        (ROWS.astype(np.int32), "I32"),
    ],
)
def test_rows_that_no_text_encoder_takes(tmp_path: Path, rows: np.ndarray, said: str) -> None:
    """Wrong width, too many, no numbers, other numbers: each says what is allowed."""
    with pytest.raises(CheckpointError, match=said):
        opened(tmp_path, rows)


def test_one_tensor_and_no_more(tmp_path: Path) -> None:
    """Which of two would be meant?"""
    file = tmp_path / "rows.safetensors"
    save_file({"a": ROWS, "b": ROWS}, file)
    with pytest.raises(CheckpointError, match="2 tensors found"):
        load_attack(write_embeddings(tmp_path, file), tmp_path / "cache")


def test_a_pickle_is_refused_whatever_its_name(tmp_path: Path) -> None:
    """It is known by its first bytes, and never loaded."""
    file = tmp_path / "rows.safetensors"
    file.write_bytes(pickle.dumps(ROWS))
    with pytest.raises(PickleRefusedError):
        load_attack(write_embeddings(tmp_path, file), tmp_path / "cache")


def test_a_link_leads_nowhere(tmp_path: Path) -> None:
    """What lies outside the manifest's folder is not read, though its digest were right."""
    inside = tmp_path / "attacks"
    inside.mkdir()
    file = write_rows(tmp_path / "rows.safetensors", ROWS)
    (inside / "rows.safetensors").symlink_to(file)
    with pytest.raises(CheckpointError, match="leads out"):
        load_attack(write_embeddings(inside, file), tmp_path / "cache")


def test_a_link_to_itself_is_no_file(tmp_path: Path) -> None:
    """Nor is it looked for without end."""
    path = write_embeddings(tmp_path, write_rows(tmp_path / "rows.safetensors", ROWS))
    (tmp_path / "rows.safetensors").unlink()
    (tmp_path / "rows.safetensors").symlink_to("rows.safetensors")
    with pytest.raises(CheckpointError, match="No such file"):
        load_attack(path, tmp_path / "cache")


@pytest.mark.parametrize("change", ["gone", "longer", "other"])
def test_another_file_than_is_pinned(tmp_path: Path, change: str) -> None:
    """Gone, of another size, or with other bytes."""
    file = write_rows(tmp_path / "rows.safetensors", ROWS)
    path = write_embeddings(tmp_path, file)
    content = file.read_bytes()
    if change == "gone":
        file.unlink()
    else:
        file.write_bytes(content + b"\0" if change == "longer" else content[:-1] + b"\1")
    said = {"gone": "No such file", "longer": "bytes", "other": "another file"}[change]
    with pytest.raises(CheckpointError, match=said):
        load_attack(path, tmp_path / "cache")


def test_the_digest_is_of_what_is_asked(tmp_path: Path) -> None:
    """Who found it and what it is called change nothing; a word or a number does."""
    plain = load_attack(write_prompts(tmp_path), tmp_path).facts.digest
    text = PROMPTS.replace("Zoë O'Neil", "Somebody").replace("in other words", "otherwise")
    renamed = load_attack(write_prompts(tmp_path, text, "b"), tmp_path).facts.digest
    reworded = load_attack(write_prompts(tmp_path, PROMPTS.replace("cross", "bell")), tmp_path)
    rows = [opened(tmp_path, one).facts.digest for one in (ROWS, ROWS + 1)]  # type: ignore[attr-defined]
    gap = opened(tmp_path, ROWS, "  template: a <v> on a hill\n")

    assert plain == renamed
    digests = [plain, reworded.facts.digest, *rows, gap.facts.digest]  # type: ignore[attr-defined]
    assert len(set(digests)) == 5


def test_submitted_attacks_can_be_replayed(root: Path, tmp_path: Path) -> None:
    """Every attack of the repository is complete, and small."""
    folder = root / "submissions" / "attacks"
    submitted = sorted(folder.glob("*.yaml"))

    assert submitted
    assert all(load_attack(path, tmp_path).facts.id == path.stem for path in submitted)
    assert all(path.stat().st_size < 5 * 2**20 for path in folder.iterdir())


def test_commands_of_published_replays_run_as_printed(root: Path) -> None:
    """Run in the repository's root, each finds the manifest of its attack."""
    replays = sorted((root / "leaderboard").glob("*/*.attacks/*.json"))

    assert replays
    for path in replays:
        replay = load_replay(path)
        words = shlex.split(replay.command)
        assert words[:3] == ["erasebench", "attack", "replay"]
        assert words[3] == f"submissions/attacks/{replay.attack.id}.yaml"
        assert (root / words[3]).is_file()
