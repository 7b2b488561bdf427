"""Projection on the simplex and draws from it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from erasebench.optimisation.simplex import SUM_TOLERANCE, draw_one_hot, project_on_simplex


def exact_projection(row: np.ndarray) -> np.ndarray:
    """By sorting: the largest values stay, all less the same, and sum up to 1 (float64)."""
    falling = np.sort(row)[::-1]
    excess = (np.cumsum(falling) - 1) / np.arange(1, len(row) + 1)
    kept = np.flatnonzero(falling > excess)[-1]
    return np.maximum(row - excess[kept], 0)


def some_rows(kind: str, size: int) -> torch.Tensor:
    """Eight rows, each its own, of one kind."""
    generator = torch.Generator().manual_seed(3)
    rows = torch.randn((8, size), generator=generator)
    uniform = torch.full((8, size), 1 / size)
    return {
        "wild": 10 * rows,
        "after one update": uniform + 0.01 * rows.sign(),
        "nearly there": uniform + 1e-6 * rows,
        "far above": rows + 100,
        "far below": rows - 100,
    }[kind]


@pytest.mark.parametrize("size", [2, 900, 49_408])
@pytest.mark.parametrize(
    "kind", ["wild", "after one update", "nearly there", "far above", "far below"]
)
def test_bisection_finds_what_sorting_finds(kind: str, size: int) -> None:
    """Every value is that of the exact projection, and sums are 1 within ξ and rounding."""
    rows = some_rows(kind, size)

    found = project_on_simplex(rows).double().numpy()

    wanted = np.stack([exact_projection(row) for row in rows.double().numpy()])
    assert (found >= 0).all()
    np.testing.assert_allclose(found, wanted, rtol=0, atol=SUM_TOLERANCE / size + 1e-7)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=0, atol=2 * SUM_TOLERANCE)


def test_a_row_s_projection_does_not_depend_on_its_company() -> None:
    """Alone or among others it is the same, to rounding."""
    rows = torch.cat([some_rows("wild", 50), some_rows("nearly there", 50)])

    together = project_on_simplex(rows)

    for index in (0, 7, 8, 15):
        alone = project_on_simplex(rows[index : index + 1])[0]
        torch.testing.assert_close(alone, together[index], rtol=0, atol=SUM_TOLERANCE / 50 + 1e-7)


def test_choices_come_as_often_as_their_probability() -> None:
    """Over evenly spread marks the frequency of each choice is its probability; 0 is never."""
    probabilities = torch.tensor([0.0, 0.5, 0.0, 0.3, 0.2, 0.0])
    uniform = torch.arange(10_000) / 10_000

    drawn = draw_one_hot(probabilities.expand(10_000, 6), uniform)

    assert (drawn.sum(dim=1) == 1).all()
    torch.testing.assert_close(drawn.mean(dim=0), probabilities, rtol=0, atol=2e-4)
    assert drawn.sum(dim=0)[[0, 2, 5]].tolist() == [0, 0, 0]


def test_the_last_mark_is_still_a_choice() -> None:
    """The greatest number below 1 draws the last token that has a probability."""
    almost = torch.tensor(1.0).nextafter(torch.tensor(0.0))
    rows = project_on_simplex(some_rows("after one update", 900))

    drawn = draw_one_hot(rows, almost.expand(8))

    assert (drawn.sum(dim=1) == 1).all()
    assert (rows[drawn.bool()] > 0).all()


def test_gradients_pass_the_draw_and_are_clipped() -> None:
    """What arrives at the choice goes on to every probability, cut to [-1, 1]."""
    probabilities = torch.full((1, 4), 0.25, requires_grad=True)
    slopes = torch.tensor([[0.5, -0.1, 7.0, -3.0]])

    (draw_one_hot(probabilities, torch.tensor([0.6])) * slopes).sum().backward()

    assert probabilities.grad is not None
    torch.testing.assert_close(probabilities.grad, torch.tensor([[0.5, -0.1, 1.0, -1.0]]))
