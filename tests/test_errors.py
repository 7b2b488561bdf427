"""Expected failures: their messages, and their attributes for programs."""

from __future__ import annotations

import re
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
    """A misspelt name gets the nearest known name and the list of all."""
    error = UnknownNameError("concept", "chruch", ("golf_ball", "church"))

    assert error.nearest == "church"
    assert str(error) == (
        "Unknown concept 'chruch'. Did you mean 'church'? Known: golf_ball, church."
    )


def test_unknown_name_suggests_nothing_where_nothing_is_near() -> None:
    """A name unlike all others gets the list alone, without a suggestion."""
    error = UnknownNameError("concept", "zzz", ("golf_ball", "church"))

    assert error.nearest is None
    assert str(error) == "Unknown concept 'zzz'. Known: golf_ball, church."


def test_tensor_mismatch_shows_the_first_and_counts_the_rest() -> None:
    """The message lists a few tensors and counts the rest; the attributes hold all."""
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
    """A shell reads two file names and one program that compiles, for any file name."""
    _, _, command = str(PickleRefusedError(Path(name))).partition("convert it: ")
    python, option, program, *files = shlex.split(command)

    assert [python, option] == ["python", "-c"]
    compile(program, "program", "exec")
    assert files == [name, name.removesuffix(".bin") + ".safetensors"]


def test_the_command_that_a_pickle_refusal_gives_converts_it(tmp_path: Path) -> None:
    """A training checkpoint that holds more than weights, and weights alone."""
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
    """Control characters are escaped; a plain path is unchanged."""
    assert str(error(Path("a b"), "No.")) == "a b: No."
    assert str(error(Path("a\x1b[2J\nb"), "No.")).isprintable()
    assert str(PickleRefusedError(Path("a\x1b[2J\nb"))).isprintable()


def test_a_name_out_of_a_file_is_cut_short() -> None:
    """A very long name is truncated in the message."""
    error = TensorMismatchError(Path("x"), unknown=("n" * 100_000,))

    assert len(str(error)) < 500
    assert error.unknown == ("n" * 100_000,)


def test_taken_folder_says_in_what_the_runs_differ() -> None:
    """The message names the other run in the folder and the option for another folder."""
    error = RunFolderTakenError(Path("runs/a"), differs="batch_size", found="32", wanted="64")

    assert "runs/a: The folder holds another run: batch_size 32, not 64." in str(error)
    assert "--output" in str(error)


def test_every_error_is_in_the_tree_and_drawn_in_the_docstring(root: Path) -> None:
    """Every expected failure derives from the root; the drawn tree has those of all packages."""
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    own = [value for value in classes if value.__module__.startswith(errors.__name__)]
    sources = (path.read_text() for path in (root / "benchmark" / "erasebench").rglob("*.py"))
    derived = re.compile(r"^class (\w+Error)\(\w*Error\):", re.MULTILINE)
    names = {name for source in sources for name in derived.findall(source)}

    assert all(issubclass(error, ErasebenchError) for error in own)
    assert {error.__name__ for error in own} - {"ErasebenchError"} < names
    drawn = set(re.findall(r"\w+Error", str(errors.__doc__)))
    # A ValueError of the reader of headers, which never reaches a user.
    assert names - drawn == {"BrokenError"}
