"""Runs a job's steps as a runner does: the shell of each `run:`, in order, in a fresh checkout.

Actions of others are not run; for each that our workflows use, what it leaves behind is done here.
An action that is not known is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.github.git_repository import Repository
from tests.workflows.expressions import filled, value_of

RUN_ID = "7001"

_KEPT = ("PATH", "LANG", "OMP_NUM_THREADS", "TMPDIR")
"""What a step takes over from this machine."""


class StepFailedError(AssertionError):
    """A step that ended with an error.

    Attributes:
        name: of the step.
        output: stdout and stderr.
        page: what the job has left on the page of its run.
        outputs: of the job, which those that come after it see.
    """

    def __init__(self, name: str, output: str, page: str, outputs: dict[str, str]) -> None:
        """Shows the step and what it printed."""
        super().__init__(f"{name}\n{output}")
        self.name = name
        self.output = output
        self.page = page
        self.outputs = outputs


@dataclass
class Runner:
    """Where jobs run.

    Attributes:
        repository: what is checked out.
        folder: holds checkouts and artifacts.
        environment: of every step, as the machine sets it.
        artifacts: folders by name; machines share them.
        attested: files for which a signature was asked.
        output: stdout and stderr of the last job, by step.
    """

    repository: Repository
    folder: Path
    environment: dict[str, str]
    artifacts: dict[str, Path] = field(default_factory=dict)
    attested: list[str] = field(default_factory=list)
    output: dict[str, str] = field(default_factory=dict)
    _jobs: int = 0

    def run(self, workflow: str, job: str, context: Mapping[str, Any]) -> dict[str, str]:
        """Runs a job of a workflow; its outputs.

        Args:
            workflow: name of its file, on main.
            job: name of the job.
            context: `github`, `inputs`, `needs` and `secrets`, as expressions see them.

        Raises:
            StepFailedError: if a step ends with an error; of the steps after it those are run that
                ask for a failure.
        """
        content = self._job(workflow, job, context)
        self._jobs += 1
        place = self.folder / f"job-{self._jobs}"
        self.output = {}
        steps: dict[str, Any] = {}
        failed = ""
        for number, step in enumerate(content["steps"]):
            name = str(step.get("name", step.get("uses", number)))
            status = "failure" if failed else "success"
            context = {**context, "steps": steps, "job": {"status": status}}
            condition = str(step.get("if", "'yes'"))
            if (failed and "failure()" not in condition) or not value_of(condition, context):
                continue
            if "uses" in step:
                given = {
                    key: filled(value, context) if isinstance(value, str) else value
                    for key, value in step.get("with", {}).items()
                }
                self._act(step["uses"].partition("@")[0], given, place, context)
                continue
            environment = {
                key: filled(str(value), context) for key, value in step.get("env", {}).items()
            }
            done, outputs = self._execute(name, step["run"], environment, place)
            if not done:
                assert not failed, f"{name}, after {failed}:\n{self.output[name]}"
                failed = name
            if "id" in step:
                steps[step["id"]] = {"outputs": outputs}
        told = {key: filled(value, context) for key, value in content.get("outputs", {}).items()}
        if failed:
            page = _own(place) / "page.md"
            raise StepFailedError(failed, self.output[failed], page.read_text("utf-8"), told)
        return told

    def calls(self, workflow: str, job: str, context: Mapping[str, Any]) -> dict[str, str]:
        """What a job that calls another workflow hands over to it; nothing is run.

        Args:
            workflow: name of its file, on main.
            job: name of the job.
            context: see `run`; `job.status` is that of the jobs that it waits for.
        """
        given = self._job(workflow, job, context).get("with", {})
        return {key: filled(str(value), context) for key, value in given.items()}

    def _job(self, workflow: str, job: str, context: Mapping[str, Any]) -> Mapping[str, Any]:
        """A job as its file has it; it is one that is run."""
        text = self.repository.raw("cat-file", "blob", f"main:.github/workflows/{workflow}")
        content: Mapping[str, Any] = yaml.safe_load(text)["jobs"][job]
        assert value_of(content.get("if", "'yes'"), context), f"{job} is not run"
        return content

    def _execute(
        self, name: str, script: str, environment: Mapping[str, str], place: Path
    ) -> tuple[bool, dict[str, str]]:
        """The shell of a step; whether it came to its end, and its outputs."""
        own = _own(place)
        own.mkdir(exist_ok=True)
        (own / "script.sh").write_text(script, encoding="utf-8")
        outputs, page = own / "outputs", own / "page.md"
        outputs.write_text("", encoding="utf-8")
        page.touch()
        kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
        finished = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(own / "script.sh")],
            cwd=place,
            env=kept
            | self.environment
            | {
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_OUTPUT": str(outputs),
                "GITHUB_STEP_SUMMARY": str(page),
                "GITHUB_RUN_ID": RUN_ID,
                "GITHUB_SERVER_URL": "https://github.com",
            }
            | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.output[name] = finished.stdout
        lines = outputs.read_text(encoding="utf-8").splitlines()
        return finished.returncode == 0, dict(line.split("=", 1) for line in lines)

    def _act(
        self, action: str, given: Mapping[str, Any], place: Path, context: Mapping[str, Any]
    ) -> None:
        """What an action of others leaves behind."""
        match action:
            case "actions/checkout":
                assert given["persist-credentials"] is False
                self._check_out(given.get("ref", context["github"]["sha"]), place)
            case "actions/setup-python":
                assert given["python-version"] == "3.11"
            case "actions/upload-artifact":
                self._upload(given["name"], given["path"].split("\n"), place)
            case "actions/download-artifact":
                shutil.copytree(self.artifacts[given["name"]], place / given["path"])
            case "actions/attest-build-provenance":
                assert (place / given["subject-path"]).is_file()
                self.attested.append(given["subject-path"])
            case "actions/upload-pages-artifact":
                self._upload("github-pages", [given["path"]], place)
            case _:
                raise AssertionError(f"not known here: {action}")

    def _check_out(self, ref: str, place: Path) -> None:
        """A checkout, and an environment in which its package is installed."""
        self.repository.git("clone", "--quiet", "--no-checkout", ".", str(place))
        Repository(place).git("checkout", "--quiet", ref)
        # What `make env` makes, with the packages that these tests run with. Its stamp is younger
        # than what it is made from, so that `make` finds nothing to do.
        commands = place / ".venv" / "bin"
        commands.mkdir(parents=True)
        command = commands / "erasebench"
        path = f'PYTHONPATH="{place}/benchmark"'
        command.write_text(f'#!/bin/sh\n{path} exec "{sys.executable}" -m erasebench "$@"\n')
        command.chmod(0o755)
        (place / ".venv" / ".test").touch()

    def _upload(self, name: str, paths: list[str], place: Path) -> None:
        (path,) = [path for path in paths if path and not path.startswith("!")]
        without = [path.rpartition("/")[2] for path in paths if path.startswith("!")]
        target = self.folder / "artifacts" / f"{name}-{self._jobs}"
        shutil.copytree(place / path, target, ignore=shutil.ignore_patterns(*without))
        assert any(target.iterdir())
        self.artifacts[name] = target


def _own(place: Path) -> Path:
    """What the machine keeps of a job, apart from its checkout."""
    return place.with_name(f"{place.name}-runner")
