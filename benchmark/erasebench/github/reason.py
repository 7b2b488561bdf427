"""Why a step of a workflow failed, out of what it printed."""

from __future__ import annotations

import re

LONGEST = 500
"""Letters of a reason."""

_ERROR = re.compile(r"(?:^|[\r\n])error: ([^\r\n]*)")
"""As every command tells an expected failure; a progress bar before it ends in a return."""


def reason_among(printed: str) -> str:
    """The last expected failure that was told, in one printable line; empty where there is none.

    It may repeat what others wrote, so it holds nothing that ends a line anywhere.
    """
    found = _ERROR.findall(printed)
    text = "".join(one if one.isprintable() else " " for one in (found[-1] if found else ""))
    words = " ".join(text.split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
