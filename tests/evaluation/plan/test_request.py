"""What is asked is checked by headers alone."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from erasebench.cli.evaluate import command
from erasebench.errors import RequestError
from erasebench.evaluation.plan.request import Request, request
from tests.evaluation.tiny_run import TinyWorld


def asked(world: TinyWorld, *concepts: str, **options: Any) -> Request:
    """A request under the tiny protocol."""
    return request(world.edit, concepts=concepts, protocol=world.protocol, **options)


def test_a_run_without_a_folder_gets_one_of_its_checkpoint_s_name(world: TinyWorld) -> None:
    """So that two checkpoints do not meet in one."""
    assert asked(world, "church").result == Path("runs/edit/result.json")


def test_the_folder_one_stands_in_has_a_name(
    world: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`evaluate .` is recorded so that it means something elsewhere."""
    monkeypatch.chdir(world.edit)
    here = request(Path(), concepts=("church",), protocol=world.protocol)

    assert shlex.split(here.command)[:3] == ["erasebench", "evaluate", "edit"]
    assert here.result == Path("runs/edit/result.json")


def test_a_checkpoint_that_does_not_say_what_it_erased_must_be_told(world: TinyWorld) -> None:
    """A folder has no card; the error lists what could be named."""
    with pytest.raises(RequestError, match=r"--concept, one of: .*church"):
        asked(world)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"limit": 3},
        {"probes": ("noise", "retention"), "limit": 2},
        {"probes": ("resampling", "noise")},
    ],
)
def test_the_command_asks_for_the_same(
    world: TinyWorld, monkeypatch: pytest.MonkeyPatch, options: dict[str, object]
) -> None:
    """Read by the command line, the recorded command gives the very selection."""
    wanted = asked(world, "church", "airliner", **options)
    heard: list[Request] = []
    monkeypatch.chdir(world.folder)
    monkeypatch.setattr("erasebench.evaluation.job.protocol_named", lambda _: world.protocol)
    monkeypatch.setattr(
        "erasebench.evaluation.evaluate.evaluate", lambda request, _: heard.append(request)
    )
    CliRunner().invoke(command, shlex.split(wanted.command)[2:])

    assert [wanted.selection] == [one.selection for one in heard]
    assert [wanted.protocol] == [one.protocol for one in heard]
