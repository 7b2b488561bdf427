"""What is made before pictures are drawn, and how it reaches them."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load

from erasebench.classifier_training.classifier_cache import read_card
from erasebench.concepts import CONCEPTS
from erasebench.diffusion.latent_classifier_file import (
    load_latent_classifier,
    save_latent_classifier,
)
from erasebench.diffusion.picture_file import load_picture
from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.trajectory import BASE
from erasebench.errors import RunFolderError
from erasebench.evaluation.run.preparation import PREPARED, TOKENS, keep_tokens, read_preparations
from erasebench.results.record import Record
from erasebench.results.result import Result
from tests.agreement import LEVELS, PROBABILITIES
from tests.evaluation.tiny_run import TinyWorld

PROBES = ("standard_prompt", "classifier_guidance", "random_prefix", "unlearn_diff_atk")
CONCEPTS_ASKED = ("church", "gas_pump")
"""The tiny selector sees a gas pump in whatever the edit draws, and a church in nothing."""


class StoppedError(Exception):
    """Stands for whatever ends a process."""


def run(world: TinyWorld, runs: Path) -> Result:
    """Two prompt indices of both concepts."""
    return world.evaluate(runs, concepts=CONCEPTS_ASKED, probes=PROBES, limit=2)


@pytest.fixture(scope="module")
def made(world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run."""
    runs = tmp_path_factory.mktemp("made")
    run(world, runs)
    return runs


def records_of(folder: Path) -> list[Record]:
    """What was drawn."""
    lines = (folder / "records.jsonl").read_text().splitlines()
    return [Record.model_validate_json(line) for line in lines]


def test_a_prompt_that_was_found_is_the_one_that_is_drawn(made: Path) -> None:
    """Of both probes, in every run; the others are asked as planned."""
    for folder in (made / "run", *(made / "cache" / "base").glob("tiny-[cg]*")):
        found = {
            (one.probe, one.target, one.prompt_index): one.prompt
            for one in read_preparations(folder).searches
        }
        for record in records_of(folder):
            trial = record.trial
            key = (trial.probe, trial.target, trial.prompt_index)
            plain = "" if "unprompted" in trial.probe else CONCEPTS[trial.target].prompt
            assert record.prompt == found.get(key, plain)
            assert (key in found) == trial.probe.endswith(("prefix", "atk"))


def test_another_prompt_is_another_picture_and_the_plain_one_the_same(made: Path) -> None:
    """From the start of the standard prompt's, whose picture it is where nothing had to be found.

    A gas pump succeeds plainly; a church needs a prefix, which still says what is asked for.
    """
    drawn = {
        (record.trial.target, record.trial.prompt_index, record.trial.probe): record
        for record in records_of(made / "run")
    }
    for (target, index, probe), record in drawn.items():
        plain = drawn[target, index, "standard_prompt"]
        if not probe.endswith(("prefix", "atk")):
            continue
        own, other = (
            load_picture(made / "run" / str(one.picture)).astype(int) for one in (record, plain)
        )
        same = np.abs(own - other).max() <= LEVELS
        assert record.seeds == plain.seeds
        assert same == (record.prompt == plain.prompt)
        assert record.prompt.endswith(CONCEPTS[target].label)
    assert {drawn["gas_pump", i, "unlearn_diff_atk"].prompt for i in (0, 1)} == {
        CONCEPTS["gas_pump"].prompt
    }
    assert any(
        drawn["church", i, "random_prefix"].prompt != CONCEPTS["church"].prompt for i in (0, 1)
    )


def test_the_account_has_one_search_per_prompt_index(made: Path, world: TinyWorld) -> None:
    """Of each probe and target: all tries where nothing succeeds, one where the plain prompt does.

    The selector's figures are those that it gives the picture that is recorded.
    """
    searches = read_preparations(made / "run").searches
    drawn = {record.trial: record for record in records_of(made / "run")}
    recorded = {
        (trial.probe, trial.target, trial.prompt_index): record.selector_probability
        for trial, record in drawn.items()
    }

    assert Counter((one.probe, one.target) for one in searches) == {
        (probe, target): 2 for probe in PROBES[2:] for target in CONCEPTS_ASKED
    }
    for one in searches:
        succeeds = one.target == "gas_pump"
        assert (one.plain_success, one.success) == (succeeds, succeeds)
        assert one.tries == (1 if succeeds else 1 + world.protocol.prefixes.tries)
        own = recorded[one.probe, one.target, one.prompt_index]
        assert one.probability == pytest.approx(own, abs=PROBABILITIES)


def test_the_account_names_the_classifiers_by_their_digests(made: Path) -> None:
    """One per concept that was guided to: the very ones in the cache."""
    cards = [read_card(path) for path in made.glob("cache/classifiers/*/classifier.safetensors")]

    assert read_preparations(made / "run").classifiers == {
        card.concept: card.tensors for card in cards
    }
    assert {card.concept for card in cards} == set(CONCEPTS_ASKED)


def test_the_result_holds_the_account(made: Path) -> None:
    """What was made is published with what was drawn."""
    result = Result.model_validate_json((made / "run" / "result.json").read_text())

    assert result.making == read_preparations(made / "run")


def test_what_was_made_is_gone_when_the_run_is_done(made: Path) -> None:
    """States of optimisers would take many times the room of a checkpoint."""
    assert not list(made.rglob(PREPARED))
    assert not list(made.rglob("*.progress"))


def test_learned_tokens_stay(world: TinyWorld, tmp_path: Path) -> None:
    """One for each encoder, as the text encoder's rows are; a second start does not need them."""

    def learned() -> None:
        world.evaluate(tmp_path, concepts=("church",), probes=("textual_inversion",), limit=2)

    learned()
    tokens = tmp_path / "run" / TOKENS
    kept = {path.relative_to(tokens): path.read_bytes() for path in tokens.rglob("*.*")}

    assert set(kept) == {Path("church", f"token_{variant}.safetensors") for variant in (0, 1)}
    base = load_base(world.protocol, torch.device("cpu")).weights(BASE)
    width = base.text_encoder.config.hidden_size
    for content in kept.values():
        (row,) = load(content).values()
        assert row.shape == (width,)
    assert not list(tmp_path.rglob(PREPARED))
    learned()
    assert kept == {path.relative_to(tokens): path.read_bytes() for path in tokens.rglob("*.*")}
    shutil.rmtree(tokens)
    learned()


def test_tokens_are_kept_by_their_target_and_what_is_not_one_is_left(tmp_path: Path) -> None:
    """Stopped between two of them, the rest follows; with none left, all stays as it is."""
    for target in ("church", "tench"):
        folder = tmp_path / PREPARED / target / "textual_inversion"
        folder.mkdir(parents=True)
        (folder / "token_0.safetensors").write_text(target)
        (folder / ".token_1.safetensors.progress").touch()
        keep_tokens(tmp_path)
    keep_tokens(tmp_path)

    found = sorted(path for path in (tmp_path / TOKENS).rglob("*") if path.is_file())
    assert [(path.parent.name, path.name, path.read_text()) for path in found] == [
        (target, "token_0.safetensors", target) for target in ("church", "tench")
    ]


def test_a_finished_run_prepares_nothing_again(
    world: TinyWorld, made: Path, tmp_path: Path
) -> None:
    """Asked once more it needs no classifier, no picture of the base and no search."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "cache" / "classifiers")
    for store in (tmp_path / "cache" / "base").glob("*-pictures-*"):
        shutil.rmtree(store)
    before = (tmp_path / "run" / "result.json").read_bytes()
    (tmp_path / "run" / "result.json").unlink()
    run(world, tmp_path)

    assert (tmp_path / "run" / "result.json").read_bytes() == before
    assert not (tmp_path / "cache" / "classifiers").exists()
    assert not list((tmp_path / "cache" / "base").glob("*-pictures-*/*-*"))


def stop_at_the_first_picture(
    world: TinyWorld, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs until everything is prepared, and no further."""

    def stop(*_: object) -> None:
        raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr("erasebench.evaluation.run.run.store_picture", stop)
        with pytest.raises(StoppedError):
            run(world, runs)


def test_a_stopped_run_does_not_go_on_with_another_classifier(
    world: TinyWorld, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a grid pushed by one and half by the other would be no measurement."""
    shutil.copytree(made / "cache", tmp_path / "cache")
    stop_at_the_first_picture(world, tmp_path, monkeypatch)
    replace_classifier(world, next((tmp_path / "cache" / "classifiers").glob("*-church-*")))

    with pytest.raises(RunFolderError, match=r"other latent classifiers.*Remove the folder"):
        run(world, tmp_path)
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(
        RunFolderError, match=r"latent classifier of church is not the one.*Remove both"
    ):
        run(world, tmp_path)
    shutil.rmtree(next((tmp_path / "cache" / "base").glob("tiny-church-*")))
    shutil.rmtree(tmp_path / "run")
    run(world, tmp_path)
    other, first = (read_preparations(runs / "run").classifiers for runs in (tmp_path, made))
    assert other["church"] != first["church"]
    assert other["gas_pump"] == first["gas_pump"]


def test_a_classifier_that_was_emptied_from_the_cache_is_made_again(
    world: TinyWorld, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the same machine it is the same one, so the run goes on and ends as an undisturbed one."""
    shutil.copytree(made / "cache", tmp_path / "cache")
    stop_at_the_first_picture(world, tmp_path, monkeypatch)
    shutil.rmtree(tmp_path / "cache" / "classifiers")
    run(world, tmp_path)

    for name in ("records.jsonl", "making.json"):
        assert (tmp_path / "run" / name).read_bytes() == (made / "run" / name).read_bytes()
    assert json.loads((tmp_path / "run" / "making.json").read_text())["classifiers"]


def replace_classifier(world: TinyWorld, folder: Path) -> None:
    """Puts another classifier into the place of the stored one."""
    path = folder / "classifier.safetensors"
    protocol = world.protocol
    pipeline = load_base(protocol, torch.device("cpu"))
    classifier, header = load_latent_classifier(path, pipeline, protocol.base.tensors_digest)
    with torch.no_grad():
        classifier.logit.bias.add_(1)
    save_latent_classifier(path, classifier, header.concept, protocol.base.tensors_digest)
