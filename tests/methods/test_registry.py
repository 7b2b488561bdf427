"""The registry of methods."""

from __future__ import annotations

from typing import Any

import pytest

from erasebench.errors import UnknownNameError
from erasebench.methods.registry import METHODS, Method, method_named
from erasebench.protocol import PROTOCOLS


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_every_method_can_be_loaded(method: Method[Any]) -> None:
    """What an entry points to exists; its tuned settings are of its kind, for known protocols."""
    assert callable(method.load())
    assert METHODS[method.name] is method
    assert set(method.tuned) <= set(PROTOCOLS)
    assert {type(settings) for settings in method.tuned.values()} <= {type(method.paper)}


def test_settings_of_the_paper_where_none_are_tuned() -> None:
    """A protocol without values of its own gets the paper's."""
    method = METHODS["esd_x"]

    assert method.settings("pictogram-v1") == method.tuned["pictogram-v1"] != method.paper
    assert method.settings("another") == method.paper


def test_unknown_method_suggests_the_nearest() -> None:
    """A misspelt method is answered with the one that was meant."""
    with pytest.raises(UnknownNameError, match="Did you mean 'esd_x'"):
        method_named("esdx")
