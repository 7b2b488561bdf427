"""Fields of a trajectory and of its parts: none may be missed by digests or by the loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, InitVar, field, fields, make_dataclass
from inspect import signature
from typing import Any, get_args, get_type_hints

import pytest

import erasebench.probes.registry  # noqa: F401  It imports every class that may extend a part.
from erasebench.diffusion.trajectory import (
    AFTER_CALL,
    Guide,
    Inpainting,
    NoiseStream,
    Opening,
    Trajectory,
)

BY_STEP = {
    ("Trajectory", "prompt"),
    ("Trajectory", "weights"),
    ("Trajectory", "opening"),
    ("Opening", "weights"),
    ("Opening", "prompt"),
    ("Opening", "steps"),
    ("Opening", "hands_over"),
}
"""The fields whose steps `asked_at` and `has_ended` know."""


def reachable(kind: Any) -> Iterator[type]:
    """The dataclasses in a type and in their fields, and the package's subclasses of them all."""
    for one in get_args(kind):
        yield from reachable(one)
    if hasattr(kind, "__dataclass_fields__"):
        yield kind
        package = [one for one in kind.__subclasses__() if one.__module__.startswith("erasebench.")]
        for one in (*get_type_hints(kind).values(), *package):
            yield from reachable(one)


PARTS = tuple(dict.fromkeys(reachable(Trajectory)))
"""Trajectory, and everything that may be a part of one."""


def traps(part: type[Any]) -> Iterator[str]:
    """Why two images that differ in a field of a part could pass for one, and what to do."""
    named = {one.name for one in fields(part)}
    for name in sorted(named ^ set(signature(part).parameters)):
        yield (
            f"{part.__name__}.{name} is an InitVar or has init=False: make it a plain field, since "
            "fields alone are in the canonical form"
        )
    for one in fields(part):
        owner = next(base for base in part.__mro__ if one.name in base.__annotations__)
        where = f"{owner.__name__}.{one.name}"
        if not one.compare:
            yield f"{where} has compare=False: leave it out, or images that differ in it are one"
        if one.default_factory is not MISSING:
            yield (
                f"{where} has a default_factory: give it an immutable default, e.g. () or None, "
                "since only that is left out of the canonical form, and stored digests stay"
            )
        acts = one.metadata.get("acts")
        if acts == "by step" and (owner.__name__, one.name) not in BY_STEP:
            yield (
                f"{where} has the metadata _BY_STEP: leave it out. History counts such a field "
                "only through `asked_at` and `has_ended`, which do not know this one"
            )
        if acts == "after the call" and not issubclass(part, Trajectory):
            yield f"{where} has the metadata AFTER_CALL: only a field of Trajectory may have it"


def test_defaults_never_change() -> None:
    """A field at its default is left out of the canonical form, which must go on to mean it."""
    defaults = {
        (part.__name__, one.name): one.default
        for part in PARTS
        for one in fields(part)
        if one.default is not MISSING
    }

    assert (
        defaults
        | {
            ("Trajectory", "step_noise"): None,
            ("Trajectory", "eta"): 0.0,
            ("Trajectory", "noise_scale"): 1.0,
            ("Trajectory", "opening"): None,
            ("Trajectory", "inpainting"): None,
            ("Trajectory", "guide"): None,
            ("NoiseStream", "variant"): None,
            ("Opening", "hands_over"): True,
        }
        == defaults
    )


def test_kinds_are_unique() -> None:
    """A part is named by its kind, so no two classes share one."""
    kinds = [vars(part)["kind"] for part in PARTS if part is not Trajectory]

    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("part", PARTS)
def test_no_field_of_a_trajectory_is_a_trap(part: type) -> None:
    """Two images that differ in any field are told apart by digests and in the loop."""
    found = list(traps(part))

    assert not found, "\n".join(found)


def test_every_part_is_looked_at() -> None:
    """The parts are found by the types of fields, so that a new one is looked at by itself."""
    assert set(PARTS) >= {Trajectory, NoiseStream, Opening, Inpainting, Guide}


@pytest.mark.parametrize(
    ("kind", "default", "advice"),
    [
        (float, field(default=0.0, compare=False), "compare=False: leave it out"),
        (InitVar[float], 0.0, "make it a plain field"),
        (float, field(default=0.0, init=False), "make it a plain field"),
        (dict, field(default_factory=dict), "give it an immutable default"),
        (float, field(default=0.0, metadata={"acts": "by step"}), "_BY_STEP: leave it out"),
    ],
)
@pytest.mark.parametrize("base", [Trajectory, Opening, Guide])
def test_a_field_that_is_a_trap_is_refused(
    base: type, kind: object, default: Any, advice: str
) -> None:
    """Each way to add a field that digests or the loop would miss, with what to do instead."""
    extended = make_dataclass("Extended", [("clip", kind, default)], bases=(base,), frozen=True)

    found = [trap for trap in traps(extended) if trap.startswith("Extended.clip")]

    assert len(found) == 1
    assert advice in found[0]


def test_a_part_s_field_cannot_wait_for_its_call() -> None:
    """Of a part, a field counts at once with the part or by step, so the mark would mislead."""
    later = field(default=0.0, metadata=AFTER_CALL)
    extended = make_dataclass("Extended", [("clip", float, later)], bases=(Guide,), frozen=True)

    assert any("only a field of Trajectory" in trap for trap in traps(extended))
