"""Seed sets: the public one, and the hidden one of each season."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from erasebench.disk import replace_file
from erasebench.errors import RequestError, SeasonError, UnknownNameError, quoted
from erasebench.frozen_model import FrozenModel
from erasebench.protocol.definition import PUBLIC_SEED_SET
from erasebench.protocol.registry import PROTOCOLS


@dataclass(frozen=True)
class SeedSet:
    """A seed set as a run uses it.

    Attributes:
        name: `public`, or the season's.
        digest: of the season's secret, as published; None of the public set.
        secret: of a season; never written, and not part of `repr`. None of the public set.
        revealed: whether the seeds are public.
        protocols: those that a season is held under; empty for the public set, which serves all.
    """

    name: str
    digest: str | None = None
    secret: str | None = field(default=None, repr=False)
    revealed: bool = True
    protocols: tuple[str, ...] = ()


PUBLIC_SEEDS = SeedSet(PUBLIC_SEED_SET)
"""The public seed set."""


SEASONS = Path(__file__).parents[1] / "seasons"
"""The package's folder of seasons, one file each."""

SECRET: Final = "ERASEBENCH_SEASON_SECRET"  # noqa: S105  (the name of a variable)
"""The environment variable that holds a season's secret while it is hidden."""

_SECRET_BYTES = 32

_DIGEST = r"^[0-9a-f]{64}$"

_NAME = r"^[0-9]{4}(-[a-z0-9]+)+$"
"""Begins with a year, so that no season has the name of another seed set or a model."""


class Season(FrozenModel):
    """A season as it is published."""

    schema_version: Literal[1] = Field(1, description="Version of this schema.")
    name: Annotated[str, Field(pattern=_NAME)] = Field(
        description="Its name, which results bear as that of their seed set."
    )
    protocols: tuple[str, ...] = Field(min_length=1, description="Those that it is held under.")
    opened: date = Field(description="When the digest was made.")
    digest: Annotated[str, Field(pattern=_DIGEST)] = Field(
        description="SHA-256 of its name and its secret, hex; see `digest_of_secret`."
    )
    closed: date | None = Field(None, description="When the secret was told; null until then.")
    revealed: str | None = Field(None, description="The secret; null until the season is over.")

    @model_validator(mode="after")
    def _holds_its_own_secret(self) -> Self:
        if (self.revealed is None) != (self.closed is None):
            raise ValueError("closed and revealed come together")
        if self.revealed is not None and not _opens(self, self.revealed):
            raise ValueError("what is revealed is not the secret that the digest was made of")
        return self


def digest_of_secret(name: str, secret: str) -> str:
    """SHA-256 of the JSON of a purpose, a season's name and its secret, hex.

    The secret has 256 bits, so that none can be found for a given digest; the name is included, so
    that one digest cannot serve two seasons.
    """
    words = json.dumps(["erasebench season", name, secret])
    return hashlib.sha256(words.encode()).hexdigest()


def season_path(name: str, folder: Path | None = None) -> Path:
    """A season's file in a folder; None for the package's."""
    return (folder or SEASONS) / f"{name}.json"


def find_season(name: str, folder: Path | None = None) -> Season | None:
    """A published season; None if there is none of this name.

    Raises:
        SeasonError: if its file is invalid.
    """
    return _read(season_path(name, folder)) if name in _names(folder) else None


def season_named(name: str, folder: Path | None = None) -> Season:
    """A published season.

    Raises:
        UnknownNameError: if there is none of this name; suggests the nearest.
        RequestError: if there is no season.
        SeasonError: see `find_season`.
    """
    found = find_season(name, folder)
    if found is not None:
        return found
    names = _names(folder)
    if not names:
        raise RequestError(
            f"Season {quoted(name)}: no season has been opened in this version of erasebench. "
            "Leave --season out for the public seeds, or install a newer version."
        )
    raise UnknownNameError("season", name, names)


def open_season(
    name: str, protocols: Iterable[str], today: date, folder: Path | None = None
) -> tuple[Season, str]:
    """Creates a season and its secret; writes nothing.

    Args:
        name: a year and one or more words, `2027-spring`.
        protocols: names of the protocols that it is held under.
        today: its first day.
        folder: of all seasons; None for the package's.

    Returns:
        The season, to be published by `write_season`, and the secret, to be kept.

    Raises:
        RequestError: if the name is taken or not allowed.
    """
    if season_path(name, folder).exists():
        raise RequestError(
            f"Season {quoted(name)} is open already, and its secret can be made but once: choose "
            "another name."
        )
    secret = secrets.token_hex(_SECRET_BYTES)
    try:
        season = Season(
            name=name,
            protocols=tuple(protocols),
            opened=today,
            digest=digest_of_secret(name, secret),
        )
    except ValidationError as error:
        raise RequestError(
            f"{quoted(name)} is no name of a season: give a year and words of small letters and "
            f"digits with hyphens between, as 2027-spring; not {PUBLIC_SEED_SET}."
        ) from error
    return season, secret


def reveal_season(name: str, secret: str, today: date, folder: Path | None = None) -> Season:
    """A season with its secret; writes nothing.

    Raises:
        RequestError: if the secret does not fit the published digest.
        UnknownNameError, SeasonError: see `season_named`.
    """
    season = season_named(name, folder)
    _check_opens(season, secret)
    if season.revealed is not None:
        return season
    return Season(**season.model_dump() | {"revealed": secret, "closed": today})


def write_season(season: Season, folder: Path | None = None) -> Path:
    """Writes a season's file and returns its path.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    path = season_path(season.name, folder)
    replace_file(path, f"{season.model_dump_json(indent=2)}\n".encode())
    return path


def seeds_of(name: str, environment: Mapping[str, str], folder: Path | None = None) -> SeedSet:
    """The seed set of a season.

    Once the season is over its secret is in its file; until then it is read from the environment
    variable `ERASEBENCH_SEASON_SECRET`, and compared with the published digest.

    Raises:
        RequestError: if the secret is missing, or does not fit the digest. No message contains it.
        UnknownNameError, SeasonError: see `season_named`.
    """
    season = season_named(name, folder)
    if season.revealed is not None:
        return SeedSet(season.name, season.digest, season.revealed, protocols=season.protocols)
    secret = environment.get(SECRET, "").strip()
    if not secret:
        raise RequestError(
            f"The seeds of season {season.name} are hidden until it is over, and {SECRET} is not "
            "set. Leave --season out: the public seeds are there for everybody."
        )
    _check_opens(season, secret)
    return SeedSet(season.name, season.digest, secret, revealed=False, protocols=season.protocols)


def check_held(seeds: SeedSet, protocol: str) -> None:
    """Refuses a season that is not held under a protocol.

    Raises:
        RequestError: names the protocols that it is held under.
    """
    if seeds.protocols and protocol not in seeds.protocols:
        raise RequestError(
            f"Season {seeds.name} is held under {', '.join(seeds.protocols)}, and this is of "
            f"{protocol}. Leave --season out for the public seeds."
        )


def lacks_season(protocol: str, seed_set: str) -> bool:
    """Whether a row has public seeds although its protocol ranks rows of a season alone.

    A protocol that is not registered is not seasonal.
    """
    return protocol in seasonal_protocols() and seed_set == PUBLIC_SEED_SET


def seasonal_protocols() -> tuple[str, ...]:
    """Names of the protocols that rank rows of a season alone."""
    return tuple(name for name, protocol in PROTOCOLS.items() if protocol.seasonal)


def after_reveal(season: Season | None, finished: str) -> bool:
    """Whether a season's secret was revealed by the day on which a run ended.

    Args:
        season: None for public seeds.
        finished: when the run ended, ISO 8601 in UTC, so that text sorts as time does. The day of
            the reveal counts as revealed.
    """
    closed = None if season is None else season.closed
    return closed is not None and finished >= closed.isoformat()


def _opens(season: Season, secret: str) -> bool:
    return hmac.compare_digest(digest_of_secret(season.name, secret), season.digest)


def _check_opens(season: Season, secret: str) -> None:
    if not _opens(season, secret):
        raise RequestError(
            f"This is not the secret of season {season.name}: with the name it does not give the "
            f"digest that was published, {season.digest}."
        )


def _names(folder: Path | None) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (folder or SEASONS).glob("*.json")))


def _read(path: Path) -> Season:
    try:
        season = Season.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise SeasonError(path, f"It is no season: {told}.") from error
    if season.name != path.stem:
        raise SeasonError(path, f"It holds season {season.name}; a file is called as its season.")
    return season
