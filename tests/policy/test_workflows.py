"""No pull request can run code on a machine of ours, and no workflow may more than it must."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.policy.workflow_rules import Workflow, faults, parse, steps_of

PIN = "0" * 40

GOOD = f"""
on:
  push: {{branches: [main]}}
  workflow_dispatch:
permissions: {{}}
defaults: {{run: {{shell: bash}}}}
concurrency: {{group: x}}
jobs:
  evaluate:
    if: github.ref == 'refs/heads/main'
    runs-on: [self-hosted, a6000]
    environment: gpu
    timeout-minutes: 5
    permissions: {{contents: read}}
    steps:
      - uses: actions/checkout@{PIN} # v1
        with: {{persist-credentials: false}}
      - env: {{NAME: "${{{{ inputs.name }}}}"}}
        run: echo "$NAME"
"""
"""A job on a machine of ours as it must be; what is planted below is made of it."""


@pytest.fixture(scope="module")
def workflows(root: Path) -> list[Workflow]:
    """Those of the repository."""
    paths = sorted((root / ".github" / "workflows").iterdir())
    assert {path.suffix for path in paths} == {".yml"}
    return [parse(path.name, path.read_text(encoding="utf-8")) for path in paths]


def test_no_workflow_has_a_fault(workflows: list[Workflow]) -> None:
    """Every rule holds for every workflow."""
    assert faults(workflows) == []


def test_the_rules_see_the_jobs_that_they_are_for(workflows: list[Workflow]) -> None:
    """One job runs on our machine, three events of forks start nothing, and every kind is there."""
    ours = [
        (workflow.name, name)
        for workflow in workflows
        for name, job in workflow.jobs.items()
        if "self-hosted" in job.get("runs-on", "")
    ]

    assert ours == [("evaluate.yml", "evaluate")]
    assert [one.name for one in workflows if "pull_request" in one.events] == [
        "check.yml",
        "validate.yml",
    ]
    forbidden = {"pull_request_target", "issue_comment", "workflow_run"}
    assert not any(forbidden & one.events for one in workflows)


def test_the_secret_of_a_season_goes_to_one_step(workflows: list[Workflow]) -> None:
    """The one without a network: none that fetches, uploads or proposes can see it."""
    seeing = [
        (workflow.name, name, step["name"])
        for workflow in workflows
        for name, job in workflow.jobs.items()
        for step in steps_of(job)
        if "SEASON_SECRET" in str(step)
    ]
    everywhere = sum(str(workflow.content).count("SEASON_SECRET }}") for workflow in workflows)

    assert seeing == [("evaluate.yml", "evaluate", "Evaluate them without a network")]
    assert everywhere == 1


def test_a_good_workflow_has_no_fault() -> None:
    """So that each of the faults below is the one that was planted."""
    assert faults([parse("x.yml", GOOD)]) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  workflow_dispatch:", "  pull_request:", "pull_request reaches a machine of ours"),
        ("  workflow_dispatch:", "  pull_request_target:", "pull_request_target reaches"),
        ("  workflow_dispatch:", "  issue_comment:", "issue_comment reaches a machine"),
        ("  workflow_dispatch:", "  workflow_run: {workflows: [check]}", "workflow_run reaches"),
        ("  workflow_dispatch:", "  issues:", "issues reaches a machine of ours"),
        ("    environment: gpu\n", "", "no environment gpu"),
        ("environment: gpu", "environment: {name: docs}", "no environment gpu"),
        ("    if: github.ref == 'refs/heads/main'\n", "", "not only on main"),
        ("== 'refs/heads/main'", "!= ''", "not only on main"),
        (
            "persist-credentials: false}",
            'persist-credentials: false, ref: "${{ inputs.commit }}"}',
            "checks out something else",
        ),
        (
            "persist-credentials: false}",
            "persist-credentials: false, repository: a/fork}",
            "checks out something else",
        ),
        ('run: echo "$NAME"', "run: gh pr checkout 5", "fetches code that is not main's"),
        ('run: echo "$NAME"', "run: git fetch origin pull/5/head", "fetches code that is not"),
        ('run: echo "$NAME"', "run: git clone https://x.example/y", "fetches code that is not"),
        (f"actions/checkout@{PIN}", "./.github/actions/x", "runs an action out of the checkout"),
        (f"actions/checkout@{PIN}", "actions/checkout@v7", "actions/checkout@v7 is not pinned"),
        (f"actions/checkout@{PIN}", f"docker://x@{PIN}", "is not pinned"),
        ("permissions: {}\n", "permissions: {contents: write}\n", "at the top are not {}"),
        ("permissions: {}\n", "", "at the top are not {}"),
        ("    permissions: {contents: read}\n", "", "evaluate: no permissions"),
        ("    timeout-minutes: 5\n", "", "evaluate: no timeout"),
        ("    steps:\n", "    secrets: inherit\n    steps:\n", "evaluate: inherits secrets"),
        ("concurrency: {group: x}\n", "", "no concurrency"),
        ("persist-credentials: false", "persist-credentials: true", "keeps its credentials"),
        ("        with: {persist-credentials: false}\n", "", "keeps its credentials"),
        ('run: echo "$NAME"', "run: echo ${{ inputs.name }}", "an expression in run"),
        ("defaults: {run: {shell: bash}}\n", "", "no `shell: bash`"),
    ],
)
def test_a_planted_fault_is_found(old: str, new: str, told: str) -> None:
    """Each rule finds what it is for."""
    assert old in GOOD
    found = faults([parse("x.yml", GOOD.replace(old, new, 1))])

    assert any(told in fault for fault in found), found


@pytest.mark.parametrize(
    "runner",
    ["self-hosted", "a6000", "[ubuntu-24.04, gpu]", "{group: ours}", '"${{ inputs.on }}"'],
)
def test_a_runner_that_is_not_githubs_counts_as_ours(runner: str) -> None:
    """Whatever it is called, and also where only a run would tell."""
    text = GOOD.replace("[self-hosted, a6000]", runner).replace("workflow_dispatch", "pull_request")

    assert any("reaches a machine of ours" in fault for fault in faults([parse("x.yml", text)]))


def test_a_workflow_is_reached_through_those_that_call_it() -> None:
    """A job that an event of a fork starts in two steps is found as well."""
    inner = parse("inner.yml", GOOD.replace("workflow_dispatch", "workflow_call"))
    call = GOOD[: GOOD.index("  evaluate:")]
    job = "  call:\n    permissions: {}\n    uses: ./.github/workflows/inner.yml\n"
    middle = parse("middle.yml", call.replace("workflow_dispatch", "workflow_call") + job)
    text = call.replace("workflow_dispatch", "pull_request") + job.replace("inner", "middle")

    assert faults([inner, middle]) == []
    assert faults([inner, middle, parse("outer.yml", text)]) == [
        "inner.yml: evaluate: pull_request reaches a machine of ours, and a fork brings it about"
    ]


def test_every_version_is_told_beside_its_commit(root: Path) -> None:
    """A commit says nothing to a reader, and Dependabot brings both up to date."""
    for path in (root / ".github" / "workflows").iterdir():
        for line in path.read_text(encoding="utf-8").splitlines():
            if "uses:" in line and "@" in line:
                assert re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_what_others_wrote_is_no_command(workflows: list[Workflow]) -> None:
    """A step that prints out of a submission has switched the runner's commands off before."""
    verbs = (
        "github manifest",
        "github reason",
        "validate",
        "fetch",
        "evaluate",
        "verify",
        "board add",
    )
    printing = [
        step["run"]
        for workflow in workflows
        if workflow.name != "release.yml"  # it evaluates what it has made itself
        for job in workflow.jobs.values()
        for step in steps_of(job)
        if any(f".venv/bin/erasebench {verb}" in step.get("run", "") for verb in verbs)
    ]

    assert len(printing) == 14
    for script in printing:
        assert 0 <= script.find("::stop-commands::") < script.find(".venv/bin/erasebench")


def test_shell_is_sound(workflows: list[Workflow], tmp_path: Path) -> None:
    """ShellCheck finds nothing in any script."""
    scripts = []
    for workflow in workflows:
        for job_name, job in workflow.jobs.items():
            for number, step in enumerate(steps_of(job)):
                if "run" in step:
                    path = tmp_path / f"{workflow.name}-{job_name}-{number}"
                    path.write_text(step["run"], encoding="utf-8")
                    scripts.append(path)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    finished = subprocess.run(
        ["shellcheck", "--shell=bash", *scripts],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert scripts
    assert finished.stdout + finished.stderr == ""
