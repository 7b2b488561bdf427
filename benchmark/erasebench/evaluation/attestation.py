"""Who made a file, as GitHub attests it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

GH = "gh"
"""GitHub's own command line, which knows how an attestation is checked."""

_SECONDS = 120
"""After which a question to GitHub has failed."""


def attestation_problem(path: Path, repository: str) -> str | None:
    """What is wrong with a file's attestation; None where it is attested.

    Args:
        path: the file.
        repository: whose workflow must have made it: owner/name.
    """
    words = [GH, "attestation", "verify", str(path), "--repo", repository]
    try:
        # Words are passed as they are, never through a shell; which `gh` is the user's choice.
        asked = subprocess.run(  # noqa: S603
            words, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"gh did not answer in {_SECONDS} s"
    if asked.returncode == 0:
        return None
    said = " ".join((asked.stderr or asked.stdout).split())
    return f"gh attestation verify --repo {repository}: {said or f'exit {asked.returncode}'}"


def gh_is_there() -> bool:
    """Whether attestations can be checked on this machine."""
    return shutil.which(GH) is not None
