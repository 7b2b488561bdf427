"""A probe that no protocol lists: it changes nothing, and can be asked in a run of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from erasebench.cli.list import probe_rows
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.known import known_base
from erasebench.evaluation.plan import base_plans, submission_plan
from erasebench.evaluation.references import build_references
from erasebench.evaluation.request import request
from erasebench.evaluation.selection import select, suite_of
from erasebench.evaluation.verify import verify
from erasebench.probes.facts import facts_of
from erasebench.protocol import PICTOGRAM_V1, PROTOCOLS, PUBLIC_SEED_SET, Protocol
from erasebench.results.facts import ProbeFacts
from erasebench.results.file import load_result, result_text
from erasebench.results.reference import ReferenceFile, read_reference, references_of
from erasebench.results.result import Result
from tests.evaluation.tiny_run import TinyWorld
from tests.probes.example_probe import Shouted, register


def digests(protocol: Protocol) -> list[str]:
    """Of the plans of a submission and of the base, on every concept."""
    selection = select(protocol, protocol.concepts)
    plans = base_plans(protocol, selection)
    own = [submission_plan(protocol, selection, encoder_edited=edited) for edited in (False, True)]
    return [plan.digest for plan in (*own, *plans.values())]


def differing(path: Path, protocols: dict[str, Protocol] = PROTOCOLS) -> dict[str, tuple[str, ...]]:
    """In what a result is not what it should be, by what was looked at."""
    checks = verify(path, protocols=protocols)
    return {check.name: check.differs for check in checks if check.differs}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_plan_changes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of a submission nor of the base: what was begun goes on."""
    protocol = PROTOCOLS[name]
    before = digests(protocol)
    register(monkeypatch)

    assert digests(protocol) == before


def test_every_published_row_is_verified_before_and_after(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And written again, each gives its own text."""
    rows = [path for name in PROTOCOLS for path in (root / "leaderboard" / name).glob("*.json")]
    before = {path.name: differing(path) for path in rows}
    register(monkeypatch)

    assert rows
    assert before == dict.fromkeys(before, {})
    assert {path.name: differing(path) for path in rows} == before
    for path in rows:
        assert result_text(load_result(path)) == path.read_text(encoding="utf-8")


def test_the_shipped_references_hold_all_but_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by name among others, it alone is measured on the base."""
    register(monkeypatch)
    stored = references_of(PICTOGRAM_V1, PUBLIC_SEED_SET)
    known = known_base(PICTOGRAM_V1, stored, None, PUBLIC_SEED_SET)
    selection = select(PICTOGRAM_V1, ("church",), ("shouted", "noise", "inpainting_crop"))

    found, rest = known.split(base_plans(PICTOGRAM_V1, selection)["church"])

    assert {one.probe for one in known.of(found)} == {
        "noise",
        "inpainting_crop",
        "inpainting_crop_unprompted",
    }
    assert {trial.probe for trial in rest.trials} == {"shouted"}


def test_it_is_chosen_by_name_alone_and_makes_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full evaluation leaves it out; the reasons for a partial one name it."""
    before = select(PICTOGRAM_V1, ("church",))
    register(monkeypatch)
    named = select(PICTOGRAM_V1, ("church",), ("noise", "shouted", "retention"))

    assert select(PICTOGRAM_V1, ("church",)) == before
    assert named.probes == ("shouted", "noise")
    assert named.missing(PICTOGRAM_V1) == (
        f"probes named: 1 of {len(suite_of(PICTOGRAM_V1))}; unlisted probes: shouted"
    )


def test_it_is_shown_as_unlisted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below all that the protocol lists."""
    before = probe_rows(PICTOGRAM_V1)
    register(monkeypatch)
    rows = probe_rows(PICTOGRAM_V1)
    (row,) = (one for one in rows if one.name == "shouted")

    assert all(one.listed for one in before if one.ranked)
    assert rows[: len(before)] == before or not all(one.listed for one in before)
    assert (row.listed, row.ranked) == (False, False)


@pytest.fixture
def asked(
    world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Result, Path, TinyWorld]:
    """A run that asks by it, by another and for retention, with the references of before it."""
    protocol = world.protocol
    build_references(
        protocol, tmp_path / "work", references=tmp_path / "references", cache=tmp_path / "cache"
    )
    register(monkeypatch)
    one = request(
        world.edit,
        concepts=("church",),
        probes=("shouted", "standard_prompt"),
        limit=2,
        protocol=protocol,
        folder=tmp_path / "run",
    )
    return evaluate(one, tmp_path / "other", tmp_path / "references"), one.result, world
