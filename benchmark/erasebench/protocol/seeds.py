"""Seed sets: the public one, and one per season, hidden until its secret is revealed."""

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
        name: `public`, or the name of the season.
        digest: published digest of the season's secret; None for the public set.
        secret: of a season; never written, and not part of `repr`. None for the public set.
        revealed: whether the seeds are public.
        protocols: protocols of the season; empty for the public set, which is for all.
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
"""Environment variable with a season's secret while it is hidden."""

_SECRET_BYTES = 32

_DIGEST = r"^[0-9a-f]{64}$"

_NAME = r"^[0-9]{4}(-[a-z0-9]+)+$"
"""Starts with a year, so that no season is named like another seed set or a model."""


SeedSetDigest = Annotated[
    str | None,
    Field(
        exclude_if=lambda digest: digest is None,
        description="Published digest of the season's secret; left out for the public set.",
    ),
]
"""Field of a file: the digest of its seed set."""


class Season(FrozenModel):
    """A published season."""

    schema_version: Literal[1] = Field(1, description="Version of this schema.")
    name: Annotated[str, Field(pattern=_NAME)] = Field(
        description="Name of the season; `seed_set` in its results."
    )
    protocols: tuple[str, ...] = Field(min_length=1, description="Protocols of the season.")
    opened: date = Field(description="Day on which the digest was created.")
    digest: Annotated[str, Field(pattern=_DIGEST)] = Field(
        description="SHA-256 of name and secret, hex; see `digest_of_secret`."
    )
    closed: date | None = Field(
        None, description="Day on which the secret was revealed; null before."
    )
    revealed: str | None = Field(None, description="The secret; null before it is revealed.")

    @model_validator(mode="after")
    def _holds_its_own_secret(self) -> Self:
        if (self.revealed is None) != (self.closed is None):
            raise ValueError("closed and revealed must be set together")
        if self.revealed is not None and not _opens(self, self.revealed):
            raise ValueError("the revealed secret does not match the digest")
        return self


def digest_of_secret(name: str, secret: str) -> str:
    """SHA-256 of the JSON of a purpose, the season's name and its secret, hex.

    The secret has 256 bits and cannot be guessed from the digest. The name makes the digest unique
    to the season.
    """
    words = json.dumps(["erasebench season", name, secret])
    return hashlib.sha256(words.encode()).hexdigest()


def season_path(name: str, folder: Path | None = None) -> Path:
    """File of a season in a folder; None for the package's folder."""
    return (folder or SEASONS) / f"{name}.json"


def find_season(name: str, folder: Path | None = None) -> Season | None:
    """The published season of this name; None if there is none.

    Raises:
        SeasonError: if its file is invalid.
    """
    return _read(season_path(name, folder)) if name in _names(folder) else None


def season_named(name: str, folder: Path | None = None) -> Season:
    """The published season of this name.

    Raises:
        UnknownNameError: if there is none; suggests a similar name.
        RequestError: if there is no season.
        SeasonError: see `find_season`.
    """
    found = find_season(name, folder)
    if found is not None:
        return found
    names = _names(folder)
    if not names:
        raise RequestError(
            f"Season {quoted(name)}: this version of erasebench has no seasons. Omit --season to "
            "use the public seeds, or install a newer version."
        )
    raise UnknownNameError("season", name, names)


def open_season(
    name: str, protocols: Iterable[str], today: date, folder: Path | None = None
) -> tuple[Season, str]:
    """Creates a season and its secret; writes nothing.

    Args:
        name: a year and one or more words, `2027-spring`.
        protocols: names of its protocols.
        today: its first day.
        folder: of all seasons; None for the package's.

    Returns:
        The season, to be published by `write_season`, and the secret, to be kept.

    Raises:
        RequestError: if the name is taken or invalid.
    """
    if season_path(name, folder).exists():
        raise RequestError(
            f"Season {quoted(name)} exists, and its secret can be created only once. Choose "
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
            f"{quoted(name)} is not a valid season name. Use a year and words of small letters and "
            "digits, separated by hyphens, e.g. 2027-spring."
        ) from error
    return season, secret


def reveal_season(name: str, secret: str, today: date, folder: Path | None = None) -> Season:
    """A season with its secret; writes nothing.

    Raises:
        RequestError: if the secret does not match the published digest.
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

    The secret is in the season's file once it is revealed. Before that it is read from the
    environment variable `ERASEBENCH_SEASON_SECRET` and checked against the published digest.

    Raises:
        RequestError: if the secret is missing or does not match. No message contains it.
        UnknownNameError, SeasonError: see `season_named`.
    """
    season = season_named(name, folder)
    if season.revealed is not None:
        return SeedSet(season.name, season.digest, season.revealed, protocols=season.protocols)
    secret = environment.get(SECRET, "").strip()
    if not secret:
        raise RequestError(
            f"The seeds of season {season.name} are hidden until it ends, and {SECRET} is not set. "
            "Omit --season to use the public seeds."
        )
    _check_opens(season, secret)
    return SeedSet(season.name, season.digest, secret, revealed=False, protocols=season.protocols)


def check_held(seeds: SeedSet, protocol: str) -> None:
    """Checks that a season includes a protocol.

    Raises:
        RequestError: if it does not; names its protocols.
    """
    if seeds.protocols and protocol not in seeds.protocols:
        raise RequestError(
            f"Season {seeds.name} is for {', '.join(seeds.protocols)}, not {protocol}. Omit "
            "--season to use the public seeds."
        )


def lacks_season(protocol: str, seed_set: str) -> bool:
    """Whether an entry has public seeds although its protocol ranks only entries of seasons.

    Unregistered protocols are not seasonal.
    """
    return protocol in seasonal_protocols() and seed_set == PUBLIC_SEED_SET


def seasonal_protocols() -> tuple[str, ...]:
    """Names of the protocols that rank only entries of seasons."""
    return tuple(name for name, protocol in PROTOCOLS.items() if protocol.seasonal)


def after_reveal(season: Season | None, finished: str) -> bool:
    """Whether a run ended on or after the day on which the season's secret was revealed.

    Args:
        season: None for public seeds.
        finished: end of the run, ISO 8601 in UTC, so that text order is time order.
    """
    closed = None if season is None else season.closed
    return closed is not None and finished >= closed.isoformat()


def _opens(season: Season, secret: str) -> bool:
    return hmac.compare_digest(digest_of_secret(season.name, secret), season.digest)


def _check_opens(season: Season, secret: str) -> None:
    if not _opens(season, secret):
        raise RequestError(
            f"This is not the secret of season {season.name}: it does not match the published "
            f"digest {season.digest}."
        )


def _names(folder: Path | None) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (folder or SEASONS).glob("*.json")))


def _read(path: Path) -> Season:
    try:
        season = Season.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise SeasonError(path, f"It is not a valid season: {reason}.") from error
    if season.name != path.stem:
        raise SeasonError(
            path, f"It contains season {season.name}. The file name must be the name of the season."
        )
    return season
