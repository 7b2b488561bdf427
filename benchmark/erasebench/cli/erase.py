"""`erasebench erase`: erases a concept from a protocol's base and writes the diff."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from erasebench.cli import options
from erasebench.cli.options import DEFAULT_PROTOCOL
from erasebench.cli.output import show, with_path
from erasebench.methods.registry import METHODS, method_named
from erasebench.protocol import Protocol
from erasebench.results.trace import LEAST_POINTS


def _settings_help() -> str:
    """Every method's settings with values and descriptions, for the end of the help."""
    lines = []
    for method in METHODS.values():
        lines.append(f"\b\nSettings of {method.name} (changes {method.changes}):")
        fields = type(method.paper).model_fields
        for name, value in method.settings(DEFAULT_PROTOCOL).as_words().items():
            lines.append(f"  {name}={value}  {fields[name].description}")
        lines.append("")
    return "\n".join(lines)


HELP = f"""Erase a concept from a protocol's base.

Writes a diff with the changed tensors, and a readable card next to it (.card.json). METHOD is one
of {", ".join(METHODS)}. An interrupted training resumes with the same command.

\b
  erasebench erase esd_x --concept church -o church.safetensors
  erasebench erase uce --concept church --set damping=0.2
  erasebench erase esd_x --concept church --checkpoints 10
  erasebench evaluate church.safetensors

Settings are shown with their values for {DEFAULT_PROTOCOL}; change one with --set.

{_settings_help()}"""


@click.command(help=HELP)
@click.argument("method_name", metavar="METHOD")
@click.option("--concept", "concept_name", required=True, help="Concept to erase.")
@options.protocol("Protocol whose base is edited.")
@options.output(
    "File to write; an existing file is replaced.  [default: METHOD-CONCEPT.safetensors]"
)
@options.compute
@options.seed()
@click.option(
    "--set",
    "overrides",
    metavar="NAME=VALUE",
    multiple=True,
    help="Change a setting of the method; repeat for several.",
)
@click.option(
    "--checkpoints",
    metavar="N",
    type=click.IntRange(min=LEAST_POINTS - 1),
    help="Also write N diffs, evenly spaced over the training, to NAME.checkpoints/ for "
    "`erasebench trace --along`; the last equals the output. Not available for closed-form "
    "methods.",
)
@options.as_json("Print the card as JSON.")
def command(
    method_name: str,
    concept_name: str,
    protocol: Protocol,
    output: Path | None,
    seed: int,
    overrides: tuple[str, ...],
    checkpoints: int | None,
    *,
    as_json: bool,
    **compute: Unpack[options.DeviceOptions],
) -> None:
    """Erases and prints the paths; the help is in `HELP`."""
    method = method_named(method_name)
    concept = protocol.concept(concept_name)
    settings = method.settings(protocol.name).with_overrides(overrides)
    path = output or Path(f"{method.name}-{concept.name}.safetensors")

    # Loads torch, so only after the options have been checked.
    from erasebench.methods.checkpoints import checkpoints_folder
    from erasebench.methods.erase import card_path, erase

    erased = erase(
        method,
        protocol,
        concept,
        settings,
        path,
        seed=seed,
        checkpoints=checkpoints,
        **compute,
    )
    lines: list[object] = [
        f"{erased.tensors} tensors changed ({erased.values:,} values): {card_path(path)}",
        path,
    ]
    if checkpoints is not None:
        lines.insert(0, f"{checkpoints} training checkpoints: {checkpoints_folder(path)}")
    show(with_path(path, erased), *lines, as_json=as_json)
