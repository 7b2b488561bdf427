"""The places that a new probe, method, judge, protocol or verb must fill, as in CONTRIBUTING.

Each failure names the place to fill. A member that lies in its package and is not registered is
found in the source; one that is registered is looked for in every other place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from erasebench.cli.main import VERBS
from erasebench.methods.registry import METHODS, Method
from erasebench.methods.settings import Settings
from erasebench.probes.hand_over import HandOver
from erasebench.probes.probe import Probe
from erasebench.probes.registry import probes_of, registered
from erasebench.probes.unprompted import Unprompted
from erasebench.protocol import PICTOGRAM_V1, PROTOCOLS, PUBLIC_SEED_SET, Protocol
from erasebench.results.reference import References, references_of
from erasebench.scoring.registry import JUDGES
from tests.probes.example_probe import Shouted

CODE = "benchmark/erasebench"

SUBMITTED = ("ReplayedPlain", "ReplayedAttack")
"""Probes that are made of a submitted attack, and never registered."""


@dataclass(frozen=True)
class Place:
    """A place that a member must fill.

    Attributes:
        files: glob from the top of the checkout; one match is enough.
        holds: what belongs there.
        pattern: regular expression that one of the files must contain; empty if it need only exist.
    """

    files: str
    holds: str
    pattern: str = ""

    def is_filled(self, root: Path) -> bool:
        """Whether a file is there and contains the pattern."""
        return any(
            not self.pattern or re.search(self.pattern, path.read_text(encoding="utf-8"))
            for path in root.glob(self.files)
        )


def lacking(root: Path, name: str, places: list[Place]) -> list[str]:
    """The places that a member leaves empty, each with what belongs there."""
    return [
        f"{name} lacks {place.holds}: {place.files}"
        for place in places
        if not place.is_filled(root)
    ]


def _module(member: object) -> str:
    """The module of a class or function, without its package."""
    return str(member.__module__).rpartition(".")[2]


def places_of_probe(probe: Probe) -> list[Place]:
    """All places of a registered probe; probes of one module share its page."""
    module = _module(type(probe))
    quoted = rf'"{module}(_\w+)?"'
    places = [
        Place(f"{CODE}/probes/{module}.py", "its module"),
        Place("tests/probes/test_[!r][!l]*.py", "a test of its trajectories", quoted),
        Place(f"site/docs/probes/{module}.md", "its page"),
        Place("site/docs/probes/index.md", "a line for its page", rf"\({module}\.md\)"),
        Place(f"site/static/probes/{module}*.webp", "its figure (benchmark/figures/probes.py)"),
    ]
    if probe.erased_asked:
        planted = "tests/probes/test_planted.py"
        places.append(Place(planted, "its name, in one of the two tuples", quoted))
    if any(probe.name in protocol.ranked_probes for protocol in PROTOCOLS.values()) and (
        probe.control or probe.floor_is_control
    ):
        places += [
            Place(
                f"{CODE}/probes/{module}.py",
                "the attribute proven_on, since it is ranked",
                r"proven_on = ",
            ),
            Place("site/docs/selfcheck.md", "its planted erasure", rf"probes/{module}\.md"),
        ]
    return places


def places_of_method(method: Method[Any]) -> list[Place]:
    """All places of a registered method."""
    module, settings = _module(method.load()), type(method.paper).__name__
    return [
        Place(f"{CODE}/methods/{module}.py", "its module"),
        Place(f"{CODE}/methods/settings.py", f"its settings {settings}", rf"class {settings}\("),
        Place(
            f"{CODE}/methods/registry.py",
            f"settings tuned for {PICTOGRAM_V1.name}",
            rf'(?s)name="{method.name}",(?:(?!name=).)*"{PICTOGRAM_V1.name}"',
        ),
        Place(
            f"benchmark/tuning/records/{method.name}.json",
            "the record of its tuning (benchmark/tuning/methods.py)",
        ),
        Place(f"tests/methods/test_{module}.py", "a test of its objective"),
        Place("site/docs/methods.md", "its entry", f"`{method.name}`"),
    ]


def places_of_judge(load: Callable[..., object]) -> list[Place]:
    """All places of a registered kind of judge."""
    module = _module(load)
    return [
        Place(f"{CODE}/scoring/{module}.py", "its module"),
        Place(f"tests/scoring/test_{module}.py", "a test of its predictions"),
    ]


def places_of_protocol(protocol: Protocol) -> list[Place]:
    """All places of a registered protocol."""
    module = protocol.name.replace("-", "_")
    places = [
        Place(f"{CODE}/protocol/{module}.py", "its module"),
        Place("tests/**/*.py", "a test", rf'"{protocol.name}"|\b{module.upper()}\b'),
        Place("site/docs/about.md", "a description", f"`{protocol.name}`"),
    ]
    if not protocol.preview:
        files = f"{CODE}/references/{protocol.name}/base.json.gz"
        places.append(Place(files, "its references (erasebench reference build)"))
    return places


def places_of_verb(verb: str) -> list[Place]:
    """All places of a verb in the table."""
    return [
        Place(f"{CODE}/cli/{verb}.py", "its function `command`", r"(?m)^def command\("),
        Place("tests/**/test_*.py", "a test that calls it", f'"{verb}"'),
        Place("CHANGELOG.md", "a line for users", rf"`[^`]*\b{verb}\b[^`]*`"),
    ]


def unmeasured(protocol: Protocol, references: References) -> list[str]:
    """The listed probes that the references of a protocol lack."""
    if references.base is None:
        return []
    measured = {one.probe for one in references.base.outcomes}
    return [
        f"{name} lacks its references under {protocol.name}: run erasebench reference build"
        for name, probe in probes_of(protocol).items()
        if probe.on_base is None and name not in measured
    ]


def unregistered(root: Path) -> list[str]:
    """The members in the source that no registry names."""
    found = []
    for package, registry, members in (
        ("probes", "probes/registry.py", _probes),
        ("methods", "methods/registry.py", _methods),
        ("scoring", "scoring/registry.py", _judges),
        ("protocol", "protocol/registry.py", _protocols),
        ("cli", "cli/main.py", _verbs),
    ):
        known = (root / CODE / registry).read_text(encoding="utf-8")
        found += [
            f"{name} of {path.relative_to(root)} is not registered: add it to {CODE}/{registry}"
            for path in sorted((root / CODE / package).glob("*.py"))
            for name in members(path.stem, ast.parse(path.read_text(encoding="utf-8")))
            if path != root / CODE / registry and not re.search(rf"\b{re.escape(name)}\b", known)
        ]
    return found


def _probes(_: str, tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name not in SUBMITTED:
            bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
            if "Probe" in bases or any(base.endswith("Probe") for base in bases):
                yield node.name


def _methods(_: str, tree: ast.Module) -> Iterator[str]:
    for name, types in _public_functions(tree):
        if types[:1] == ["Erasure"] and "Settings" in "".join(types[1:]):
            yield name


def _judges(_: str, tree: ast.Module) -> Iterator[str]:
    for name, types in _public_functions(tree):
        if types[:1] == ["JudgePin"]:
            yield name


def _protocols(_: str, tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func) in ("Protocol", "replace", "dataclasses.replace")
        ):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _verbs(module: str, tree: ast.Module) -> Iterator[str]:
    if any(name == "command" for name, _ in _public_functions(tree)):
        yield module


def _public_functions(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Name and annotations of the arguments of each public function of a module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            found = (one.annotation for one in node.args.args)
            yield node.name, ["" if one is None else ast.unparse(one) for one in found]


PROBES = {
    name: probe
    for protocol in PROTOCOLS.values()
    for name, probe in registered(protocol).items()
    if not isinstance(probe, HandOver | Unprompted)
}
"""Every probe but those that the registry derives from others."""

PLACES = {
    **{f"probe {name}": places_of_probe(probe) for name, probe in PROBES.items()},
    **{f"method {name}": places_of_method(method) for name, method in METHODS.items()},
    **{f"judge {kind}": places_of_judge(load) for kind, load in JUDGES.items()},
    **{f"protocol {name}": places_of_protocol(protocol) for name, protocol in PROTOCOLS.items()},
    **{f"verb {verb}": places_of_verb(verb) for verb in VERBS},
}
"""Every registered member with its places."""

PLANTED = {
    "probes/negative.py": "class Negative(Probe):\n    name = 'negative'\n",
    "methods/unheard_of.py": "def erase(erasure: Erasure, settings: UnheardOfSettings): ...\n",
    "scoring/detector.py": "def load_detector(pin: JudgePin, device: torch.device): ...\n",
    "protocol/sd15_v1.py": "SD15_V1 = replace(SD14_V1, name='sd15-v1')\n",
    "cli/explain.py": "def command() -> None: ...\n",
}
"""Members that are in their package and in no registry."""


@pytest.mark.parametrize("name", PLACES)
def test_a_registered_member_fills_every_place(root: Path, name: str) -> None:
    """Module, settings, tests, page and its line, figure, records: as its kind needs."""
    found = lacking(root, name, PLACES[name])

    assert not found, "\n".join(found)


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_every_listed_probe_has_its_references(protocol: Protocol) -> None:
    """Otherwise each user measures the base, and the probe has no floor."""
    assert unmeasured(protocol, references_of(protocol, PUBLIC_SEED_SET)) == []


def test_every_member_in_the_source_is_registered(root: Path) -> None:
    """A module alone changes nothing."""
    assert unregistered(root) == []


@pytest.mark.parametrize("name", PLACES)
def test_each_place_can_be_lacking(tmp_path: Path, name: str) -> None:
    """Where nothing is, every place is named, so none is filled by its mere form."""
    assert PLACES[name]
    assert len(lacking(tmp_path, name, PLACES[name])) == len(PLACES[name])


def test_a_half_added_probe_names_its_places(root: Path) -> None:
    """One that is in the registry alone lacks all else, by name."""
    found = "\n".join(lacking(root, "probe shouted", places_of_probe(Shouted())))

    assert "its page: site/docs/probes/example_probe.md" in found
    assert "a line for its page: site/docs/probes/index.md" in found
    assert "its name, in one of the two tuples: tests/probes/test_planted.py" in found
    assert len(found.splitlines()) == 6


def test_a_half_added_method_names_its_places(root: Path) -> None:
    """Its function may lie in the module of another method; entry and tuning are its own."""
    method = replace(METHODS["uce"], name="unheard_of", paper=Settings())
    found = "\n".join(lacking(root, "method unheard_of", places_of_method(method)))

    assert "its entry: site/docs/methods.md" in found
    assert "its settings Settings" not in found
    assert "benchmark/tuning/records/unheard_of.json" in found
    assert "settings tuned for pictogram-v1" in found


def test_half_added_members_of_other_kinds_name_their_places(root: Path) -> None:
    """A judge without tests, a protocol without a page, a verb without a command."""
    # Names that are quoted nowhere, since this file is searched as well.
    protocol, verb = replace(PICTOGRAM_V1, name=f"{PICTOGRAM_V1.name}b"), f"{max(VERBS)}s"
    found = [
        *lacking(root, "judge example", places_of_judge(Shouted)),
        *lacking(root, "protocol", places_of_protocol(protocol)),
        *lacking(root, "verb", places_of_verb(verb)),
    ]

    assert [line.split(":")[0] for line in found] == [
        "judge example lacks its module",
        "judge example lacks a test of its predictions",
        "protocol lacks its module",
        "protocol lacks a test",
        "protocol lacks a description",
        "protocol lacks its references (erasebench reference build)",
        "verb lacks its function `command`",
        "verb lacks a test that calls it",
        "verb lacks a line for users",
    ]


def test_a_listed_probe_without_references_is_found() -> None:
    """As where a protocol lists one and its references are of before."""
    stored = references_of(PICTOGRAM_V1, PUBLIC_SEED_SET)
    assert stored.base is not None
    few = tuple(one for one in stored.base.outcomes if one.probe != "relearning")
    older = replace(stored, base=stored.base.model_copy(update={"outcomes": few}))

    assert unmeasured(PICTOGRAM_V1, older) == [
        "relearning lacks its references under pictogram-v1: run erasebench reference build"
    ]


@pytest.mark.parametrize("planted", PLANTED)
def test_an_unregistered_member_is_found(tmp_path: Path, planted: str) -> None:
    """The message names the registry that lacks it."""
    for registry in (
        "probes/registry.py",
        "methods/registry.py",
        "scoring/registry.py",
        "protocol/registry.py",
        "cli/main.py",
    ):
        path = tmp_path / CODE / registry
        path.parent.mkdir(parents=True)
        path.write_text("", encoding="utf-8")
    (tmp_path / CODE / planted).write_text(PLANTED[planted], encoding="utf-8")
    (found,) = unregistered(tmp_path)

    assert f"{CODE}/{planted} is not registered: add it to {CODE}/" in found
    assert found.split(f"{CODE}/")[-1].split("/")[0] == planted.partition("/")[0]


@pytest.mark.parametrize(
    ("heading", "places"),
    [
        ("A probe", PLACES["probe noise"]),
        ("An erasure method", PLACES["method uce"]),
        ("A judge", PLACES["judge classifier"]),
        ("A protocol", PLACES["protocol pictogram-v1"]),
        ("A command", PLACES["verb evaluate"]),
    ],
)
def test_contributing_lists_every_place(root: Path, heading: str, places: list[Place]) -> None:
    """By its file, or by its folder where the file bears the member's name."""
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    own = re.compile(r"[*]|noise|uce|classifier|pictogram.v1|evaluate")
    for place in places:
        path = place.files.removeprefix(f"{CODE}/")
        while own.search(path):
            path = path.rpartition("/")[0]
        assert path in section or Path(path).name in section, place
