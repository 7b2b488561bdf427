"""Why a workflow step failed, extracted from its output."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from erasebench.errors.wording import one_line

_ERROR = re.compile(r"(?:^|[\r\n])error: ([^\r\n]*(?:\n  [^\r\n]*)*)")
"""An expected failure as commands print it; several faults are on indented lines.

A progress bar before it ends in a carriage return.
"""


def failure_reason(printed: str, folders: Iterable[PurePath] = ()) -> str:
    """The last expected failure in the output, in one printable line; empty if there is none.

    Args:
        printed: output of the step. It may contain text by others; the reason contains nothing that
            ends a line.
        folders: local folders, which are removed from the start of every path.
    """
    found = _ERROR.findall(printed)
    text = "; ".join(line.strip() for line in found[-1].split("\n")) if found else ""
    # The longest first: one may contain another.
    for folder in sorted(folders, key=lambda one: len(str(one)), reverse=True):
        text = _cut(text, folder)
    return one_line(text)


def _cut(text: str, folder: PurePath) -> str:
    """Removes a folder from paths inside it; of the folder itself the name stays."""
    found = rf"(?<![\w./-]){re.escape(str(folder))}(?:(/)|(?![\w.-]))"
    return re.sub(found, lambda match: "" if match[1] else folder.name, text)
