"""The run folder: one run, one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest

from erasebench.errors import RunFolderError, RunFolderTakenError, RunLockedError, UnwritableError
from erasebench.evaluation.run.run_folder import RunSpec, claim, working_in
from tests.evaluation.example_spec import SPEC
from tests.example_environment import ENVIRONMENT

HOLD = """
import sys
from pathlib import Path
from threading import Timer
from erasebench.evaluation.run.run_folder import working_in
with working_in(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_claimed_once_and_keeps_its_beginning(tmp_path: Path) -> None:
    """Taken up again, a run still started when it first did, and its file is as it was."""
    started = claim(tmp_path, SPEC)
    content = (tmp_path / "run.json").read_bytes()

    assert started == claim(tmp_path, SPEC)
    assert content == (tmp_path / "run.json").read_bytes()


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (SPEC.model_copy(update={"checkpoint_digest": "e" * 64}), "checkpoint digest"),
        (SPEC.model_copy(update={"plan_digest": "e" * 64}), "plan digest"),
        (SPEC.model_copy(update={"plan_digest": "e" * 64, "limit": 4}), "limit"),
        (SPEC.model_copy(update={"plan_digest": "e" * 64, "probes": ("noise",)}), "probes"),
        (
            SPEC.model_copy(update={"environment": ENVIRONMENT.model_copy(update={"threads": 1})}),
            "threads",
        ),
    ],
)
def test_a_folder_of_another_run_is_refused(tmp_path: Path, other: RunSpec, named: str) -> None:
    """Anything that could move a record makes another run; the difference is named."""
    claim(tmp_path, SPEC)
    with pytest.raises(RunFolderTakenError, match="--output") as refusal:
        claim(tmp_path, other)

    assert named == refusal.value.differs


def test_a_run_of_another_version_is_refused_with_the_reason(tmp_path: Path) -> None:
    """A digest by itself explains nothing: the message says why it may differ and what to do."""
    claim(tmp_path, SPEC)
    with pytest.raises(RunFolderTakenError) as refusal:
        claim(tmp_path, SPEC.model_copy(update={"plan_digest": "e" * 64}))

    assert f"plan digest {SPEC.plan_digest}, not {'e' * 64}. Another version" in str(refusal.value)
    assert "cannot be resumed" in str(refusal.value)
    assert "another folder with --output" in str(refusal.value)


def test_a_folder_in_which_a_process_died_at_once_can_be_claimed(tmp_path: Path) -> None:
    """Killed while it wrote the very first file, a run has left a lock and half a file."""
    (tmp_path / "run.lock").touch()
    (tmp_path / ".run.json.partial").write_text('{"spec"')
    with working_in(tmp_path):
        claim(tmp_path, SPEC)

    assert {"run.json", "run.lock"} == {path.name for path in tmp_path.iterdir()}


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    """A run does not mix its files with others', and leaves not even a lock among them."""
    (tmp_path / "thesis.tex").write_text("")

    with pytest.raises(RunFolderError, match=r"thesis\.tex"), working_in(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_that_cannot_be_made_is_an_expected_error(tmp_path: Path) -> None:
    """Inside a file, or where the system makes no folders."""
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "run", Path("/proc/nope/run")):
        with pytest.raises(UnwritableError, match="--output"), working_in(folder):
            pass


def test_a_run_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """It is not overwritten: its run is unknown."""
    (tmp_path / "run.json").write_text("{}")

    with pytest.raises(RunFolderError, match="cannot be read"):
        claim(tmp_path, SPEC)


def test_a_second_process_is_kept_out_until_the_first_is_dead(tmp_path: Path) -> None:
    """The lock is the system's: it holds while the process lives, and a kill releases it."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunLockedError, match="Another process"), working_in(tmp_path):
            pass
        holder.kill()
        holder.wait()

    with working_in(tmp_path):
        assert (tmp_path / "run.lock").exists()


def test_who_waits_gets_the_folder_when_the_other_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two evaluations that need the same measurement of the base: the second says so and waits."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        release = Timer(0.2, holder.stdin.close)
        release.start()
        with working_in(tmp_path, wait=True):
            assert holder.wait() == 0
        release.join()

    assert "Waiting for another process" in capsys.readouterr().err
