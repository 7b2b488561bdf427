"""The manifest of an attack: prompts or embeddings, target and finder.

A prompt may name the concept: so does the standard prompt, and an attack counts only if it exceeds
that. A prompt may also describe the concept, since the same prompt is run on the retrained model;
what the words alone achieve is part of the floor.
"""

from __future__ import annotations

from typing import Annotated, Final

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, Field, model_validator

from erasebench.attack.replay_result import ANY
from erasebench.errors import quoted
from erasebench.frozen_model import FrozenModel
from erasebench.manifest.manifest import ConceptName
from erasebench.manifest.patterns import (
    COMMIT,
    SEGMENT,
    Repository,
    Sha256,
    TextPattern,
    Title,
    Url,
)

ATTACK_SCHEMA: Final = 1
"""Version of the schema; manifests of other versions are rejected."""

MOST_BYTES: Final = 4 * 1024 * 1024
"""Maximum bytes of an embedding file. Sixteen tokens for each of thirty prompts take 1.5 MB in
Stable Diffusion 1.4."""

MOST_TOKENS: Final = 16
"""Maximum number of tokens in the template's gap."""

MOST_PROMPTS: Final = 100

LONGEST_PROMPT: Final = 1_000
"""Maximum characters of a prompt; a text encoder reads only 77 tokens."""

LONGEST_NAME: Final = 80

GAP: Final = "<v>"
"""Placeholder of the learned tokens in a template."""

RESERVED: Final = "<learned"
"""Prefix of the internal names of learned tokens (`diffusion.trajectory`)."""

_IN_NO_NAME = frozenset('<>&"`\\{}')


def _asked(text: str) -> str:
    """Checks a prompt: one line of printable characters."""
    if not 0 < len(text) <= LONGEST_PROMPT or not text.isprintable():
        raise ValueError(
            f"found {quoted(text)}; it must be one line of 1 to {LONGEST_PROMPT} printable "
            "characters"
        )
    # Tokenizers ignore case.
    if RESERVED in text.lower():
        raise ValueError(
            f"found {quoted(text)}; {RESERVED} is reserved for learned tokens; submit those as "
            "embeddings"
        )
    return text


def _one_gap(text: str) -> str:
    if text.count(GAP) != 1:
        raise ValueError(f"found {quoted(text)}; it must hold {GAP} once, for the learned tokens")
    return text


def _person(name: str) -> str:
    """Checks a name: any script, no characters with special meaning in HTML or a terminal."""
    plain = name.isprintable() and not _IN_NO_NAME & set(name) and name == name.strip()
    if not plain or not 0 < len(name) <= LONGEST_NAME or not name[0].isalnum():
        raise ValueError(
            f"found {quoted(name)}; it must be 1 to {LONGEST_NAME} printable characters without "
            f"{' '.join(sorted(_IN_NO_NAME))}, and start with a letter or digit"
        )
    return name


Asked = Annotated[str, AfterValidator(_asked)]
Prompts = Annotated[tuple[Asked, ...], Field(min_length=1, max_length=MOST_PROMPTS)]
Template = Annotated[str, AfterValidator(_asked), AfterValidator(_one_gap)]
Commit = Annotated[str, COMMIT]
EmbeddingFile = Annotated[
    str,
    TextPattern(
        rf"(?:{SEGMENT}/){{0,7}}{SEGMENT}\.safetensors",
        200,
        "a path that ends with .safetensors: names of letters, digits and ._+=- that do not start "
        "with a dot, separated by /",
    ),
]


class Credit(FrozenModel):
    """The finder of an attack."""

    name: Annotated[str, AfterValidator(_person)] = Field(
        description="Name to credit, in any script.",
        json_schema_extra={
            "minLength": 1,
            "maxLength": LONGEST_NAME,
            "pattern": '^[^<>&"`\\\\{}]+$',
        },
    )
    link: Url | None = Field(default=None, description="Page of the finder.")


class Embeddings(FrozenModel):
    """Token embeddings instead of words."""

    path: EmbeddingFile = Field(
        description="Path of the file, from the manifest's folder or, with repo, from the top of "
        "that repository. It contains one tensor, float32 or float16: (k, d) for k tokens, or "
        "(prompts, k, d) with separate tokens for each prompt index."
    )
    repo: Repository | None = Field(
        default=None, description="Repository on the Hub; left out for a local file."
    )
    revision: Commit | None = Field(
        default=None, description="Commit of the repository, 40 hex digits."
    )
    size: Annotated[int, Gt(0), Le(MOST_BYTES)] = Field(description="Bytes of the file.")
    sha256: Sha256 = Field(description="SHA-256 of the file, 64 hex digits.")
    template: Template | None = Field(
        default=None,
        description=f"The prompt, with {GAP} in place of the tokens; left out for the standard "
        "prompt with the tokens in place of the concept's name.",
    )

    @model_validator(mode="after")
    def _placed(self) -> Embeddings:
        if (self.repo is None) != (self.revision is None):
            raise ValueError("give both repo and revision, or neither")
        return self


class AttackManifest(FrozenModel):
    """An attack."""

    schema_version: Annotated[int, Ge(ATTACK_SCHEMA), Le(ATTACK_SCHEMA)] = Field(
        description=f"Version of this schema: {ATTACK_SCHEMA}."
    )
    name: Title = Field(description="Name shown on pages.")
    finder: Credit = Field(description="The finder, who is credited.")
    paper: Url | None = Field(default=None, description="Paper about the attack.")
    code: Url | None = Field(default=None, description="Code of the attack.")
    protocol: Title = Field(description="Protocol of the attacked entries.")
    against: Title = Field(description=f"The entry that it was made for, or `{ANY}`.")
    concept: ConceptName = Field(
        description="The erased concept to recover; must be ranked under the protocol."
    )
    prompts: Prompts | None = Field(
        default=None, description="Prompts: one for all prompt indices, or one for each."
    )
    embeddings: Embeddings | None = Field(
        default=None, description="Token embeddings instead of prompts."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> AttackManifest:
        if (self.prompts is None) == (self.embeddings is None):
            raise ValueError("give either prompts or embeddings, and not both")
        return self
