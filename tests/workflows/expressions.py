"""The part of GitHub's expressions that our workflows use.

https://docs.github.com/actions/reference/evaluate-expressions-in-workflows-and-actions: names with
dots, literals, `==`, `!=`, `&&`, `||` and `failure()`, which asks the context for `job.status`.
What is not there is null, and null is an empty text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_NAME = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]+)+")


def filled(text: str, context: Mapping[str, Any]) -> str:
    """A text with its expressions worked out."""
    return _EXPRESSION.sub(lambda match: _written(value_of(match[1], context)), text)


def value_of(expression: str, context: Mapping[str, Any]) -> Any:
    """The value of an expression.

    Raises:
        AssertionError: if it uses more of the language than is known here.
    """
    if " || " in expression:
        first, _, rest = expression.partition(" || ")
        return value_of(first, context) or value_of(rest, context)
    if " && " in expression:
        first, _, rest = expression.partition(" && ")
        return value_of(first, context) and value_of(rest, context)
    for sign in ("==", "!="):
        if f" {sign} " in expression:
            left, _, right = expression.partition(f" {sign} ")
            equal = _written(value_of(left, context)) == _written(value_of(right, context))
            return equal == (sign == "==")
    if expression == "failure()":
        return value_of("job.status == 'failure'", context)
    if re.fullmatch(r"'[^']*'", expression):
        return expression[1:-1]
    assert _NAME.fullmatch(expression), f"not known here: {expression}"
    found: Any = context
    for step in expression.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case _:
            return str(value)
