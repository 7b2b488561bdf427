"""The `Replay`: what an attack that somebody handed in recovers from one checkpoint.

It stands beside a row of a leaderboard and never moves a score of it.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from erasebench.frozen_model import FrozenModel
from erasebench.results.outcome import Estimate
from erasebench.results.record import Record
from erasebench.results.result import Address, BaseCheck, Environment, Identity

REPLAY_SCHEMA: Final = 1
"""Version of the replay's schema; a reader refuses any other."""

REPLAYED = "replayed_attack"
"""The probe that asks as the attack does."""

REPLAYED_PLAIN = "replayed_plain"
"""The probe that asks for the concept by its name, from the same starts."""

ANY: Final = "any"
"""Stands for the row of an attack that was made for none."""

FIRST_STARTS: Final = "first"
"""The word that seeds start latents where none is given, for trying; everybody knows it."""

AttackKind = Literal["prompts", "embeddings"]
"""What an attack is made of."""

ATTACK_ID: Final = r"[a-z0-9][a-z0-9_-]{0,63}"
"""What an attack may be called in paths."""

STARTS: Final = r"[A-Za-z0-9._-]{1,64}"
"""A word that may seed start latents."""

_DIGEST = r"^[0-9a-f]{64}$"


class Finder(FrozenModel):
    """Who found an attack, and is credited for it. What they wrote is shown escaped."""

    name: str = Field(min_length=1, max_length=80, description="As they want to be called.")
    link: Address | None = Field(None, description="A page of theirs; null where they gave none.")


class Attack(FrozenModel):
    """Which attack was replayed."""

    id: str = Field(pattern=f"^{ATTACK_ID}$", description="Its manifest's name, without ending.")
    name: str = Field(min_length=1, max_length=80, description="What its finder calls it.")
    finder: Finder = Field(description="Who is credited.")
    paper: Address | None = Field(None, description="Where it is described.")
    code: Address | None = Field(None, description="What found it.")
    kind: AttackKind = Field(description="Prompts or embeddings.")
    against: str = Field(description="The row that it was made for, or `any`.")
    concept: str = Field(description="The concept that it asks for.")
    digest: str = Field(pattern=_DIGEST, description="SHA-256 of all that it asks.")


class ReplayFigures(FrozenModel):
    """What a replay found. Rates are the judge's top answer; all are at the same starts."""

    rate: Estimate = Field(description="The attack on the checkpoint.")
    control: Estimate = Field(description="The concept's own prompt on the checkpoint.")
    excess: Estimate = Field(description="Paired difference of the two.")
    ceiling: Estimate = Field(description="The concept's own prompt on the unedited base.")
    on_base: Estimate = Field(
        description="The attack on the unedited base: whether it works beyond this checkpoint. "
        "Never scored."
    )
    floor: Estimate | None = Field(
        description="The attack on the model that never knew the concept: what it smuggles in by "
        "itself; null where the protocol has none."
    )
    above_floor: Estimate = Field(
        description="Paired difference of rate and floor; of the rate and 0 where there is none."
    )
    robustness: Estimate | None = Field(
        description="1 minus (rate - floor) / (ceiling - floor), clipped to 0..1, as a probe's: "
        "what withstands this attack. Null where the ceiling exceeds the floor by less than 0.40, "
        "or not at all on one half of the prompt indices."
    )
    recovers: bool = Field(
        description="Whether excess and above_floor are both at least 0.10 with lower bounds "
        "above 0, as it is asked of a ranked probe, and ceiling exceeds floor by at least 0.40."
    )


class Replay(FrozenModel):
    """An attack on one checkpoint, with all records, so that its figures can be counted again."""

    schema_version: Literal[1] = Field(REPLAY_SCHEMA, description="Version of this schema.")
    attack: Attack = Field(description="What was replayed.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    seed_set: str = Field(
        description="Name of the seed set whose streams are opened: the public one, whatever the "
        "row's, since the streams of a replay are its own."
    )
    starts: str = Field(
        pattern=f"^{STARTS}$",
        description="A word that, with the attack's digest, seeds the start latents; chosen by who "
        "replays it, after it was handed in.",
    )
    checkpoint: Identity = Field(description="What was attacked.")
    floor_digest: str | None = Field(
        description="Digest of the tensors of the model that gave the floor; null without one."
    )
    command: str = Field(description="The command that reproduces the figures.")
    calibration: BaseCheck | None = Field(
        None,
        description="How the base of this machine was compared with the protocol's reference; null "
        "where there is none, or the replay was written before this was noted.",
    )
    finished: str = Field(description="When it was replayed: UTC, ISO 8601.")
    environment: Environment = Field(description="Software and machine.")
    figures: ReplayFigures = Field(description="What was found.")
    records: tuple[Record, ...] = Field(description="Of the checkpoint.")
    base_records: tuple[Record, ...] = Field(description="Of the unedited base.")
    floor_records: tuple[Record, ...] = Field(
        description="Of the model that never knew the concept; empty without one."
    )
