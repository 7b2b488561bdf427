"""What must start at once: help, lists and everything that only reads results."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("datasets", "diffusers", "torch", "transformers")
"""Libraries that take seconds to import."""

LIGHT_COMMANDS = (
    ("--help",),
    ("--version",),
    ("list", "protocols"),
    ("list", "probes"),
    ("list", "methods"),
    ("list", "concepts"),
    ("evaluate", "--help"),
    ("erase", "--help"),
    ("trace", "--help"),
    ("classifier", "--help"),
    ("classifier", "train", "--help"),
    ("reference", "--help"),
    ("reference", "make", "weight_noise", "--help"),
    ("pin", "--help"),
    ("validate", "--help"),
    ("fetch", "--help"),
    ("verify", "--help"),
    ("table", "--help"),
    ("board", "add", "--help"),
    ("site", "--help"),
    ("github", "--help"),
    ("github", "manifest", "--help"),
    ("pictogram", "--help"),
)

LIGHT_PACKAGES = (
    "board",
    "github",
    "hub",
    "stats",
    "results",
    "probes.registry",
    "methods.registry",
)


@pytest.mark.parametrize("arguments", LIGHT_COMMANDS, ids=" ".join)
def test_command_loads_no_model_library(arguments: tuple[str, ...]) -> None:
    """Nobody waits seconds for a list or a page of help."""
    script = f"""
from erasebench.cli.main import main
assert not main({list(arguments)!r}, standalone_mode=False)
"""
    assert _loaded_by(script) == []


@pytest.mark.parametrize("package", LIGHT_PACKAGES)
def test_package_loads_no_model_library(package: str) -> None:
    """Results are read, ranked and rendered where no model could run."""
    script = f"""
import importlib, pkgutil
package = importlib.import_module("erasebench.{package}")
for module in pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + "."):
    importlib.import_module(module.name)
"""
    assert _loaded_by(script) == []


def _loaded_by(script: str) -> list[str]:
    """The heavy libraries that a script loads in a fresh interpreter."""
    report = f"""
import sys
print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""
    finished = subprocess.run(
        [sys.executable, "-c", script + report], capture_output=True, text=True, check=True
    )
    return finished.stderr.split()
