"""The different ones among keys."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from erasebench.diffusion.sampling import Distinct


@given(st.lists(st.integers(0, 5), min_size=1))
def test_values_scatter_back_to_their_keys(keys: list[int]) -> None:
    """What is computed once for each different key reaches every one of its equals."""
    distinct = Distinct(keys)

    assert [distinct.keys[number] for number in distinct.index] == keys
    assert [keys[position] for position in distinct.first] == distinct.keys
    assert len(distinct.keys) == len(set(keys))


def test_a_key_is_shared_out_among_its_equals() -> None:
    """Three equals bear a third each."""
    shares = Distinct(["a", "b", "a", "a"]).shares()

    assert shares.tolist() == [1 / 3, 1, 1 / 3, 1 / 3]


@given(st.lists(st.integers(0, 5), min_size=1))
def test_shares_add_up_to_what_is_computed(keys: list[int]) -> None:
    """Over all keys the shares sum to the number of different keys."""
    distinct = Distinct(keys)

    assert abs(distinct.shares().sum() - len(distinct.keys)) < 1e-9
