"""Text allowed in a manifest: plain, without special meaning to a shell, a page or a path.

Text by others is printed, rendered into pages and used in paths. So anything but a plain name is
rejected, instead of escaped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from erasebench.errors import quoted


@dataclass(frozen=True)
class TextPattern:
    """A kind of text; as an annotation of a pydantic field it allows only this kind.

    Attributes:
        pattern: regular expression for the whole text; valid in Python and in JSON Schema.
        most: maximum number of characters.
        words: description of what is allowed, to follow "must be".
    """

    pattern: str
    most: int
    words: str

    def check(self, text: str) -> str:
        """Returns the text.

        Raises:
            ValueError: if it is not of this kind; says what was found and what is allowed.
        """
        if not self.matches(text):
            raise ValueError(f"found {quoted(text)}; it must be {self.words}")
        return text

    def matches(self, text: str) -> bool:
        """Whether a text is of this kind."""
        return len(text) <= self.most and re.fullmatch(self.pattern, text) is not None

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Pydantic's hook: the check follows that of the type."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Pydantic's hook: the same in JSON Schema."""
        return {"type": "string", "pattern": f"^(?:{self.pattern})$", "maxLength": self.most}


_WORD = r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*"
SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9._+=-]*"
"""A name between the slashes of a path."""

TITLE = TextPattern(
    r"[A-Za-z0-9][A-Za-z0-9 .,:;+()/_-]*",
    80,
    "up to 80 plain characters: letters, digits, spaces and .,:;+()/_-, with a letter or digit "
    "first",
)
PROSE = TextPattern(TITLE.pattern, 300, TITLE.words.replace("80", "300"))
LICENCE = TextPattern(
    r"[A-Za-z0-9][A-Za-z0-9.+ ()-]*", 64, "an SPDX licence identifier, e.g. MIT or CC-BY-4.0"
)
URL = TextPattern(
    r"https://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/[A-Za-z0-9._~%/?=#+:@-]*)?",
    200,
    "a plain address that starts with https://",
)
CONTACT = TextPattern(
    rf"@[A-Za-z0-9][A-Za-z0-9-]*|[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|{URL.pattern}",
    200,
    "a GitHub name (@name), an e-mail address, or an address that starts with https://",
)
REPOSITORY = TextPattern(
    f"{_WORD}/{_WORD}",
    96,
    "a repository on the Hub, organisation/name: letters, digits and _, with single . or - between",
)
COMMIT = TextPattern(r"[0-9a-f]{40}", 40, "a commit: 40 digits from 0 to 9 and a to f")
REVISION = TextPattern(
    rf"refs/pr/[0-9]+|{SEGMENT}", 100, "a commit, a branch, a tag, or refs/pr/ and a number"
)
SHA256 = TextPattern(r"[0-9a-f]{64}", 64, "a SHA-256: 64 digits from 0 to 9 and a to f")
PLACE = TextPattern(
    rf"{SEGMENT}(?:/{SEGMENT}){{0,7}}",
    200,
    "a path in the repository: names of letters, digits and ._+=- that do not start with a dot, "
    "separated by /",
)
WEIGHTS = TextPattern(
    rf"(?:{SEGMENT}/){{0,7}}(?:{SEGMENT}\.safetensors(?:\.index\.json)?|adapter_config\.json)",
    200,
    "a path in the repository that ends with .safetensors, .safetensors.index.json or "
    "adapter_config.json: names of letters, digits and ._+=- that do not start with a dot, "
    "separated by /",
)

UNPINNED = "unpinned"
"""The revision of a checkpoint whose commit and files are not looked up yet."""

Title = Annotated[str, TITLE]
Prose = Annotated[str, PROSE]
Licence = Annotated[str, LICENCE]
Url = Annotated[str, URL]
Contact = Annotated[str, CONTACT]
Repository = Annotated[str, REPOSITORY]
CommitOrUnpinned = Annotated[
    str, TextPattern(f"{COMMIT.pattern}|{UNPINNED}", 40, f"{COMMIT.words}, or {UNPINNED}")
]
Sha256 = Annotated[str, SHA256]
Place = Annotated[str, PLACE]
Weights = Annotated[str, WEIGHTS]
