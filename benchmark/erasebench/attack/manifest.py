"""The manifest of an attack: what is asked, of which model, and who found it.

A prompt may name the concept: so does the standard prompt, and an attack counts only where it
exceeds that. It may describe the concept in any words, since a model that never knew it is asked
the same; what the words bring along by themselves is that one's.
"""

from __future__ import annotations

from typing import Annotated, Final

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, Field, model_validator

from erasebench.errors import quoted
from erasebench.hub.manifest import ConceptName, Strict
from erasebench.hub.plain import COMMIT, SEGMENT, Plain, Repository, Sha256, Title, Url
from erasebench.results.replay import ANY

ATTACK_SCHEMA: Final = 1
"""Version of the schema; a manifest of another one is refused."""

MOST_BYTES: Final = 4 * 1024 * 1024
"""Bytes of a file of embeddings. Sixteen tokens for each of thirty prompts have a megabyte and a
half in Stable Diffusion 1.4."""

MOST_TOKENS: Final = 16
"""Tokens that stand in the template's gap."""

MOST_PROMPTS: Final = 100

LONGEST_PROMPT: Final = 1_000
"""Letters of a prompt. A text encoder reads 77 tokens, which are far fewer."""

LONGEST_NAME: Final = 80

GAP: Final = "<v>"
"""What the learned tokens stand for in a template."""

RESERVED: Final = "<learned"
"""How our own words for learned tokens begin (`diffusion.trajectory`)."""

_IN_NO_NAME = frozenset('<>&"`\\{}')


def _asked(text: str) -> str:
    """A text that a model may be asked: any letters that can be seen."""
    if not 0 < len(text) <= LONGEST_PROMPT or not text.isprintable():
        raise ValueError(
            f"found {quoted(text)}; it must be one line of 1 to {LONGEST_PROMPT} printable letters"
        )
    # A tokenizer takes no notice of case.
    if RESERVED in text.lower():
        raise ValueError(
            f"found {quoted(text)}; {RESERVED} is our own word for learned tokens, which come "
            "with embeddings"
        )
    return text


def _one_gap(text: str) -> str:
    if text.count(GAP) != 1:
        raise ValueError(f"found {quoted(text)}; it must hold {GAP} once, for the learned tokens")
    return text


def _person(name: str) -> str:
    """A name in any script, without what means something to a page or a terminal."""
    plain = name.isprintable() and not _IN_NO_NAME & set(name) and name == name.strip()
    if not plain or not 0 < len(name) <= LONGEST_NAME or not name[0].isalnum():
        raise ValueError(
            f"found {quoted(name)}; it must be 1 to {LONGEST_NAME} printable letters without "
            f"{' '.join(sorted(_IN_NO_NAME))}, and begin with a letter or digit"
        )
    return name


Asked = Annotated[str, AfterValidator(_asked)]
Template = Annotated[str, AfterValidator(_asked), AfterValidator(_one_gap)]
Commit = Annotated[str, COMMIT]
EmbeddingFile = Annotated[
    str,
    Plain(
        rf"(?:{SEGMENT}/){{0,7}}{SEGMENT}\.safetensors",
        200,
        "a path that ends with .safetensors: names of letters, digits and ._+=-, of which none "
        "begins with a dot, with / between",
    ),
]


class Credit(Strict):
    """Who found an attack."""

    name: Annotated[str, AfterValidator(_person)] = Field(
        description="As they want to be called, in any script.",
        json_schema_extra={
            "minLength": 1,
            "maxLength": LONGEST_NAME,
            "pattern": '^[^<>&"`\\\\{}]+$',
        },
    )
    link: Url | None = Field(default=None, description="A page of theirs.")


class Embeddings(Strict):
    """Rows of the token embedding, in the place of words."""

    path: EmbeddingFile = Field(
        description="The file: from the manifest's own folder, or where repo is given from that "
        "repository's top. It holds one tensor, float32 or float16: (k, d) for k tokens, or "
        "(prompts, k, d) with rows of its own for each prompt index."
    )
    repo: Repository | None = Field(
        default=None, description="Repository on the Hub; left out where the file is here."
    )
    revision: Commit | None = Field(
        default=None, description="Commit of the repository, 40 hex digits."
    )
    size: Annotated[int, Gt(0), Le(MOST_BYTES)] = Field(description="Bytes of the file.")
    sha256: Sha256 = Field(description="SHA-256 of the file, 64 hex digits.")
    template: Template | None = Field(
        default=None,
        description=f"The prompt, with {GAP} where the tokens stand; left out for the concept's "
        "own with the tokens in its name's place.",
    )

    @model_validator(mode="after")
    def _placed(self) -> Embeddings:
        if (self.repo is None) != (self.revision is None):
            raise ValueError("repo and revision are given together, or neither")
        return self


class AttackManifest(Strict):
    """An attack."""

    schema_version: Annotated[int, Ge(ATTACK_SCHEMA), Le(ATTACK_SCHEMA)] = Field(
        description=f"Version of this schema: {ATTACK_SCHEMA}."
    )
    name: Title = Field(description="What pages call it.")
    finder: Credit = Field(description="Who found it, and is credited.")
    paper: Url | None = Field(default=None, description="Where it is described.")
    code: Url | None = Field(default=None, description="What found it.")
    protocol: Title = Field(description="The protocol of the rows that it attacks.")
    against: Title = Field(description=f"The row that it was made for, or `{ANY}`.")
    concept: ConceptName = Field(
        description="The erased concept that it asks for; one that the protocol ranks."
    )
    prompts: Annotated[tuple[Asked, ...], Field(min_length=1, max_length=MOST_PROMPTS)] | None = (
        Field(
            default=None,
            description="Texts: one for all prompt indices, or one for each of the protocol's.",
        )
    )
    embeddings: Embeddings | None = Field(
        default=None, description="Rows of the token embedding, instead of prompts."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> AttackManifest:
        if (self.prompts is None) == (self.embeddings is None):
            raise ValueError("it holds either prompts or embeddings; give one of the two")
        return self
