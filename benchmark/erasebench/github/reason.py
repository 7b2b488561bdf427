"""Why a step of a workflow failed, out of what it printed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from erasebench.errors.wording import one_line

_ERROR = re.compile(r"(?:^|[\r\n])error: ([^\r\n]*(?:\n  [^\r\n]*)*)")
"""As every command tells an expected failure: of several faults, each has an indented line.

A progress bar before it ends in a return.
"""


def reason_among(printed: str, folders: Iterable[PurePath] = ()) -> str:
    """The last expected failure that was told, in one printable line; empty where there is none.

    Args:
        printed: what the step printed. It may repeat what others wrote; the reason holds nothing
            that ends a line anywhere.
        folders: those of the machine, which tell a reader nothing and are cut off every path.
    """
    found = _ERROR.findall(printed)
    text = "; ".join(line.strip() for line in found[-1].split("\n")) if found else ""
    # The longest first: one may lie in another.
    for folder in sorted(folders, key=lambda one: len(str(one)), reverse=True):
        text = _cut(text, folder)
    return one_line(text)


def _cut(text: str, folder: PurePath) -> str:
    """A text without a folder before what lies in it; of the folder itself its name stays."""
    found = rf"(?<![\w./-]){re.escape(str(folder))}(?:(/)|(?![\w.-]))"
    return re.sub(found, lambda match: "" if match[1] else folder.name, text)
