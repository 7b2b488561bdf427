"""What every workflow must be, and what may reach a machine of ours.

Read as GitHub reads them; where it could be read in two ways, the worse one is taken: a runner
whose label is not one of GitHub's own counts as ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

HOSTED = frozenset({"ubuntu-24.04", "ubuntu-24.04-arm"})
"""Machines of GitHub's that our workflows may name: pinned images, thrown away after a job."""

FORKS_REACH = frozenset({"pull_request", "pull_request_target", "issue_comment", "workflow_run"})
"""Events that somebody without a right to write can bring about."""

OURS = frozenset({"push", "workflow_dispatch", "workflow_call"})
"""Events that may reach a machine of ours: only who can write to main brings them about."""

ON_MAIN = "github.ref == 'refs/heads/main'"
"""Without it, whoever may make a branch could have the branch's code run."""

GPU = "gpu"
"""The environment whose reviewers approve each job."""

_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_FETCHES_OTHERS = re.compile(
    r"refs/pull|pull/\S*/(?:head|merge)|gh pr checkout|git (?:fetch|pull|clone)"
)


@dataclass(frozen=True)
class Workflow:
    """A workflow.

    Attributes:
        name: of its file.
        content: as YAML has it.
    """

    name: str
    content: Mapping[Any, Any]

    @property
    def events(self) -> frozenset[str]:
        """What starts it."""
        # YAML 1.1 takes the word `on` for true.
        told = self.content.get("on", self.content.get(True))
        return frozenset([told] if isinstance(told, str) else told)

    @property
    def jobs(self) -> Mapping[str, Mapping[str, Any]]:
        """Its jobs by name."""
        return dict(self.content["jobs"])


def parse(name: str, text: str) -> Workflow:
    """A workflow out of its file."""
    return Workflow(name, yaml.safe_load(text))


def faults(workflows: list[Workflow]) -> list[str]:
    """All that is wrong with some workflows, which may call one another; a line each."""
    return [
        f"{workflow.name}: {fault}"
        for workflow in workflows
        for fault in (*_of_all(workflow), *_of_ours(workflow, _events(workflow, workflows)))
    ]


def steps_of(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A job's steps; none where it calls a workflow."""
    return list(job.get("steps", ()))


def _of_all(workflow: Workflow) -> Iterator[str]:
    """What holds for every workflow, whatever it runs on."""
    if workflow.content.get("permissions") != {}:
        yield "permissions at the top are not {}"
    if "concurrency" not in workflow.content:
        yield "no concurrency"
    if workflow.content.get("defaults", {}).get("run", {}).get("shell") != "bash":
        yield "no `shell: bash` at the top: a failure before a pipe would pass"
    for name, job in workflow.jobs.items():
        yield from (f"{name}: {fault}" for fault in _of_job(job))


def _of_job(job: Mapping[str, Any]) -> Iterator[str]:
    if "permissions" not in job:
        yield "no permissions"
    if job.get("secrets") == "inherit":
        yield "inherits secrets: each must be handed over by name"
    if "uses" in job:
        if not str(job["uses"]).startswith("./") and not _PINNED.fullmatch(job["uses"]):
            yield f"{job['uses']} is not pinned"
        return
    if "timeout-minutes" not in job:
        yield "no timeout"
    for step in steps_of(job):
        yield from _of_step(step)


def _of_step(step: Mapping[str, Any]) -> Iterator[str]:
    if "${{" in str(step.get("run", "")):
        yield "an expression in run: a name that somebody chose would be read as shell"
    uses = step.get("uses")
    if uses is None:
        return
    if not _PINNED.fullmatch(uses):
        yield f"{uses} is not pinned"
    keeps = step.get("with", {}).get("persist-credentials") is not False
    if uses.startswith("actions/checkout@") and keeps:
        yield "checkout keeps its credentials"


def _of_ours(workflow: Workflow, events: frozenset[str]) -> Iterator[str]:
    """What holds for jobs on machines of ours."""
    for name, job in workflow.jobs.items():
        if not _is_ours(job):
            continue
        for event in sorted(events - OURS):
            whom = "a fork" if event in FORKS_REACH else "not only a maintainer"
            yield f"{name}: {event} reaches a machine of ours, and {whom} brings it about"
        environment = job.get("environment")
        if (environment.get("name") if isinstance(environment, dict) else environment) != GPU:
            yield f"{name}: no environment {GPU}: nobody approves it"
        if job.get("if") != ON_MAIN:
            yield f"{name}: not only on main"
        for step in steps_of(job):
            yield from (f"{name}: {fault}" for fault in _of_our_step(step))


def _of_our_step(step: Mapping[str, Any]) -> Iterator[str]:
    uses, given = str(step.get("uses", "")), step.get("with", {})
    if "/checkout@" in uses and not {"ref", "repository"}.isdisjoint(given):
        yield "checks out something else than the commit of main that started it"
    if uses.startswith("./"):
        yield "runs an action out of the checkout"
    if _FETCHES_OTHERS.search(str(step.get("run", ""))):
        yield "fetches code that is not main's"


def _is_ours(job: Mapping[str, Any]) -> bool:
    """Whether a job runs, or may run, on a machine that is not GitHub's."""
    told = job.get("runs-on")
    if told is None:
        return False
    labels = [told] if isinstance(told, str) else told
    return isinstance(told, dict) or not HOSTED.issuperset(labels)


def _events(workflow: Workflow, workflows: list[Workflow]) -> frozenset[str]:
    """What starts a workflow, directly or through those that call it."""
    found: frozenset[str] = frozenset()
    waiting, seen = [workflow], {workflow.name}
    while waiting:
        one = waiting.pop()
        found |= one.events
        for caller in workflows:
            if caller.name not in seen and any(
                str(job.get("uses", "")).endswith(f"/{one.name}") for job in caller.jobs.values()
            ):
                seen.add(caller.name)
                waiting.append(caller)
    return found
