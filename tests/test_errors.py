"""Expected failures: what their messages tell, and what they hand to programs."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from erasebench import errors
from erasebench.errors import (
    CheckpointError,
    ErasebenchError,
    PickleRefusedError,
    ResultError,
    RunFolderError,
    RunFolderTakenError,
    TensorMismatchError,
    UnknownNameError,
)


def test_unknown_name_suggests_the_nearest_and_lists_all() -> None:
    """A misspelt name is answered with the one that was meant, and with all that are allowed."""
    error = UnknownNameError("concept", "chruch", ("golf_ball", "church"))

    assert error.nearest == "church"
    assert str(error) == (
        "Unknown concept 'chruch'. Did you mean 'church'? Known: golf_ball, church."
    )


def test_unknown_name_suggests_nothing_where_nothing_is_near() -> None:
    """A name like no other gets the list alone, not a far-fetched suggestion."""
    error = UnknownNameError("concept", "zzz", ("golf_ball", "church"))

    assert error.nearest is None
    assert str(error) == "Unknown concept 'zzz'. Known: golf_ball, church."


def test_tensor_mismatch_shows_the_first_and_counts_the_rest() -> None:
    """A message stays short however many tensors are wrong; the attributes hold all of them."""
    missing = tuple(f"unet.{index}" for index in range(686))

    error = TensorMismatchError(
        Path("x.safetensors"),
        missing=missing,
        misshaped=(("unet.conv_in.weight", (8, 4), (16, 4)),),
    )

    assert error.missing == missing
    assert "686 missing (unet.0, unet.1, unet.2, unet.3, unet.4 and 681 more)" in str(error)
    assert "1 misshaped (unet.conv_in.weight is [8, 4], not [16, 4])" in str(error)
    assert "unknown" not in str(error)


@pytest.mark.parametrize(
    "name", ["weights.bin", "my weights.bin", "x'; touch hacked; '.bin", "$(touch hacked).bin"]
)
def test_pickle_refusal_gives_a_command_that_is_safe_to_paste(name: str) -> None:
    """A shell reads two file names and one program, which compiles, whatever the file is called."""
    _, _, command = str(PickleRefusedError(Path(name))).partition("convert it: ")
    python, option, program, *files = shlex.split(command)

    assert [python, option] == ["python", "-c"]
    compile(program, "program", "exec")
    assert files == [name, name.removesuffix(".bin") + ".safetensors"]


def test_the_command_that_a_pickle_refusal_gives_converts_it(tmp_path: Path) -> None:
    """A training's file, whose weights are beside other things, as well as weights alone."""
    shared = torch.arange(6.0).reshape(2, 3)
    weights = {"a": shared, "b": shared.T}
    folder = tmp_path / "own"
    folder.mkdir()
    torch.save({"epoch": 3, "state_dict": weights}, folder / "training.ckpt")
    torch.save(weights, folder / "weights.bin")
    error = PickleRefusedError(folder / "training.ckpt", folder, (folder / "weights.bin",))
    command = str(error).partition("convert it: ")[2]
    here = shlex.quote(str(Path(sys.executable).parent))
    subprocess.run(["bash", "-c", f"PATH={here}:$PATH; {command}"], cwd=tmp_path, check=True)

    for name in ("training", "weights"):
        found = load_file(tmp_path / "own-safetensors" / f"{name}.safetensors")
        assert found.keys() == weights.keys()
        assert all(torch.equal(found[name], weights[name]) for name in weights)


@pytest.mark.parametrize("error", [CheckpointError, RunFolderError, ResultError])
def test_a_path_cannot_disturb_the_terminal(error: type[ErasebenchError]) -> None:
    """Its control characters are shown as escapes; a plain path stands as it is."""
    assert str(error(Path("a b"), "No.")) == "a b: No."
    assert str(error(Path("a\x1b[2J\nb"), "No.")).isprintable()
    assert str(PickleRefusedError(Path("a\x1b[2J\nb"))).isprintable()


def test_a_name_out_of_a_file_is_cut_short() -> None:
    """A message stays readable however long a hostile name is."""
    error = TensorMismatchError(Path("x"), unknown=("n" * 100_000,))

    assert len(str(error)) < 500
    assert error.unknown == ("n" * 100_000,)


def test_taken_folder_says_in_what_the_runs_differ() -> None:
    """Who is refused a folder learns what it holds and which option gives another."""
    error = RunFolderTakenError(Path("runs/a"), differs="batch_size", found="32", wanted="64")

    assert "runs/a: The folder holds another run: batch_size 32, not 64." in str(error)
    assert "--output" in str(error)


def test_every_error_is_in_the_tree_and_drawn_in_the_docstring() -> None:
    """No expected failure escapes the root, and the drawing of the tree leaves none out."""
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    own = [value for value in classes if value.__module__.startswith(errors.__name__)]

    assert len(own) > 1
    assert all(issubclass(error, ErasebenchError) for error in own)
    assert [error.__name__ for error in own if error.__name__ not in str(errors.__doc__)] == []
