"""The training on planted latents: it learns, it stops, and it goes on after a kill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from erasebench.classifier_training.latent_views import LabelledLatents
from erasebench.classifier_training.metrics import measure
from erasebench.classifier_training.training import Split, Trained, seeded, split, train
from erasebench.recipes import ClassifierRecipe

CPU = torch.device("cpu")
ALPHAS = torch.linspace(0.999, 0.005, 1_000)
SHORT = ClassifierRecipe(batch=32, views=3, epochs=4, patience=4, learning_rate=1e-3)


def planted(count: int = 160) -> LabelledLatents:
    """A quarter shows the concept: these are shifted by one along every axis."""
    shows = torch.arange(count) < count // 4
    noise = torch.randn((count, 2, 4, 4), generator=torch.Generator().manual_seed(1))
    return LabelledLatents((noise + shows.view(-1, 1, 1, 1)).half(), shows)


PARTS = split(planted(), 0.25, seed=0)


def trained(folder: Path, recipe: ClassifierRecipe = SHORT, seed: int = 0) -> Trained:
    """Trains on the planted latents."""
    return train(PARTS, ALPHAS, replace(recipe, seed=seed), CPU, folder / "progress")


def same(first: Trained, second: Trained) -> bool:
    """Whether two trainings ended with the same tensors and losses."""
    states = first.classifier.state_dict(), second.classifier.state_dict()
    return first.losses == second.losses and all(
        torch.equal(tensor, states[1][name]) for name, tensor in states[0].items()
    )


def test_the_parts_hold_every_example_once() -> None:
    """Nine tenths and one tenth, at random, the same for a seed."""
    examples = planted()
    parts = split(examples, 0.1, seed=3)
    rows = torch.cat([parts.training.latents, parts.validation.latents]).flatten(1)

    assert (len(parts.training), len(parts.validation)) == (144, 16)
    assert {tuple(row.tolist()) for row in rows} == {
        tuple(row.tolist()) for row in examples.latents.flatten(1)
    }
    assert torch.equal(parts.validation.latents, split(examples, 0.1, seed=3).validation.latents)
    assert not torch.equal(
        parts.validation.latents, split(examples, 0.1, seed=4).validation.latents
    )


def test_it_learns_what_is_planted(tmp_path: Path) -> None:
    """The classifier tells held-out latents apart, better the less noise there is."""
    made = trained(tmp_path)
    fresh = planted(400)

    levels = measure(made.classifier, fresh, seeded(0, "test"))

    assert [level.timestep for level in levels] == list(range(50, 1000, 100))
    assert levels[0].roc_auc.value > 0.95
    assert levels[0].roc_auc.value > levels[-1].roc_auc.value
    assert levels[0].roc_auc.n == 400


def test_a_push_along_its_gradient_shows_more_of_the_concept(tmp_path: Path) -> None:
    """Where the concept is a shift along every axis, that is where the gradient points."""
    made = trained(tmp_path)
    others = PARTS.validation.latents[~PARTS.validation.shows].float()

    gradient = made.classifier.log_probability_gradient(others, 100)

    assert (gradient.mean(dim=(1, 2, 3)) > 0).all()
    before, after = (
        made.classifier.log_probability(latents, 100)
        for latents in (others, others + 0.1 * gradient)
    )
    assert (after > before).all()


def test_equal_seeds_give_equal_classifiers(tmp_path: Path) -> None:
    """To the last bit; another seed gives another. The global generator is not touched."""
    before = torch.get_rng_state()
    first, second = trained(tmp_path / "a"), trained(tmp_path / "b")

    assert same(first, second)
    assert not same(first, trained(tmp_path / "c", seed=1))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_stopped_training_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    """Two epochs in one process and two in the next are four in one."""
    whole = trained(tmp_path / "whole")
    trained(tmp_path / "stopped", replace(SHORT, epochs=2))

    assert same(whole, trained(tmp_path / "stopped"))


def test_the_best_epoch_is_kept_and_the_training_ends_after_it(tmp_path: Path) -> None:
    """At a rate that overshoots, the loss soon stops falling: what was best is what is used."""
    wild = replace(SHORT, epochs=40, patience=2, learning_rate=3e-2)
    made = trained(tmp_path / "long", wild)
    best = min(made.losses)

    assert len(made.losses) < 40
    assert made.losses.index(best) == len(made.losses) - 3
    assert made.best_epoch == len(made.losses) - 2
    assert same(
        replace(made, losses=made.losses[:-2]),
        trained(tmp_path / "short", replace(wild, epochs=made.best_epoch)),
    )


def test_rare_positives_weigh_as_much_as_all_others(tmp_path: Path) -> None:
    """Where nothing can be learned, the answer tends to a half, however few positives there are."""
    shows = torch.arange(400) < 40
    same_everywhere = LabelledLatents(torch.zeros((400, 2, 4, 4)).half(), shows)
    parts = Split(same_everywhere, same_everywhere)

    made = train(parts, ALPHAS, SHORT, CPU, tmp_path / "progress")

    probability = made.classifier.log_probability(torch.zeros((1, 2, 4, 4)), 999).exp()
    assert probability.item() == pytest.approx(0.5, abs=0.1)
