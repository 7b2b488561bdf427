"""`erasebench list`: protocols, probes, methods and concepts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click
from tabulate import tabulate

from erasebench.cli import options
from erasebench.methods.registry import METHODS
from erasebench.probes.registry import probes_of, unlisted
from erasebench.protocol import PROTOCOLS, Protocol, protocol_named

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class ProtocolRow:
    """A protocol.

    Attributes:
        name: identifier, with its version.
        base: where the original pipeline is stored.
        image_size: side of an image in pixels.
        steps: DDIM steps.
        ranked: number of ranked concepts.
        prompts: prompt indices per ranked concept.
        digest: recorded in its results.
    """

    name: str
    base: str
    image_size: int
    steps: int
    ranked: int
    prompts: int
    digest: str


@dataclass(frozen=True)
class ProbeRow:
    """A probe under one protocol.

    Attributes:
        name, family, control, summary: as in `Probe`.
        draws: images per prompt index.
        ranked: whether it is ranked.
        listed: whether a full evaluation runs it; other probes run only when named.
    """

    name: str
    family: str
    draws: int
    ranked: bool
    listed: bool
    control: str | None
    summary: str


@dataclass(frozen=True)
class MethodRow:
    """An erasure method: which tensors it `changes`, and how."""

    name: str
    changes: str
    summary: str


@dataclass(frozen=True)
class ConceptRow:
    """A concept under one protocol.

    Attributes:
        name, kind, imagenet_index, prompt: as in `Concept`.
        ranked: whether it counts towards the score.
        retained: whether retention is measured on it.
    """

    name: str
    kind: str
    ranked: bool
    retained: bool
    imagenet_index: int | None
    prompt: str


def protocol_rows() -> tuple[ProtocolRow, ...]:
    """Every protocol, the default first."""
    return tuple(
        ProtocolRow(
            name=protocol.name,
            base=protocol.base.source,
            image_size=protocol.image_size,
            steps=protocol.steps,
            ranked=len(protocol.ranked),
            prompts=protocol.prompts,
            digest=protocol.digest,
        )
        for protocol in PROTOCOLS.values()
    )


def probe_rows(protocol: Protocol) -> tuple[ProbeRow, ...]:
    """Every probe that a protocol lists, then those that it does not list."""
    listed, other = probes_of(protocol), unlisted(protocol)
    also = {name: probe for name, probe in probes_of(protocol, other).items() if name not in listed}
    return tuple(
        ProbeRow(
            name=probe.name,
            family=probe.family,
            draws=len(probe.settings(protocol)),
            ranked=probe.name in protocol.ranked_probes,
            listed=probe.name in listed,
            control=probe.control,
            summary=probe.summary,
        )
        for probe in (*listed.values(), *also.values())
    )


def method_rows() -> tuple[MethodRow, ...]:
    """Every erasure method."""
    return tuple(
        MethodRow(method.name, method.changes, method.summary) for method in METHODS.values()
    )


def concept_rows(protocol: Protocol) -> tuple[ConceptRow, ...]:
    """Every concept of a protocol: objects, then styles."""
    return tuple(
        ConceptRow(
            name=concept.name,
            kind=concept.kind,
            ranked=concept.name in protocol.ranked,
            retained=concept.name in protocol.retention,
            imagenet_index=concept.imagenet_index,
            prompt=concept.prompt,
        )
        for concept in map(protocol.concept, protocol.concepts)
    )


_protocol_option = options.protocol("Protocol to list.")
_json_option = options.as_json("Print JSON.")


@click.group("list")
def command() -> None:
    """List protocols, probes, methods or concepts.

    \b
      erasebench list probes
      erasebench list concepts --protocol sd14-v1
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@_json_option
def protocols(as_json: bool) -> None:
    """List protocols: everything that defines an evaluation."""
    _print(protocol_rows(), as_json)


@command.command()
@_protocol_option
@_json_option
def probes(protocol_name: str, as_json: bool) -> None:
    """List probes: attempts to recover an erased concept."""
    _print(probe_rows(protocol_named(protocol_name)), as_json)


@command.command()
@_json_option
def methods(as_json: bool) -> None:
    """List methods that erase a concept."""
    _print(method_rows(), as_json)


@command.command()
@_protocol_option
@_json_option
def concepts(protocol_name: str, as_json: bool) -> None:
    """List concepts that can be erased."""
    _print(concept_rows(protocol_named(protocol_name)), as_json)


def _print(rows: Sequence[DataclassInstance], as_json: bool) -> None:
    """Prints rows as JSON, or as a table with yes, no and -."""
    facts = [asdict(row) for row in rows]
    if as_json:
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    words = {True: "yes", False: "no", None: "-"}
    cells = [
        {
            name: words[value] if value is None or isinstance(value, bool) else value
            for name, value in row.items()
        }
        for row in facts
    ]
    click.echo(tabulate(cells, headers="keys"))
