"""Randomness is a parameter: nothing draws from a generator that all of a process shares."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

FUNCTIONS = frozenset(
    {"bernoulli", "multinomial", "normal", "poisson", "rand", "randint", "randn", "randperm"}
)
"""Of torch, and as methods of tensors where there is one: they draw, and take `generator=`."""

METHODS = frozenset(
    {
        "bernoulli",
        "bernoulli_",
        "cauchy_",
        "exponential_",
        "geometric_",
        "log_normal_",
        "multinomial",
        "normal_",
        "random_",
        "uniform_",
    }
)
"""Of tensors: they draw, and take `generator=`."""

MODULES = ("np.random.", "numpy.random.", "random.")
"""Modules whose functions draw from a global generator."""

ALLOWED = frozenset(
    {
        "np.random.Generator",
        "np.random.default_rng",
        "numpy.random.Generator",
        "numpy.random.default_rng",
        "random.Random",
    }
)
"""What makes a generator or names its type; all else in these modules is global."""


def global_draws(source: str) -> list[tuple[int, str]]:
    """Every use of a global generator in a module: line and name."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        names: Iterable[str] = ()
        if isinstance(node, ast.Call):
            names = _drawn_by(node)
        elif isinstance(node, ast.Attribute):
            names = _members(node)
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{imported.name}" for imported in node.names}
            names = {name for name in names if name.startswith(MODULES)}
        found += [(node.lineno, name) for name in names if name not in ALLOWED]
    return found


def _drawn_by(call: ast.Call) -> Iterable[str]:
    """The call's function, where it draws without a generator or makes one without a seed."""
    if not isinstance(call.func, ast.Attribute):
        return ()
    name, last = ast.unparse(call.func), call.func.attr
    if name.endswith("random.default_rng"):
        return () if call.args else (f"{name}()",)
    draws = last in METHODS or (name.startswith("torch.") and last in FUNCTIONS)
    return (name,) if draws and not _generator_of(call) else ()


def _members(attribute: ast.Attribute) -> set[str]:
    """The name, where it is a member of a module that has global generators."""
    owner = f"{ast.unparse(attribute.value)}."
    return {ast.unparse(attribute)} if owner in MODULES else set()


def _generator_of(call: ast.Call) -> bool:
    """Whether a call is given a generator, which the word None is not."""
    return any(
        word.arg == "generator" and ast.unparse(word.value) != "None" for word in call.keywords
    )


def test_the_package_draws_from_its_own_generators(root: Path) -> None:
    """No module of the package, nor any script beside it, draws from a global generator."""
    modules = sorted((root / "benchmark").rglob("*.py"))
    found = {
        f"{path.relative_to(root)}:{line}": name
        for path in modules
        for line, name in global_draws(path.read_text(encoding="utf-8"))
    }

    assert modules
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "torch.randn(3)",
        "torch.randn(3, generator=None)",
        "torch.randperm(4, device='cpu')",
        "x.normal_()",
        "x.view(2).uniform_(0, 1)",
        "probabilities.multinomial(1)",
        "np.random.rand(3)",
        "numpy.random.seed(0)",
        "np.random.default_rng()",
        "random.shuffle(x)",
        "sorted(x, key=random.random)",
        "from random import shuffle",
        "from numpy.random import rand",
    ],
)
def test_a_global_draw_is_found(line: str) -> None:
    """Each way to draw from a global generator is seen."""
    assert [1] == [number for number, _ in global_draws(line)]


@pytest.mark.parametrize(
    "line",
    [
        "torch.randn(3, generator=generator)",
        "x.normal_(generator=generator)",
        "np.random.default_rng(0).normal(size=3)",
        "def f(rng: np.random.Generator): ...",
        "random.Random('seed').shuffle(x)",
        "torch.random.fork_rng(devices=[])",
        "rng.random()",
        "from random import Random",
    ],
)
def test_a_generator_of_one_s_own_is_allowed(line: str) -> None:
    """What is given its generator, or makes one from a seed, is let through."""
    assert global_draws(line) == []
