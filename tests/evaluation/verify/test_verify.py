"""Verification of untouched and of changed results."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from erasebench.evaluation.verify.records import described
from erasebench.evaluation.verify.verify import Check, verify
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.file import load_result, write_result
from erasebench.results.reference import references_of
from erasebench.results.result import Result
from erasebench.stats.row_data import row_data_of_result
from erasebench.stats.summary import summarise
from tests.board.example_run import Example, example_result
from tests.evaluation.tiny_run import TinyWorld

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of a finished run."""
    return shutil.copytree(finished / "run", tmp_path / "run")


def checked(world: TinyWorld, run: Path, *, records: bool = True) -> dict[str, Check]:
    """What was looked at, by name."""
    protocols = {"tiny": world.protocol}
    checks = verify(run / "result.json", (run,) if records else (), protocols=protocols)
    return {check.name: check for check in checks}


def differing(checks: dict[str, Check]) -> dict[str, tuple[str, ...]]:
    """Everything that differs."""
    return {name: check.differs for name, check in checks.items() if check.differs}


def edit_json(path: Path, edit: Edit) -> None:
    """Changes a file of JSON by hand."""
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_a_finished_run_is_what_it_should_be(world: TinyWorld, run: Path) -> None:
    """Nothing differs, records and pictures included; what was not looked at is said."""
    checks = checked(world, run)

    assert differing(checks) == {}
    assert checks["records"].skipped is None
    assert checks["attestation"].skipped is not None
    assert "--run" in str(checked(world, run, records=False)["records"].skipped)


def test_a_changed_score_is_named(world: TinyWorld, run: Path) -> None:
    """With what the file says, and what its outcomes give."""
    estimate = load_result(run / "result.json", {"tiny": world.protocol}).cells[0].probes[0].rate

    def flatter(content: dict[str, Any]) -> None:
        content["cells"][0]["probes"][0]["rate"]["low"] -= 0.01

    edit_json(run / "result.json", flatter)
    (said,) = differing(checked(world, run))["scores and estimates"]

    stated = f"{estimate.low - 0.01:.6g}"
    assert said == (f"cells.0.probes.0.rate.low is {stated}, its outcomes give {estimate.low:.6g}")


def test_a_changed_outcome_is_found_by_the_records(world: TinyWorld, run: Path) -> None:
    """Whoever makes the figures again for it still has the records against him."""
    protocols = {"tiny": world.protocol}
    result = load_result(run / "result.json", protocols)
    number, one = next(
        (number, one)
        for number, one in enumerate(result.outcomes)
        if one.probe == "standard_prompt" and one.target == one.erased
    )
    outcomes = list(result.outcomes)
    outcomes[number] = one.model_copy(update={"selector_mean": one.selector_mean / 2 + 0.25})
    write_result(run / "result.json", result.model_copy(update={"outcomes": tuple(outcomes)}))
    found = differing(checked(world, run))

    assert list(found) == ["records"]
    assert found["records"] == (
        (
            f"{run}: {one.erased}, standard_prompt, prompt {one.prompt_index}: selector_mean is "
            f"{outcomes[number].selector_mean}, its records give {one.selector_mean}"
        ),
    )


def test_swapped_records_are_named(world: TinyWorld, run: Path) -> None:
    """Two lines in each other's place are not the plan's; two verdicts give other outcomes."""
    path = run / "records.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0])
    # Neighbours may be one picture, asked for by two cells.
    number, second = next(
        (number, record)
        for number, record in enumerate(map(json.loads, lines))
        if record["picture_digest"] != first["picture_digest"]
    )
    swapped = [lines[number], *lines[1:number], lines[0], *lines[number + 1 :]]
    path.write_text("\n".join(swapped) + "\n", encoding="utf-8")
    (said,) = differing(checked(world, run))["records"]

    assert "line 1 of records.jsonl is not the record that the plan has there" in said

    first["trial"], second["trial"] = second["trial"], first["trial"]
    swapped[0], swapped[number] = json.dumps(second), json.dumps(first)
    path.write_text("\n".join(swapped) + "\n", encoding="utf-8")
    found = differing(checked(world, run))
    trials = [json.loads(line)["trial"] for line in (lines[0], lines[number])]

    assert list(found) == ["records"]
    for trial in trials:
        named = f"{trial['erased']}, {trial['probe']}"
        assert any(named in said and "its records give" in said for said in found["records"])


def test_a_run_of_another_plan_is_named_with_the_remedy(world: TinyWorld, run: Path) -> None:
    """A run of a version whose plans have other digests cannot be checked by this one."""

    def of_another_version(content: dict[str, Any]) -> None:
        content["spec"]["plan_digest"] = "e" * 64

    edit_json(run / "run.json", of_another_version)
    (said,) = differing(checked(world, run))["records"]

    assert f"its plan digest is {'e' * 64}, and this version of erasebench gives" in said
    assert "or evaluate the checkpoint again" in said


def test_a_picture_that_was_not_judged_is_named(world: TinyWorld, run: Path) -> None:
    """Swapped for another, torn or gone."""
    one, other, third = sorted((run / "images").rglob("standard_prompt/*/*.png"))[:3]
    one.write_bytes(other.read_bytes())
    third.write_bytes(b"no picture")
    other.unlink()
    found = differing(checked(world, run))["records"]

    assert any(f"{one.relative_to(run)} is not the judged image" in said for said in found)
    assert any(f"{third.relative_to(run)} cannot be read" in said for said in found)
    assert any(f"{other.relative_to(run)} cannot be read" in said for said in found)


def test_a_picture_elsewhere_is_not_opened(world: TinyWorld, run: Path) -> None:
    """A record names its picture by its own place in the run's folder."""
    path = run / "records.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    first = next(record for record in lines if record["picture"] is not None)
    first["picture"] = "../../secret.png"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    (said,) = differing(checked(world, run))["records"]

    assert "a record names '../../secret.png', but its image's place is images/" in said


def test_the_base_s_records_are_counted_as_well(world: TinyWorld, run: Path) -> None:
    """Where no reference holds what it gave: a base made worse would flatter every ratio."""

    def worse(content: dict[str, Any]) -> None:
        content["base_outcomes"][0]["clip_mean"] -= 5

    edit_json(run / "result.json", worse)
    (said,) = differing(checked(world, run))["records"]

    assert said.startswith("the base on ")
    assert "clip_mean" in said


def test_a_run_of_something_else_is_no_evidence(world: TinyWorld, run: Path) -> None:
    """Other tensors, another set-up or no run at all."""

    def other(content: dict[str, Any]) -> None:
        content["spec"]["checkpoint_digest"] = "0" * 64

    def older(content: dict[str, Any]) -> None:
        content["spec"]["environment"]["torch"] = "1.0"

    whole = (run / "run.json").read_bytes()
    edit_json(run / "run.json", other)
    assert "which no checkpoint has" in differing(checked(world, run))["records"][0]

    (run / "run.json").write_bytes(whole)
    edit_json(run / "run.json", older)
    assert "its environment is" in differing(checked(world, run))["records"][0]

    (run / "run.json").unlink()
    assert "It holds no run" in differing(checked(world, run))["records"][0]


def test_a_file_that_cannot_be_read_is_looked_at_no_further(world: TinyWorld, run: Path) -> None:
    """What is wrong with its form is said as for any reader."""
    (run / "result.json").write_text("{}", encoding="utf-8")
    checks = checked(world, run)

    assert list(checks) == ["schema and protocol", "attestation"]
    assert "schema_version" in checks["schema and protocol"].differs[0]


REFERENCES = references_of(PICTOGRAM_V1, "public")


def counted(result: Result) -> Result:
    """The same with all that follows from its outcomes."""
    summary = summarise(row_data_of_result(result, PICTOGRAM_V1, REFERENCES))
    return result.model_copy(update={"cells": summary.cells, "score": summary.score})


@pytest.fixture(scope="module")
def whole() -> Result:
    """A full evaluation under the bundled protocol, with the references' base outcomes."""
    made = example_result(Example())
    assert REFERENCES.base is not None
    known = {one.key: one for one in REFERENCES.base.outcomes}
    base = tuple(known[one.key] for one in made.base_outcomes)
    return counted(made.model_copy(update={"base_outcomes": base}))


def found_in(result: Result, path: Path) -> dict[str, tuple[str, ...]]:
    """Everything that differs in a result's file."""
    write_result(path, result)
    return {check.name: check.differs for check in verify(path) if check.differs}


def test_a_dropped_probe_is_named(whole: Result, tmp_path: Path) -> None:
    """Even where all that follows from its absence was made to follow."""
    path = tmp_path / "result.json"
    rest = tuple(one for one in whole.outcomes if one.probe != "classifier_guidance")
    lacking = whole.model_copy(update={"outcomes": rest})
    found = found_in(lacking, path)
    (said,) = found["plan"]

    assert found_in(whole, path) == {}
    assert said.startswith("church, classifier_guidance, prompt 0, ")
    assert said.endswith(": it is missing")
    assert any(
        said.startswith("cells.0.probes is ") and "classifier_guidance" in said
        for said in found["scores and estimates"]
    )
    assert found_in(counted(lacking), path) == {"plan": found["plan"]}


def test_what_the_references_hold_cannot_be_said_otherwise(whole: Result, tmp_path: Path) -> None:
    """The base's outcomes, the digests, and what each probe is."""
    path = tmp_path / "result.json"
    first, *others = whole.base_outcomes
    worse = first.model_copy(update={"clip_mean": first.clip_mean - 5})
    changed = whole.model_copy(update={"base_outcomes": (worse, *others)})

    assert found_in(counted(changed), path) == {
        "references": (
            (
                f"the base on {described(first.key)}: clip_mean is {worse.clip_mean}, the "
                f"reference gives {first.clip_mean}"
            ),
        )
    }
    facts = [
        one.model_copy(update={"control": None}) if one.name == "noise" else one
        for one in whole.probes
    ]
    found = found_in(whole.model_copy(update={"probes": tuple(facts), "references": {}}), path)

    assert found["probes"] == ("probes, noise: control is None, not 'resampling'",)
    assert [said.partition(":")[0] for said in found["references"]] == [
        "references, base",
        "references, retrain",
    ]


def test_a_probe_s_summary_may_be_reworded(whole: Result, tmp_path: Path) -> None:
    """It is prose for tables: other words in the code refuse no result made before."""
    facts = tuple(one.model_copy(update={"summary": "In other words."}) for one in whole.probes)

    assert found_in(whole.model_copy(update={"probes": facts}), tmp_path / "result.json") == {}


@pytest.fixture
def _gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of this name that attests files called `made.json`, and no others."""
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\ncase "$*" in\n"attestation verify "*"/made.json --repo org/board") exit 0;;\n'
        "*) echo 'no attestations found' >&2; exit 1;;\nesac\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("_gh")
def test_gh_is_asked_who_made_a_file(tmp_path: Path) -> None:
    """Its answer is the check's; the form of the file is another question."""
    answers = {}
    for name in ("made.json", "forged.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
        *_, answers[name] = verify(tmp_path / name, repository="org/board")

    assert answers["made.json"] == Check("attestation")
    assert answers["forged.json"].differs == (
        "gh attestation verify --repo org/board: no attestations found",
    )


def test_without_gh_the_attestation_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no failure of the file."""
    monkeypatch.setenv("PATH", str(tmp_path))
    *_, attested = verify(tmp_path / "result.json", repository="org/board")

    assert attested.skipped == "gh is not installed on this machine"
