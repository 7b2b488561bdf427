"""The recipe's command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from erasebench.errors import UnknownNameError
from erasebench.pictogram.drawings import Drawings
from pictogram_training.command import open_source, own_stages, train, with_steps
from pictogram_training.photographs import Photographs
from pictogram_training.recipe import STAGES, Recipe
from pictogram_training.run import Run
from tests.pictogram_training.test_photographs import write_photographs


def test_leaving_out_needs_a_lender(tmp_path: Path) -> None:
    """`--without` alone is refused, and the message says what is missing."""
    result = CliRunner().invoke(train, ["--work", str(tmp_path), "--without", "church"])

    assert result.exit_code == 2
    assert "--reuse" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--source", "nowhere"], "nowhere is not a folder"),
        (["--reuse", ".", "--without", "chruch"], "Did you mean 'church'?"),
        (["--stage", "unet"], "run --stage draw first"),
        (["--device", "cuda:99"], "This machine has no device 'cuda:99'"),
    ],
    ids=["source", "without", "stage", "device"],
)
def test_expected_failures_have_no_traceback(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    """What can be expected to go wrong is one line that says what to do, and exits with 2."""
    result = CliRunner().invoke(train, ["--work", str(tmp_path / "work"), *arguments])

    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert told in result.stderr
    assert "Traceback" not in result.output


def test_a_folder_serves_one_run(tmp_path: Path) -> None:
    """The second run of other settings is refused by what differs."""
    arguments = ["--work", str(tmp_path), "--stage", "unet", "--threads", "1"]
    CliRunner().invoke(train, arguments)

    result = CliRunner().invoke(train, [*arguments, "--seed", "5"])

    assert result.exit_code == 2
    assert "seed is 0, not 5" in result.stderr


def test_a_lent_part_is_not_made(tmp_path: Path) -> None:
    """With --reuse, a stage that is not this run's own is refused, and its own are named."""
    arguments = ["--work", str(tmp_path / "work"), "--reuse", str(tmp_path), "--stage", "vae"]

    result = CliRunner().invoke(train, arguments)

    assert result.exit_code == 2
    assert "draw, latents, unet" in " ".join(result.stderr.split())


def test_stages_run_in_the_recipe_s_order(tmp_path: Path) -> None:
    """However they are given, what is needed comes first; none given means all of one's own."""
    run = Run(tmp_path, Drawings())

    assert own_stages(run, ("unet", "draw")) == ("draw", "unet")
    assert own_stages(run, ()) == (*STAGES, "export")
    assert own_stages(replace(run, reuse=tmp_path), ()) == ("draw", "latents", "unet", "export")


def test_unknown_name_to_leave_out_is_refused() -> None:
    """A misspelt thing is not silently kept; the nearest name is suggested."""
    with pytest.raises(UnknownNameError, match="Did you mean 'church'"):
        open_source("drawings", ("chruch",))


def test_source_is_drawings_or_a_folder(tmp_path: Path) -> None:
    """The word `drawings` opens the drawn world, a path a folder of photographs."""
    write_photographs(tmp_path, {"church": 3, "tench": 3})

    assert isinstance(open_source("drawings", ()), Drawings)
    photographs = open_source(str(tmp_path), ("tench",))
    assert isinstance(photographs, Photographs)
    assert photographs.things == ("church",)


def test_steps_of_one_part_can_be_changed() -> None:
    """`unet=7` changes the UNet's steps and nothing else."""
    recipe = with_steps(Recipe(), ("unet=7",))

    assert recipe.unet.schedule.steps == 7
    assert recipe.with_steps("unet", Recipe().unet.schedule.steps) == Recipe()


@pytest.mark.parametrize("choice", ["draw=7", "unet", "unet=x", "7"])
def test_malformed_steps_are_refused(choice: str) -> None:
    """Only a trained part and a whole number are taken."""
    with pytest.raises(click.UsageError, match="PART=N"):
        with_steps(Recipe(), (choice,))


def test_stage_runs_alone_and_again(tmp_path: Path) -> None:
    """The tokenizer can be made by itself, and making it again changes nothing."""
    arguments = ["--work", str(tmp_path), "--stage", "tokenizer", "--threads", "1"]

    first = CliRunner().invoke(train, arguments)
    before = (tmp_path / "tokenizer" / "vocab.json").read_bytes()
    again = CliRunner().invoke(train, arguments)

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert before == (tmp_path / "tokenizer" / "vocab.json").read_bytes()
