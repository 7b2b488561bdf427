"""One call from what a user names to a result."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.errors import RequestError
from erasebench.evaluation.job import evaluation_job
from erasebench.hub.checkpoint_argument import agreed_protocol
from erasebench.protocol import PICTOGRAM_V1, SD14_V1
from tests.evaluation.tiny_run import TinyWorld, make_tiny_world
from tests.registered import only


def test_a_call_with_plain_words_gives_a_result(tmp_path: Path) -> None:
    """As a notebook calls it: one concept and one probe as text, and folders of its own."""
    world: TinyWorld = make_tiny_world(tmp_path / "world")
    with only(world.protocol):
        job = evaluation_job(
            world.edit,
            concepts="church",
            probes="standard_prompt",
            limit=2,
            output=tmp_path / "run",
            cache=tmp_path / "cache",
        )
        result = job.run()

    assert job.path == tmp_path / "run" / "result.json"
    assert job.path.is_file()
    assert [cell.erased for cell in result.cells] == ["church"]
    assert {path.name for path in tmp_path.iterdir()} == {"world", "run", "cache"}


def test_an_option_may_repeat_a_manifest_and_not_contradict_it() -> None:
    """Without a manifest the option holds, without an option the manifest does."""
    assert agreed_protocol("x.yaml", None, None) is None
    assert agreed_protocol("x.yaml", None, SD14_V1) == SD14_V1
    assert agreed_protocol("x.yaml", SD14_V1, SD14_V1) == SD14_V1
    with pytest.raises(RequestError, match="for pictogram-v1, but --protocol is sd14-v1"):
        agreed_protocol("x.yaml", PICTOGRAM_V1, SD14_V1)
