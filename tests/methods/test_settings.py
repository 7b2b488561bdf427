"""Settings from the command line."""

from __future__ import annotations

import pytest

from erasebench.errors import SettingError, UnknownNameError
from erasebench.methods.settings import EsdSettings, UceSettings


def test_overrides_are_converted() -> None:
    """Text becomes the setting's type; what is not named keeps its value."""
    found = EsdSettings(batch=3).with_overrides(("learning_rate=2e-4", "steps=50"))

    assert found == EsdSettings(batch=3, learning_rate=2e-4, steps=50)


def test_texts_are_separated_by_a_bar() -> None:
    """Several texts go into one value, commas included, and come out as they went in."""
    words = {"preserve": "a tree, alone|a cup"}

    found = UceSettings().with_overrides(("preserve=a tree, alone|a cup",))

    assert found.preserve == ("a tree, alone", "a cup")
    assert found.as_words()["preserve"] == words["preserve"]
    assert (
        UceSettings().with_overrides(f"{name}={value}" for name, value in found.as_words().items())
        == found
    )


def test_no_texts_are_written_as_nothing() -> None:
    """An empty value is no text at all, not one empty text."""
    assert UceSettings(preserve=("x",)).with_overrides(("preserve=",)).preserve == ()


def test_an_unknown_setting_suggests_the_nearest() -> None:
    """A misspelt setting is not passed over."""
    with pytest.raises(UnknownNameError, match="Did you mean 'learning_rate'"):
        EsdSettings().with_overrides(("learning_rat=1",))


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("steps", "write name=value"),
        ("steps=0", "greater than or equal to 1"),
        ("steps=many", "valid integer"),
        ("learning_rate=-1", "greater than 0"),
        ("learning_rate=nan", "finite number"),
        ("learning_rate=inf", "finite number"),
        ("wording=x", "'label' or 'prompt'"),
        ("negative_guidance=", "valid number"),
    ],
)
def test_a_value_that_cannot_be_says_what_can(override: str, reason: str) -> None:
    """The error names the setting, the value and what is allowed."""
    with pytest.raises(SettingError, match=reason) as caught:
        EsdSettings().with_overrides((override,))

    assert caught.value.setting == override.partition("=")[0]
