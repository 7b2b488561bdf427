"""`erasebench list`: protocols, probes, methods and concepts."""

from __future__ import annotations

import click
from tabulate import tabulate

from erasebench.cli import options
from erasebench.cli.output import show
from erasebench.methods.registry import METHODS
from erasebench.probes.registry import probes_of, unlisted
from erasebench.protocol import PROTOCOLS, Protocol

Row = dict[str, object]
"""A member of a registry: column → text, number, bool or None."""


def probe_rows(protocol: Protocol) -> list[Row]:
    """Every probe that a protocol lists, then those that it does not list."""
    listed = probes_of(protocol)
    return [
        {
            "name": probe.name,
            "family": probe.family,
            "draws": len(probe.settings(protocol)),
            "ranked": probe.name in protocol.ranked_probes,
            "listed": probe.name in listed,
            "control": probe.control,
            "summary": probe.summary,
        }
        for probe in (listed | probes_of(protocol, unlisted(protocol))).values()
    ]


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
def protocols(*, as_json: bool) -> None:
    """List protocols: everything that defines an evaluation.

    \b
      ranked   number of concepts that are scored
      prompts  prompt indices (a prompt and its seed) per ranked concept
      digest   identifies the protocol in results
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    rows: list[Row] = [
        {
            "name": protocol.name,
            "base": protocol.base.source,
            "image_size": protocol.image_size,
            "steps": protocol.steps,
            "ranked": len(protocol.ranked),
            "prompts": protocol.prompts,
            "digest": protocol.digest,
        }
        for protocol in PROTOCOLS.values()
    ]
    _print(rows, as_json=as_json)


@command.command()
@_protocol_option
@_json_option
def probes(protocol: Protocol, *, as_json: bool) -> None:
    """List probes: attempts to recover an erased concept.

    \b
      draws    images per prompt index
      ranked   counts towards robustness
      listed   part of a full evaluation; other probes run only with --probe
      control  probe with as many images but without the intervention
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    _print(probe_rows(protocol), as_json=as_json)


@command.command()
@_json_option
def methods(*, as_json: bool) -> None:
    """List methods that erase a concept, and the tensors that they change."""
    rows: list[Row] = [
        {"name": method.name, "changes": method.changes, "summary": method.summary}
        for method in METHODS.values()
    ]
    _print(rows, as_json=as_json)


@command.command()
@_protocol_option
@_json_option
def concepts(protocol: Protocol, *, as_json: bool) -> None:
    """List concepts that can be erased.

    \b
      ranked    counts towards the score
      retained  retention is measured on it
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    rows: list[Row] = [
        {
            "name": concept.name,
            "kind": concept.kind,
            "ranked": concept.name in protocol.ranked,
            "retained": concept.name in protocol.retention,
            "imagenet_index": concept.imagenet_index,
            "prompt": concept.prompt,
        }
        for concept in map(protocol.concept, protocol.concepts)
    ]
    _print(rows, as_json=as_json)


def _print(rows: list[Row], *, as_json: bool) -> None:
    """Prints rows as JSON, or as a table with yes, no and -."""
    words = {"True": "yes", "False": "no", "None": "-"}
    cells = [{name: words.get(str(value), value) for name, value in row.items()} for row in rows]
    show(rows, tabulate(cells, headers="keys"), as_json=as_json)
