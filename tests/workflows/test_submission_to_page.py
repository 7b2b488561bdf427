"""From a pull request to a row on the page, through the shell of every step of the workflows.

The bundled base stands in for Stable Diffusion 1.4, as the manifest says, and servers on loopback
for GitHub and the Hub. Actions of others are not run: `runner` says what is done in their place.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from erasebench.protocol import PICTOGRAM_V1
from erasebench.protocol.seeds import Season, open_season
from tests.workflows.conftest import (
    PLACE,
    RUN_ID,
    Board,
    grants_namespaces,
    manifest_of,
)
from tests.workflows.runner import StepFailedError

pytestmark = pytest.mark.slow

NAME = Path(PLACE).stem
ROW = f"leaderboard/{PICTOGRAM_V1.name}/{NAME}.json"

TRIAL = {"limit": "2", "probes": "standard_prompt indirect_prompt", "reason": None}
"""Little is drawn: two prompt indices of two probes."""


@pytest.fixture(scope="module")
def diff(root: Path) -> bytes:
    """A diff of the bundled base from which a church was erased."""
    return (root / "submissions" / "examples" / "esd_x_church.safetensors").read_bytes()


def test_a_submission_becomes_a_row(board: Board, diff: bytes) -> None:
    """Validated, admitted, evaluated, published by a pull request, merged, and on the page."""
    number = board.submit({PLACE: manifest_of(board.hub, diff)})
    board.hosted.run("validate.yml", "validate", board.manifest_in_pull_request(number))

    # A maintainer has looked, and dispatches.
    inputs = {"pull_request": number, "commit": board.api.pulls[number].head, **TRIAL}
    admitted = board.hosted.run("evaluate.yml", "admit", board.context(inputs=inputs))
    assert admitted == {"name": NAME, "reason": ""}
    board.gpu.run("evaluate.yml", "evaluate", board.context(inputs=inputs))
    drawn = _drawn(board.volume)
    assert any(f"trial-{RUN_ID}" in path.parts for path in drawn)

    # A second attempt finds what the first has left on the volume, and fetches and draws nothing.
    board.hub.asked.clear()
    board.gpu.run("evaluate.yml", "evaluate", board.context(inputs=inputs))
    assert _drawn(board.volume) == drawn
    whole = [path for method, path, part in board.hub.asked if method == "GET" and part is None]
    assert [path for path in whole if "/resolve/" in path] == []

    row = {"name": admitted["name"], "trial": True, "reason": None}
    board.hosted.run("publish.yml", "publish", board.context(inputs=row))
    (proposed,) = (at for at, pull in board.api.pulls.items() if pull.title == f"Row: {NAME}")
    branch = board.api.repository.files(board.api.pulls[proposed].head)
    assert board.hosted.attested == [ROW]
    assert json.loads(branch[ROW])["partial"]

    board.api.merge(number)
    board.api.merge(proposed)
    board.hosted.run("pages.yml", "build", board.context())
    site = board.hosted.artifacts["github-pages"]
    index = (site / "index.html").read_text(encoding="utf-8")
    page = (site / PICTOGRAM_V1.name / f"{NAME}.html").read_text(encoding="utf-8")
    assert f'href="{PICTOGRAM_V1.name}/{NAME}.html#church"' in index
    assert "Partial evaluation, not ranked: limit 2; probes named: 2 of " in index
    assert "partial: limit 2" in page
    listed = (site / "submissions.html").read_text(encoding="utf-8")
    assert f'href="{PICTOGRAM_V1.name}/{NAME}.html"' in listed


def test_a_merged_manifest_is_evaluated_by_its_push(board: Board, diff: bytes) -> None:
    """The push of the merge names two commits, and the manifest between them is admitted."""
    before = board.api.repository.at("main")
    board.api.merge(board.submit({PLACE: manifest_of(board.hub, diff)}))
    context = board.context(github={"event": {"before": before}}, inputs={})

    assert board.hosted.run("evaluate.yml", "admit", context) == {
        "name": NAME,
        "reason": "",
    }


def test_a_submission_says_where_it_stands(board: Board, diff: bytes) -> None:
    """By one pull request, which goes from state to state until it is merged; then beside the rows.

    Its manifest is in a pull request of its own, which nobody has merged yet.
    """
    board.submit({PLACE: manifest_of(board.hub, diff)})
    admitted = {"result": "success", "outputs": {"name": NAME, "reason": ""}}
    evaluated = {"result": "failure", "outputs": {"reason": "The Hub has no such commit."}}
    for state, outcome, needs in (
        ("queued", "success", {"admit": admitted}),
        ("failed", "failure", {"admit": admitted, "evaluate": evaluated}),
    ):
        context = board.context(needs=needs, inputs={}, job={"status": outcome})
        told = board.hosted.calls("evaluate.yml", state, context)
        board.hosted.run("status.yml", "status", board.context(inputs=told))
        ((number, proposed),) = (
            (at, one) for at, one in board.api.pulls.items() if one.branch == f"submission-{NAME}"
        )
        assert proposed.title == f"{NAME}: {state}"

    board.api.merge(number)
    merged = board.api.repository.files(board.api.repository.at("main"))
    status = json.loads(merged[f"leaderboard/status/{NAME}.json"])
    assert (status["state"], status["reason"]) == ("failed", "The Hub has no such commit.")


def test_a_season_that_is_over_stops_before_reviewers_are_asked(board: Board, diff: bytes) -> None:
    """On the hosted machine."""
    season, secret = open_season("2027-spring", (PICTOGRAM_V1.name,), date(2027, 3, 1))
    over = Season(**season.model_dump() | {"revealed": secret, "closed": date(2027, 6, 1)})
    place = f"benchmark/erasebench/seasons/{season.name}.json"
    board.api.merge(board.submit({place: over.model_dump_json().encode()}))
    number = board.submit({PLACE: manifest_of(board.hub, diff)})
    inputs = {"pull_request": number, "commit": board.api.pulls[number].head, **TRIAL}
    context = board.context(inputs=inputs, vars={"SEASON": season.name})
    with pytest.raises(StepFailedError, match="Season 2027-spring ended on") as caught:
        board.hosted.run("evaluate.yml", "admit", context)

    assert caught.value.name == "Take the manifest"
    assert caught.value.outputs == {"name": "", "reason": ""}


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({"contact": "<script>alert(1)</script>"}, "contact: found '<script>"),
        ({"revision": "main"}, "revision"),
        ({"tensors": True}, "tensors"),
    ],
    ids=["markup", "a branch", "another base"],
)
def test_a_hostile_manifest_stops_at_validate(
    board: Board, diff: bytes, manifest: dict[str, object], words: str
) -> None:
    """On the pull request, before reviewers are asked, and on the GPU machine, were it let in."""
    text = manifest_of(board.hub, _spoilt(diff) if "tensors" in manifest else diff).decode()
    if "contact" in manifest:
        text = text.replace("'@somebody'", str(manifest["contact"]))
    if "revision" in manifest:
        text = re.sub("revision: [0-9a-f]{40}", "revision: main", text)
    number = board.submit({PLACE: text.encode()})
    inputs = {"pull_request": number, "commit": board.api.pulls[number].head, **TRIAL}
    for runner, workflow, job, context in (
        (board.hosted, "validate.yml", "validate", board.manifest_in_pull_request(number)),
        (board.hosted, "evaluate.yml", "admit", board.context(inputs=inputs)),
        (board.gpu, "evaluate.yml", "evaluate", board.context(inputs=inputs)),
    ):
        with pytest.raises(StepFailedError) as caught:
            runner.run(workflow, job, context)

        assert caught.value.name in {"Take the manifest", "Validate it", "Validate it again"}
        assert words in caught.value.output
        assert words in caught.value.page
        assert "    " in caught.value.page
        if workflow == "evaluate.yml" and caught.value.name != "Take the manifest":
            assert words in caught.value.outputs["reason"]
            assert caught.value.outputs["reason"].startswith(f"{NAME}.yaml: ")
            assert str(runner.folder) not in caught.value.outputs["reason"]
            assert str(board.volume) not in caught.value.outputs["reason"]
    assert list(board.volume.rglob("records.jsonl")) == []
    assert list(board.volume.rglob("church.safetensors")) == []


def test_code_beside_a_manifest_stops_at_once(board: Board, diff: bytes) -> None:
    """A Makefile that would run on the machine is refused, and never checked out."""
    mark = board.volume / "it-ran"
    makefile = f"env:\n\ttouch {mark}\n".encode()
    number = board.submit({PLACE: manifest_of(board.hub, diff), "Makefile": makefile})
    inputs = {"pull_request": number, "commit": board.api.pulls[number].head, **TRIAL}
    for runner, workflow, job, context in (
        (board.hosted, "validate.yml", "validate", board.manifest_in_pull_request(number)),
        (board.gpu, "evaluate.yml", "evaluate", board.context(inputs=inputs)),
    ):
        with pytest.raises(StepFailedError, match="2 files are changed: 'Makefile'") as caught:
            runner.run(workflow, job, context)
        assert caught.value.name == "Take the manifest"
    assert not mark.exists()


def test_the_run_step_has_no_network(board: Board) -> None:
    """What `evaluate.yml` puts before the command keeps it from a server on this very machine."""
    if not grants_namespaces():
        pytest.skip("this system grants no network namespace: unshare --net fails")
    workflow = (
        board.api.repository.raw("cat-file", "blob", "main:.github/workflows/evaluate.yml")
    ).decode()
    (words,) = re.findall(r"(unshare .*--) \\\n", workflow)
    host, port = board.hub.endpoint.removeprefix("http://").split(":")
    attempt = [sys.executable, "-c", f"import socket; socket.create_connection(({host!r}, {port}))"]
    free = subprocess.run(attempt, capture_output=True, check=False)
    kept = subprocess.run([*words.split(), *attempt], capture_output=True, text=True, check=False)

    assert free.returncode == 0
    assert kept.returncode != 0
    assert "Network is unreachable" in kept.stderr or "Cannot assign" in kept.stderr


def _drawn(volume: Path) -> dict[Path, bytes]:
    """What was drawn of submissions, and how long each batch took: drawn again, it would differ."""
    return {
        path: path.read_bytes()
        for name in ("records.jsonl", "timings.jsonl")
        for path in (volume / "submitted").rglob(name)
        if path.parent.name != "base"
    }


def _spoilt(diff: bytes) -> bytes:
    """The same diff, whose first tensor has a name that the base does not."""
    length = int.from_bytes(diff[:8], "little")
    header = json.loads(diff[8 : 8 + length])
    name = next(name for name in header if name != "__metadata__")
    header[f"{name}.tensors"] = header.pop(name)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + diff[8 + length :]
