"""Seasons: what is promised, and what is told at the end."""

from __future__ import annotations

import json
import traceback
from datetime import date
from pathlib import Path

import pytest

from erasebench.errors import RequestError, SeasonError, UnknownNameError
from erasebench.protocol.seeds import (
    SEASONS,
    SECRET,
    Season,
    after_reveal,
    digest_of_secret,
    find_season,
    lacks_season,
    open_season,
    reveal_season,
    season_named,
    season_path,
    seeds_of,
    write_season,
)

NAME = "2027-spring"
OPENED = date(2027, 3, 1)
CLOSED = date(2027, 6, 1)


@pytest.fixture
def secret(tmp_path: Path) -> str:
    """Of a season that is open, in the test's folder."""
    season, secret = open_season(NAME, ("sd14-v1",), OPENED, tmp_path)
    write_season(season, tmp_path)
    return secret


def test_a_digest_is_pinned() -> None:
    """What was published must open in every later version."""
    assert digest_of_secret(NAME, "ab" * 16) == (
        "6d861bf694f23c2bf587fd5d2c643d14f6851c58645154de1b85d2d180d560fe"
    )


def test_a_digest_is_of_one_name() -> None:
    """So that no season can be given another's secret, or a longer name a shorter secret."""
    assert digest_of_secret("2027-a", "bc") != digest_of_secret("2027-ab", "c")
    assert digest_of_secret("2027-a", "bc") != digest_of_secret("2028-a", "bc")


def test_every_season_has_a_secret_of_its_own(tmp_path: Path) -> None:
    """256 bits, from the system's source; the file holds none of them."""
    secrets = {open_season(f"2027-{n}", ("sd14-v1",), OPENED, tmp_path)[1] for n in range(20)}

    assert len(secrets) == 20
    assert {len(bytes.fromhex(secret)) for secret in secrets} == {32}


def test_what_is_published_does_not_hold_the_secret(secret: str, tmp_path: Path) -> None:
    """Name, protocols, a date and the digest, and nothing else yet."""
    text = season_path(NAME, tmp_path).read_text(encoding="utf-8")

    assert secret not in text
    assert json.loads(text) == {
        "schema_version": 1,
        "name": NAME,
        "protocols": ["sd14-v1"],
        "opened": "2027-03-01",
        "digest": digest_of_secret(NAME, secret),
        "closed": None,
        "revealed": None,
    }


@pytest.mark.parametrize(
    "name", ["public", "spring", "27-spring", "2027", "2027-Spring", "2027-a/b", "../2027-x", ""]
)
def test_a_name_begins_with_a_year(name: str, tmp_path: Path) -> None:
    """And is no path, nor the name of another seed set."""
    with pytest.raises(RequestError, match="is not a valid season name"):
        open_season(name, ("sd14-v1",), OPENED, tmp_path)


@pytest.mark.usefixtures("secret")
def test_a_season_is_opened_once(tmp_path: Path) -> None:
    """Another secret under the same name would break the promise."""
    with pytest.raises(RequestError, match="can be created only once"):
        open_season(NAME, ("sd14-v1",), OPENED, tmp_path)


def test_while_it_is_hidden_the_secret_comes_from_the_environment(
    secret: str, tmp_path: Path
) -> None:
    """The end of a line that a file had does no harm; no text of the seed set shows the secret."""
    seeds = seeds_of(NAME, {SECRET: f"{secret}\n"}, tmp_path)

    assert (seeds.name, seeds.digest) == (NAME, digest_of_secret(NAME, secret))
    assert seeds.secret == secret
    assert not seeds.revealed
    assert secret not in repr(seeds)


@pytest.mark.parametrize("environment", [{}, {SECRET: ""}, {SECRET: " \n"}])
@pytest.mark.usefixtures("secret")
def test_without_the_secret_it_is_refused(environment: dict[str, str], tmp_path: Path) -> None:
    """And the public seeds are pointed to."""
    with pytest.raises(RequestError, match=f"{SECRET} is not set. Omit --season"):
        seeds_of(NAME, environment, tmp_path)


@pytest.mark.usefixtures("secret")
def test_another_secret_is_refused_and_not_repeated(tmp_path: Path) -> None:
    """Neither the message nor the traceback shows what was in the environment."""
    wrong = "cd" * 32
    with pytest.raises(RequestError, match="not the secret of season 2027-spring") as caught:
        seeds_of(NAME, {SECRET: wrong}, tmp_path)

    assert wrong not in "".join(traceback.format_exception(caught.value))


def test_when_it_is_over_nobody_needs_the_environment(secret: str, tmp_path: Path) -> None:
    """The same seeds, from the file; told twice, nothing changes."""
    hidden = seeds_of(NAME, {SECRET: secret}, tmp_path)
    write_season(reveal_season(NAME, secret, CLOSED, tmp_path), tmp_path)
    seeds = seeds_of(NAME, {}, tmp_path)

    assert (seeds.secret, seeds.digest) == (hidden.secret, hidden.digest)
    assert seeds.revealed
    again = reveal_season(NAME, secret, date(2028, 1, 1), tmp_path)
    assert again == season_named(NAME, tmp_path)
    assert again.closed == CLOSED


@pytest.mark.usefixtures("secret")
def test_another_secret_is_not_revealed(tmp_path: Path) -> None:
    """The digest binds whoever published it."""
    with pytest.raises(RequestError, match="not the secret of season 2027-spring"):
        reveal_season(NAME, "cd" * 32, CLOSED, tmp_path)

    assert season_named(NAME, tmp_path).revealed is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"revealed": "cd" * 32, "closed": "2027-06-01"}, "does not match the digest"),
        ({"closed": "2027-06-01"}, "closed and revealed must be set together"),
        ({"digest": "x"}, "String should match pattern"),
        ({"secret": "x"}, "Extra inputs are not permitted"),
        ({"name": "2027-autumn"}, "It contains season 2027-autumn"),
    ],
)
@pytest.mark.usefixtures("secret")
def test_a_file_that_was_changed_by_hand_is_refused(
    change: dict[str, str], said: str, tmp_path: Path
) -> None:
    """With what is wrong in it."""
    path = season_path(NAME, tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change), encoding="utf-8")

    with pytest.raises(SeasonError, match=said):
        find_season(NAME, tmp_path)


@pytest.mark.usefixtures("secret")
def test_a_season_that_is_not_there_is_asked_back(tmp_path: Path) -> None:
    """The nearest name is suggested; what is no name is looked for nowhere."""
    (tmp_path / "outside.json").write_text("{}", encoding="utf-8")
    folder = tmp_path / "seasons"
    folder.mkdir()
    season_path(NAME, tmp_path).rename(season_path(NAME, folder))

    with pytest.raises(UnknownNameError, match="Did you mean '2027-spring'"):
        season_named("2027-sprung", folder)
    with pytest.raises(UnknownNameError):
        season_named("../outside", folder)
    with pytest.raises(RequestError, match="has no seasons"):
        season_named(NAME, tmp_path / "empty")


def test_only_the_large_protocol_wants_a_season() -> None:
    """Pictogram rows take their places on the public seeds."""
    assert lacks_season("sd14-v1", "public")
    assert not lacks_season("sd14-v1", NAME)
    assert not lacks_season("pictogram-v1", "public")


@pytest.mark.parametrize(
    ("finished", "told"),
    [
        ("2027-05-31T23:59:59+00:00", False),
        ("2027-06-01T00:00:00+00:00", True),
        ("2027-07-01T12:00:00+00:00", True),
    ],
)
def test_what_was_drawn_once_the_secret_was_told(tmp_path: Path, finished: str, told: bool) -> None:
    """From the day of telling on; before, and on public seeds, nothing is told."""
    season, secret = open_season(NAME, ("sd14-v1",), date(2027, 3, 1), tmp_path)
    write_season(season, tmp_path)

    assert not after_reveal(None, finished)
    assert not after_reveal(season, finished)
    assert after_reveal(reveal_season(NAME, secret, date(2027, 6, 1), tmp_path), finished) == told


def test_the_seasons_of_the_package_are_whole() -> None:
    """Each that was ever opened can be read."""
    for path in SEASONS.glob("*.json"):
        assert isinstance(find_season(path.stem), Season)
