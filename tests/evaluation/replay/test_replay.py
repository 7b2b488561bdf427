"""A replay on models of random weights: what is asked of which, and that it goes on."""

from __future__ import annotations

import itertools
import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from erasebench.attack.loading import load_attack
from erasebench.attack.replay_figures import check_replay
from erasebench.attack.replay_file import load_replay, replay_text
from erasebench.attack.replay_result import REPLAYED, REPLAYED_PLAIN, Replay
from erasebench.board.attacks import add_attack
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.picture_file import load_picture
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import SUBMISSION, NoiseStream
from erasebench.errors import CheckpointError, PromptTooLongError, RequestError, RunFolderTakenError
from erasebench.evaluation.base.calibration import Calibration
from erasebench.evaluation.plan.kept_images import picture_digest
from erasebench.evaluation.plan.request import Compute
from erasebench.evaluation.replay.replay import FLOOR, replay
from erasebench.evaluation.replay.request import attacked_checkpoint, replay_request
from erasebench.evaluation.verify.verify import verify
from erasebench.hub.checkpoint_argument import CheckpointArgument
from erasebench.probes.registry import probes_of
from erasebench.protocol import PICTOGRAM_V1, Protocol
from erasebench.results.file import load_result, write_result
from erasebench.results.result import BaseCheck
from erasebench.stats.intervals import wilson
from tests.attack.example_attack import HEAD, PROMPTS, write_embeddings, write_prompts, write_rows
from tests.evaluation.tiny_run import TinyWorld
from tests.tiny import TEXT_WIDTH, pinned, tiny_pipeline_folder

ROWS = np.linspace(-0.1, 0.1, 4 * 2 * TEXT_WIDTH, dtype=np.float32).reshape(4, 2, TEXT_WIDTH)
"""Two tokens for each of the tiny protocol's prompt indices."""


@dataclass(frozen=True)
class Floored:
    """A tiny world with a model that counts as one that never knew."""

    world: TinyWorld
    protocol: Protocol

    def replay(self, folder: Path, path: Path, *, batch: int | None = 3, **facts: object) -> Replay:
        """Replays an attack on the world's edit."""
        named = dict.fromkeys(("tiny", "pictogram-v1"), self.protocol)
        attack = load_attack(path, folder / "cache", named)
        asked = replay_request(
            attack,
            CheckpointArgument(self.world.edit, ("church",)),
            folder=folder / "run",
            compute=Compute(batch_size=batch),
            **facts,  # type: ignore[arg-type]
        )
        return replay(asked, folder / "cache", references=None)


@pytest.fixture(scope="module")
def floored(world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Floored:
    """Its retrain is another edit of the base's UNet."""
    folder = tmp_path_factory.mktemp("retrain")
    tiny_pipeline_folder(folder, seed=2)
    return Floored(world, replace(world.protocol, retrain=(pinned(folder / "unet"),)))


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An attack by embeddings."""
    folder = tmp_path_factory.mktemp("learned")
    head = HEAD.replace("pictogram-v1", "tiny")
    return write_embeddings(folder, write_rows(folder / "rows.safetensors", ROWS), head=head)


@pytest.fixture(scope="module")
def undisturbed(
    floored: Floored, learned: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Replay]:
    """A replay by embeddings that nothing stopped."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return folder, floored.replay(folder, learned)


def test_three_models_are_asked_from_the_same_starts(undisturbed: tuple[Path, Replay]) -> None:
    """The checkpoint and the base by attack and name, retrain by the attack; no start is public."""
    folder, found = undisturbed
    asked = [
        Counter(record.trial.probe for record in records)
        for records in (found.records, found.base_records, found.floor_records)
    ]
    noise = NoiseSource("tiny", "public")
    public = {noise.seed(NoiseStream("start", index)) for index in range(4)}
    seeds = {
        record.trial.prompt_index: set((record.seeds or {}).values()) for record in found.records
    }

    assert asked == [Counter({REPLAYED: 4, REPLAYED_PLAIN: 4})] * 2 + [Counter({REPLAYED: 4})]
    for record in (*found.records, *found.base_records, *found.floor_records):
        assert set((record.seeds or {}).values()) == seeds[record.trial.prompt_index]
    assert all(len(one) == 1 and not one & public for one in seeds.values())
    by_attack = [record for record in found.records if record.trial.probe == REPLAYED]
    assert by_attack[1].prompt == "a picture of a <learned_2> <learned_3>"
    assert len({record.picture_digest for record in by_attack}) == 4
    for record in by_attack:
        assert picture_digest(load_picture(folder / "run" / str(record.picture))) == (
            record.picture_digest
        )
    assert found.figures.floor is not None
    assert found.floor_digest is not None


def test_the_file_holds_all_and_can_be_counted_again(
    floored: Floored, undisturbed: tuple[Path, Replay]
) -> None:
    """What is written is what was found."""
    folder, found = undisturbed
    path = folder / "run" / "replay.json"
    read = load_replay(path, {"tiny": floored.protocol})
    check_replay(path, read)

    assert read == found


def test_other_rows_draw_other_pictures(floored: Floored, tmp_path: Path) -> None:
    """The rows are really under the embedding: with others the pictures are others.

    The starts are taken to be equal, so that nothing else differs.
    """
    pictures = []
    for rows in (ROWS[0], 5 * ROWS[0, :, ::-1] ** 2):
        folder = tmp_path / str(rows[0, 0])
        folder.mkdir()
        path = write_embeddings(folder, write_rows(folder / "rows.safetensors", rows))
        attack = load_attack(path, folder, {"pictogram-v1": floored.protocol})
        attack = replace(attack, facts=attack.facts.model_copy(update={"digest": "ab" * 32}))
        asked = replay_request(
            attack, CheckpointArgument(floored.world.edit, ()), folder=folder / "run"
        )
        found = replay(asked, folder / "cache", references=None)
        pictures.append({one.trial: one.picture_digest for one in found.records})

    differ = {trial.probe for trial, one in pictures[0].items() if pictures[1][trial] != one}
    assert differ == {REPLAYED}


@pytest.mark.parametrize(
    ("place", "call"),
    [
        ("erasebench.evaluation.run.run.store_picture", 2),
        ("erasebench.evaluation.run.record_log.append_lines", 4),
        ("erasebench.evaluation.run.record_log.append_lines", 9),
        ("erasebench.evaluation.replay.replay.write_replay", 1),
    ],
)
def test_stopped_and_started_again(
    floored: Floored,
    learned: Path,
    undisturbed: tuple[Path, Replay],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    call: int,
) -> None:
    """In the checkpoint's run or in another's, it ends like one that was not stopped."""
    _stop_at(monkeypatch, place, call)
    with pytest.raises(KeyboardInterrupt):
        floored.replay(tmp_path, learned)
    monkeypatch.undo()
    found = floored.replay(tmp_path, learned, batch=None)
    same = found.model_copy(update={"finished": undisturbed[1].finished})

    assert replay_text(same) == replay_text(undisturbed[1])


def test_a_replay_that_goes_on_is_calibrated_anew(
    floored: Floored, learned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may go on elsewhere; once all is recorded nothing is drawn, and the first check stands."""
    checks = [BaseCheck(rate=rate, known=wilson(2, 4)) for rate in (0.5, 0.75)]
    left = list(checks)
    monkeypatch.setattr(Calibration, "check", lambda *_: left.pop(0))
    with monkeypatch.context() as amid:
        _stop_at(amid, "erasebench.evaluation.run.record_log.append_lines", 4)
        with pytest.raises(KeyboardInterrupt):
            floored.replay(tmp_path, learned)
    assert left == checks[1:]

    for _ in range(2):
        assert floored.replay(tmp_path, learned).calibration == checks[0]
        assert left == []


def test_batches_are_of_what_is_free_beside_all_weights(
    floored: Floored, learned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The free memory is measured after the checkpoint and the retrained model are loaded."""
    events: list[str] = []
    add_weights = LoadedPipeline.add_weights

    def adding(self: LoadedPipeline, name: str, tensors: Mapping[str, torch.Tensor]) -> None:
        events.append(name)
        add_weights(self, name, tensors)

    def measuring(_: torch.device) -> int:
        events.append("measured")
        return 2**40

    monkeypatch.setattr(LoadedPipeline, "add_weights", adding)
    monkeypatch.setattr("erasebench.evaluation.run.models.free_memory", measuring)
    _stop_at(monkeypatch, "erasebench.evaluation.replay.replay.claim", 1)
    with pytest.raises(KeyboardInterrupt):
        floored.replay(tmp_path, learned, batch=None)

    assert events[-3:] == [SUBMISSION, FLOOR, "measured"]


def _stop_at(monkeypatch: pytest.MonkeyPatch, place: str, call: int) -> None:
    module, _, name = place.rpartition(".")
    real: Callable[..., object] = getattr(__import__(module, fromlist=[name]), name)
    calls = itertools.count(1)

    def stopping(*words: object) -> None:
        if next(calls) == call:
            raise KeyboardInterrupt
        real(*words)

    monkeypatch.setattr(place, stopping)


def test_prompts_and_their_starts(floored: Floored, tmp_path: Path) -> None:
    """One prompt serves all indices; another word draws from other starts, into another folder."""
    path = write_prompts(tmp_path, PROMPTS.replace("pictogram-v1", "tiny"))
    found = floored.replay(tmp_path, path)
    by_attack = [record for record in found.records if record.trial.probe == REPLAYED]

    assert {record.prompt for record in by_attack} == {
        "a building with a steeple and a cross on top"
    }
    assert found.command.endswith("replay submissions/attacks/other_words.yaml edit --starts first")
    with pytest.raises(RunFolderTakenError, match="plan digest"):
        floored.replay(tmp_path, path, starts="second")
    attack = load_attack(path, tmp_path, {"tiny": floored.protocol})
    folders = {
        replay_request(attack, CheckpointArgument(floored.world.edit, ()), starts=word).folder
        for word in ("first", "second")
    }
    assert {str(folder) for folder in folders} == {
        "replays/other_words_on_edit_from_first",
        "replays/other_words_on_edit_from_second",
    }
    with pytest.raises(RequestError, match="letters, digits"):
        floored.replay(tmp_path, path, starts="a b")


@pytest.mark.parametrize("kind", ["prompts", "embeddings"])
def test_what_no_text_encoder_reads(floored: Floored, tmp_path: Path, kind: str) -> None:
    """Found before the first picture is drawn."""
    long = "church " * 40
    if kind == "prompts":
        text = PROMPTS.replace("a building", long)
        path = write_prompts(tmp_path, text)
    else:
        file = write_rows(tmp_path / "rows.safetensors", ROWS[0])
        path = write_embeddings(tmp_path, file, f"  template: {long}<v>\n")
    with pytest.raises(PromptTooLongError):
        floored.replay(tmp_path, path)
    assert not (tmp_path / "run" / "run.json").exists()


def test_a_row_names_its_checkpoint_and_keeps_its_scores(
    world: TinyWorld, floored: Floored, finished: Path, learned: Path, tmp_path: Path
) -> None:
    """Other tensors are refused before they are asked; the row is what it was."""
    tiny = {"tiny": world.protocol}
    row = tmp_path / "edit.json"
    result = load_result(finished / "run" / "result.json", tiny)
    write_result(row, result)
    before = row.read_bytes()
    attack = load_attack(learned, tmp_path, tiny)
    known = attacked_checkpoint(attack, row, tiny)
    own = replace(floored, protocol=world.protocol)
    found = own.replay(tmp_path, learned, row=known, starts="3c" * 20)

    assert known == result.checkpoints[0]
    assert found.floor_digest is None
    assert found.checkpoint.tensors_digest == known.identity.tensors_digest
    with pytest.raises(RequestError, match=r"recovers nothing|no such checkpoint"):
        add_attack(tmp_path / "run" / "replay.json", row, tiny)
    assert row.read_bytes() == before
    assert not any(check.differs for check in verify(row, [finished / "run"], None, tiny))
    elsewhere = known.identity.model_copy(update={"tensors_digest": "00" * 32})
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(CheckpointError, match="the row's are 000000000000"):
        own.replay(tmp_path, learned, row=known.model_copy(update={"identity": elsewhere}))


def test_attacks_for_something_else(world: TinyWorld, finished: Path, tmp_path: Path) -> None:
    """Another row, another concept: said before anything is fetched or loaded."""
    tiny = {"tiny": world.protocol}
    row = finished / "run" / "result.json"
    text = PROMPTS.replace("pictogram-v1", "tiny")
    for old, new, said in (
        ("against: any", "against: uce", "is against uce"),
        ("concept: church", "concept: golf_ball", "erases airliner, church"),
    ):
        path = write_prompts(tmp_path, text.replace(old, new))
        attack = load_attack(path, tmp_path, tiny)
        with pytest.raises(RequestError, match=said):
            attacked_checkpoint(attack, row, tiny)
    with pytest.raises(RequestError, match="erases airliner, but the attack is for"):
        replay_request(attack, CheckpointArgument(world.edit, ("airliner",)))


def test_no_protocol_asks_by_them() -> None:
    """They are in no suite, and the protocol's digest is what it was."""
    assert REPLAYED not in probes_of(PICTOGRAM_V1)
    assert REPLAYED_PLAIN not in probes_of(PICTOGRAM_V1)
    assert PICTOGRAM_V1.digest.startswith("47c8396c")
    assert json.dumps(PICTOGRAM_V1.ranked_probes).count("replay") == 0
