"""Evaluations on hidden seeds: nothing reveals them, and later anyone can reproduce them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from erasebench.cli.main import main
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.picture_file import load_picture
from erasebench.errors import RequestError
from erasebench.evaluation.plan.request import request
from erasebench.evaluation.references import build_references
from erasebench.evaluation.verify.verify import verify
from erasebench.exits import EXPECTED_FAILURE
from erasebench.protocol.seeds import SECRET, digest_of_secret, seeds_of
from erasebench.results.file import load_result
from erasebench.results.reference import references_of
from tests.agreement import LEVELS
from tests.evaluation.test_evaluate import records_of
from tests.evaluation.tiny_run import TinyWorld
from tests.registered import only
from tests.seasons import NAME, opened, tell

WORDS = ("--concept", "church", "--protocol", "tiny", "--limit", "2", "--season", NAME)

PROBES = ("standard_prompt", "noise", "inpainting_crop", "random_prefix")
"""Start, step and inpainting noise are drawn, and something is made and kept on the way."""


@dataclass(frozen=True)
class Evaluated:
    """The same evaluation before and after the season's end.

    Attributes:
        folder: holds `hidden`, `revealed`, and a cache each; temporary files stay.
        secret: of the season.
        said: all that was printed while it was hidden.
        protocols: by name.
    """

    folder: Path
    secret: str
    said: str
    protocols: dict[str, Any]


@pytest.fixture(scope="module")
def evaluated(world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluated]:
    """Evaluates; the season stays revealed while the tests run."""
    folder = tmp_path_factory.mktemp("season")
    with pytest.MonkeyPatch.context() as patch, only(world.protocol):
        secret = opened(folder / "seasons", "tiny", patch)
        with pytest.MonkeyPatch.context() as keeping:
            keeping.setattr("erasebench.evaluation.run.run.shutil.rmtree", lambda *_, **__: None)
            keeping.setenv("XDG_CACHE_HOME", str(folder / "hidden cache"))
            hidden = _evaluate(world, folder / "hidden")
            checks = verify(folder / "hidden" / "result.json")
            assert checks[1].note is not None
            assert "can be generated again once the season is over" in checks[1].note
        patch.delenv(SECRET)
        tell(secret)
        patch.setenv("XDG_CACHE_HOME", str(folder / "revealed cache"))
        _evaluate(world, folder / "revealed")
        yield Evaluated(folder, secret, hidden, {"tiny": world.protocol})


def _evaluate(world: TinyWorld, folder: Path) -> str:
    probes = [word for name in PROBES for word in ("--probe", name)]
    words = ["evaluate", str(world.edit), *WORDS, *probes, "--output", str(folder)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    return done.output


def test_nothing_on_disk_tells_the_seeds(evaluated: Evaluated) -> None:
    """No file of run and cache, and no line that was printed, holds the secret or a seed.

    Also none of what is made on the way and is gone at the end. The same search finds the seeds
    where they are revealed.
    """
    seeds = {
        seed
        for run in ("revealed", "revealed/base")
        for record in records_of(evaluated.folder / run)
        for seed in (record.seeds or {}).values()
    }
    assert len(seeds) > 5
    needles = [evaluated.secret.encode(), bytes.fromhex(evaluated.secret)]
    for seed in seeds:
        needles += [str(seed).encode(), seed.to_bytes(8, "little"), seed.to_bytes(8, "big")]
        needles += [f"{seed:x}".encode()]

    def telling(*places: str) -> set[str]:
        files = [
            path
            for place in places
            for path in (evaluated.folder / place).rglob("*")
            if path.is_file()
        ]
        assert len(files) > 10
        return {
            str(path.relative_to(evaluated.folder))
            for path in files
            if any(needle in path.read_bytes() for needle in needles)
        }

    assert telling("hidden", "hidden cache") == set()
    assert (evaluated.folder / "hidden" / "prepared").is_dir()
    assert not any(needle in evaluated.said.encode() for needle in needles)
    assert "revealed/records.jsonl" in telling("revealed", "revealed cache")


def test_no_picture_of_a_hidden_season_is_kept_in_its_run(evaluated: Evaluated) -> None:
    """A base image can be inverted to nearly its start; those of a revealed season are kept."""
    assert list((evaluated.folder / "hidden").rglob("*.png")) == []
    assert list((evaluated.folder / "revealed").rglob("*.png"))


def test_what_is_written_names_season_and_digest(evaluated: Evaluated) -> None:
    """The run, every record, the result, and the command to do the same."""
    digest = digest_of_secret(NAME, evaluated.secret)
    run = evaluated.folder / "hidden"
    spec = json.loads((run / "run.json").read_text())["spec"]
    result = load_result(run / "result.json", evaluated.protocols)
    records = [*records_of(run), *records_of(run / "base")]

    assert (spec["seed_set"], spec["seed_set_digest"]) == (NAME, digest)
    assert (result.seed_set, result.seed_set_digest) == (NAME, digest)
    assert {record.seed_set_digest for record in records} == {digest}
    assert {record.seeds for record in records} == {None}
    assert f"--season {NAME}" in result.checkpoints[0].command


def test_when_the_season_is_over_anybody_gets_the_same(evaluated: Evaluated) -> None:
    """The same pictures, verdicts and figures, without a secret in the environment."""
    hidden, revealed = (
        load_result(evaluated.folder / run / "result.json", evaluated.protocols)
        for run in ("hidden", "revealed")
    )
    left_out = {"checkpoints": {"__all__": {"run"}}}

    assert hidden.model_dump(exclude=left_out) == revealed.model_dump(exclude=left_out)
    for mine, other in zip(
        records_of(evaluated.folder / "hidden"),
        records_of(evaluated.folder / "revealed"),
        strict=True,
    ):
        nothing = {"seeds": None, "picture": None}
        assert mine == other.model_copy(update=nothing)
        assert other.seeds


def test_other_seeds_give_other_pictures(
    evaluated: Evaluated, world: TinyWorld, tmp_path: Path
) -> None:
    """A season is no other name for the public set."""
    world.evaluate(tmp_path, probes=("standard_prompt",), concepts=("church",), limit=2)
    public, season = (
        {
            record.trial: load_picture(folder / str(record.picture)).astype(int)
            for record in records_of(folder)
            if record.trial.probe == "standard_prompt"
        }
        for folder in (tmp_path / "run", evaluated.folder / "revealed")
    )

    assert public
    for trial, picture in public.items():
        assert np.abs(season[trial] - picture).max() > LEVELS


def test_a_result_is_what_its_season_promised(evaluated: Evaluated, tmp_path: Path) -> None:
    """It is accepted by its digest; another digest, or a season that was not opened, is refused."""
    path = evaluated.folder / "hidden" / "result.json"
    runs = (evaluated.folder / "hidden",)
    text = path.read_text(encoding="utf-8")
    digest = digest_of_secret(NAME, evaluated.secret)

    assert [one.differs for one in verify(path, runs) if one.differs] == []
    assert verify(path)[1].note is None  # it is over by now
    for old, new, said in (
        (digest, "0" * 64, "Field seed_set_digest is wrong"),
        (f'"seed_set": "{NAME}"', '"seed_set": "2027-other"', "nor a season that this version"),
        (f'"seed_set": "{NAME}"', '"seed_set": "public"', "that of public is none"),
    ):
        assert old in text
        changed = tmp_path / "result.json"
        changed.write_text(text.replace(old, new), encoding="utf-8")
        first, *_ = verify(changed)
        assert said in first.differs[0]


def test_records_of_other_seeds_are_found(evaluated: Evaluated) -> None:
    """A run on the public set cannot be passed off as the season's."""
    path = evaluated.folder / "hidden" / "records.jsonl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(digest_of_secret(NAME, evaluated.secret), "0" * 64, 1))
    try:
        checks = verify(path.parent / "result.json", (path.parent,))
    finally:
        path.write_text(text, encoding="utf-8")

    (found,) = [one for check in checks for one in check.differs]
    assert found.endswith("it has records of another seed set")


def test_the_secret_is_compared_before_anything_else(
    world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a wrong one no checkpoint is looked for, and no folder is made."""
    opened(tmp_path / "seasons", "tiny", monkeypatch)
    monkeypatch.setenv(SECRET, "ab" * 32)
    with only(world.protocol):
        done = CliRunner().invoke(
            main, ["evaluate", "no/such", *WORDS, "--output", str(tmp_path / "run")]
        )

    assert done.exit_code == EXPECTED_FAILURE
    assert "This is not the secret of season 2027-spring" in done.output
    assert "ab" * 32 not in done.output
    assert not (tmp_path / "run").exists()


def test_pictures_of_a_hidden_season_cannot_be_asked_for(
    world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since they would tell its starts."""
    opened(tmp_path / "seasons", "tiny", monkeypatch)
    with only(world.protocol):
        done = CliRunner().invoke(main, ["evaluate", str(world.edit), *WORDS, "--images", "all"])

    assert done.exit_code == EXPECTED_FAILURE
    assert "would reveal the seeds" in done.output


def test_a_season_is_held_under_its_protocols(
    world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under another, neither a run nor references are made of its seeds."""
    opened(tmp_path / "seasons", "other", monkeypatch)
    seeds = seeds_of(NAME, os.environ)
    said = "is for other, not tiny"

    with pytest.raises(RequestError, match=said):
        request(world.edit, concepts=("church",), protocol=world.protocol, seeds=seeds)
    with pytest.raises(RequestError, match=said):
        build_references(world.protocol, tmp_path / "work", seeds=seeds)


@pytest.mark.slow
def test_references_of_a_season_lie_apart(
    world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its digest and without pictures, and those of the public set stay what they are."""
    secret = opened(tmp_path / "seasons", "tiny", monkeypatch)
    small = replace(
        world.protocol, ranked=("church",), retention=("airliner",), erasable=("airliner",)
    )
    folder = tmp_path / "references"
    paths = build_references(
        small,
        tmp_path / "work",
        references=folder,
        cache=tmp_path / "cache",
        seeds=seeds_of(NAME, {SECRET: secret}),
    )
    base = references_of(small, NAME, folder).base

    assert {path.parent.name for path in paths} == {NAME, "base"}
    assert base is not None
    assert base.seed_set_digest == digest_of_secret(NAME, secret)
    assert references_of(small, "public", folder).base is None
    assert list(tmp_path.glob("work/**/*.png")) == []


def test_a_source_shows_no_secret() -> None:
    """Neither in a log nor in an error."""
    assert "ab" * 32 not in repr(NoiseSource("tiny", NAME, secret="ab" * 32))
