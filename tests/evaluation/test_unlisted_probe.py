"""A probe that no protocol lists: it changes nothing, and can be asked in a run of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from erasebench.cli.list import probe_rows
from erasebench.evaluation.base.stored import stored_base
from erasebench.evaluation.plan.plan import base_plans, submission_plan
from erasebench.evaluation.plan.selection import select, suite_of
from erasebench.evaluation.verify.verify import verify
from erasebench.probes.noise import Noise
from erasebench.probes.registry import facts_of
from erasebench.protocol import PICTOGRAM_V1, PROTOCOLS, PUBLIC_SEED_SET, Protocol
from erasebench.results.file import load_result, result_text
from erasebench.results.reference import References, references_of
from tests.evaluation.tiny_run import TinyWorld
from tests.probes.example_probe import Shouted, register


def digests(protocol: Protocol) -> list[str]:
    """Of the plans of a submission and of the base, on a concept and on all that is to survive."""
    selection = select(protocol, protocol.ranked[:1])
    plans = base_plans(protocol, selection)
    own = [submission_plan(protocol, selection, encoder_edited=edited) for edited in (False, True)]
    return [plan.digest for plan in (*own, *plans.values())]


def differing(
    path: Path, protocols: dict[str, Protocol] = PROTOCOLS, *runs: Path
) -> dict[str, tuple[str, ...]]:
    """In what a result is not what it should be, by what was looked at."""
    checks = verify(path, runs, protocols=protocols)
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
    """No row of any protocol is stranded."""
    rows = [path for name in PROTOCOLS for path in (root / "leaderboard" / name).glob("*.json")]
    before = {path.name: differing(path) for path in rows}
    register(monkeypatch)

    assert rows
    assert not any(before.values())
    assert {path.name: differing(path) for path in rows} == before


def test_the_shipped_references_hold_all_but_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by name among others, it and its baseline alone are measured on the base."""
    register(monkeypatch)
    stored = references_of(PICTOGRAM_V1, PUBLIC_SEED_SET)
    known = stored_base(PICTOGRAM_V1, stored, None, PUBLIC_SEED_SET)
    selection = select(PICTOGRAM_V1, ("church",), ("shouted", "noise", "inpainting_crop"))

    found, rest = known.split(base_plans(PICTOGRAM_V1, selection)["church"])

    assert {one.probe for one in known.of(found)} == {
        "noise",
        "inpainting_crop",
        "inpainting_crop_unprompted",
    }
    assert {trial.probe for trial in rest.trials} == {"shouted", "shouted_unprompted"}


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
    """Below all that the protocol lists, whose rows stay as they are."""
    listed = [one for one in probe_rows(PICTOGRAM_V1) if one["listed"]]
    register(monkeypatch)
    rows = probe_rows(PICTOGRAM_V1)
    (row,) = (one for one in rows if one["name"] == "shouted")

    assert rows[: len(listed)] == listed
    assert (row["listed"], row["ranked"]) == (False, False)


@pytest.fixture
def run(world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run by it and another, while it is registered."""
    register(monkeypatch)
    probes = ("shouted", "standard_prompt", "retention")
    world.evaluate(tmp_path, concepts=("church",), probes=probes, limit=2)
    return tmp_path / "run"


def test_a_result_of_it_is_partial_and_verified(world: TinyWorld, run: Path) -> None:
    """It has its rate, the base's and the unprompted base's; it never ranks."""
    protocols = {"tiny": world.protocol}
    result = load_result(run / "result.json", protocols)
    (cell,) = result.cells
    estimates = {one.probe: one for one in cell.probes}
    facts = {one.name: one for one in result.probes}

    assert "unlisted probes: shouted" in str(result.partial)
    assert not facts["shouted"].ranked
    assert estimates["shouted"].unprompted is not None
    assert cell.score is not None
    assert {one.standing for one in cell.score.probes if one.probe == "shouted"} == {"shown"}
    assert differing(run / "result.json", protocols, run) == {}


def test_a_full_result_must_not_hold_it(world: TinyWorld, run: Path) -> None:
    """What is no part of the suite makes no full evaluation of it."""
    path = run / "result.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["partial"] = None
    path.write_text(json.dumps(content), encoding="utf-8")

    found = differing(path, {"tiny": world.protocol})

    assert "probes has shouted, which the protocol does not have" in found["probes"]


def test_a_result_of_another_version_is_refused(
    world: TinyWorld, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With both versions and what is to be done; the file of the later one names its version."""
    protocols = {"tiny": world.protocol}
    assert "version" not in json.loads((run / "result.json").read_text())["probes"][0]
    monkeypatch.setattr(Shouted, "version", 2)

    (said,) = differing(run / "result.json", protocols)["probes"]

    assert said == (
        "probes, shouted: the result has version 1, but this version of erasebench has "
        "version 2; evaluate the checkpoint again"
    )

    result = load_result(run / "result.json", protocols)
    facts = facts_of(world.protocol, ["shouted"])
    later = json.loads(result_text(result.model_copy(update={"probes": facts})))["probes"]
    assert [one.get("version") for one in later if one["name"] == "shouted"] == [2]


def test_the_version_of_a_probe_is_in_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that began with another does not resume, and one without the probe does."""

    def digest(probe: str) -> str:
        selection = select(PICTOGRAM_V1, ("church",), (probe,))
        return submission_plan(PICTOGRAM_V1, selection, encoder_edited=False).digest

    before = digest("noise"), digest("resampling")
    monkeypatch.setattr(Noise, "version", 2)

    assert digest("noise") != before[0]
    assert digest("resampling") == before[1]


def test_references_of_another_version_of_a_probe_are_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its outcomes are measured again, and those of the others are taken from the package."""
    stored = references_of(PICTOGRAM_V1, PUBLIC_SEED_SET)
    assert stored.base is not None
    plan = base_plans(PICTOGRAM_V1, select(PICTOGRAM_V1, ("church",)))["church"]
    monkeypatch.setattr(Noise, "version", 2)

    known = stored_base(PICTOGRAM_V1, stored, None, PUBLIC_SEED_SET)
    _, rest = known.split(plan)
    assert {trial.probe for trial in rest.trials} == {"noise"}

    again = stored.base.model_copy(update={"versions": {"noise": 2}})
    known = stored_base(PICTOGRAM_V1, References(base=again), None, PUBLIC_SEED_SET)
    _, rest = known.split(plan)
    assert not rest.trials
