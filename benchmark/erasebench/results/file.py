"""Result and trace files: strict reading and one canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError

from erasebench.disk import replace_file
from erasebench.errors import ResultError
from erasebench.frozen_model import FrozenModel
from erasebench.protocol import PROTOCOLS, PUBLIC_SEED_SET, Protocol
from erasebench.protocol.seeds import find_season
from erasebench.results.facts import EDITED_ENCODER, without_defaults
from erasebench.results.json_file import (
    canonical_text,
    check_name,
    protocol_of_file,
    read_json,
    wrong_field,
)
from erasebench.results.record import NOTHING
from erasebench.results.result import RESULT_SCHEMA, Environment, Identity, Result
from erasebench.results.trace import Trace

TRACE_SCHEMA: Final = 1
"""Version of the schema; readers refuse others."""


class TraceFile(FrozenModel):
    """A trace of one checkpoint."""

    schema_version: Literal[1] = Field(TRACE_SCHEMA, description="Version of this schema.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    seed_set: str = Field(description="Name of the seed set.")
    identity: Identity = Field(description="Checkpoint and base.")
    environment: Environment = Field(description="Software and machine.")
    trace: Trace = Field(description="The curve.")


_ONE_A_LINE = ("outcomes", "base_outcomes")
"""Long lists of small objects, written one object per line."""

_OF_ONE_CHECKPOINT = 1
"""The version before: one checkpoint, with its facts at the top level."""

_READ = (_OF_ONE_CHECKPOINT, RESULT_SCHEMA)

_OWN = ("identity", "weight_change", "command", "run")
"""Fields of a checkpoint."""

_AGAIN = "Evaluate the checkpoint again."


def result_text(result: Result) -> str:
    """The canonical JSON of a result: sorted keys, full precision, newline at the end.

    Equal results have equal texts, and reading the text gives an equal result.

    Raises:
        ValueError: if a number is not finite.
    """
    content = result.model_dump(mode="json")
    content["probes"] = [without_defaults(facts) for facts in content["probes"]]
    return canonical_text(content, _ONE_A_LINE)


def write_result(path: Path, result: Result) -> None:
    """Writes a result; see `replace_file`.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old content stays.
    """
    replace_file(path, result_text(result).encode())


def load_result(path: Path, protocols: Mapping[str, Protocol] = PROTOCOLS) -> Result:
    """Reads a result file.

    Args:
        path: the file.
        protocols: protocols whose results can be read, by name.

    Raises:
        ResultError: if the file is missing, not JSON, or has another schema version or an unknown
            protocol; or if a field is missing, unknown, invalid, or names an unknown concept or
            probe. The message names the field.
    """
    content = read_json(path, again=_AGAIN)
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version not in _READ or isinstance(version, bool):
        raise ResultError(
            path,
            f"schema_version is {version!r}; this version of erasebench reads "
            f"{' and '.join(map(str, _READ))}. "
            "Evaluate the checkpoint again, or read the file with the version that wrote it.",
        )
    if version == _OF_ONE_CHECKPOINT:
        content = _with_its_checkpoint(content)
    try:
        result = Result.model_validate(content)
    except ValidationError as error:
        raise wrong_field(path, error, "See result.schema.json.") from error
    protocol = protocol_of_file(
        path, result.protocol, result.protocol_digest, protocols, again=_AGAIN
    )
    _check_seed_set(path, result)
    _check_names(path, result, protocol)
    _check_checkpoints(path, result)
    return result


def _with_its_checkpoint(content: dict[str, Any]) -> dict[str, Any]:
    """The content of a file of the version before, in the current form."""
    own = {field: content[field] for field in _OWN if field in content}
    shared = {field: value for field, value in content.items() if field not in _OWN}
    # Missing fields are reported by the validation that follows.
    with suppress(KeyError, TypeError):
        own["concepts"] = [cell["erased"] for cell in content["cells"]]
        shared["name"] = content["identity"]["name"]
    return {**shared, "schema_version": RESULT_SCHEMA, "checkpoints": [own]}


def _check_seed_set(path: Path, result: Result) -> None:
    """The public seeds have no digest, a season the published one."""
    season = None if result.seed_set == PUBLIC_SEED_SET else find_season(result.seed_set)
    if season is None and result.seed_set != PUBLIC_SEED_SET:
        raise ResultError(
            path,
            f"Field seed_set is wrong: {result.seed_set!r} is neither {PUBLIC_SEED_SET} nor a "
            "season of this version of erasebench.",
        )
    wanted = None if season is None else season.digest
    if result.seed_set_digest != wanted:
        raise ResultError(
            path,
            f"Field seed_set_digest is wrong: {result.seed_set_digest!r}; {result.seed_set} has "
            f"{wanted or 'none'}. These are not the published seeds: evaluate the checkpoint "
            "again.",
        )
    if season is not None and result.protocol not in season.protocols:
        raise ResultError(
            path,
            f"Field seed_set is wrong: season {season.name} is for "
            f"{', '.join(season.protocols)}, not {result.protocol}.",
        )


def _check_names(path: Path, result: Result, protocol: Protocol) -> None:
    """Concepts must belong to the protocol, and probes to the probes of the result."""
    concepts, probes = protocol.concepts, [probe.name for probe in result.probes]
    for number, probe in enumerate(result.probes):
        if probes.index(probe.name) != number:
            raise ResultError(
                path, f"Field probes.{number}.name is wrong: {probe.name!r} is repeated."
            )
        if probe.ranked != (probe.name in protocol.ranked_probes):
            raise ResultError(
                path,
                f"Field probes.{number}.ranked is wrong: the ranked probes of {result.protocol} "
                f"are {', '.join(protocol.ranked_probes)}.",
            )
    if lacking := [name for name in protocol.ranked_probes if name not in probes]:
        raise ResultError(
            path, f"Field probes is wrong: it lacks ranked probes: {', '.join(lacking)}."
        )
    for number, cell in enumerate(result.cells):
        check_name(path, f"cells.{number}.erased", cell.erased, concepts)
        for place, estimate in enumerate(cell.probes):
            check_name(path, f"cells.{number}.probes.{place}.probe", estimate.probe, probes)
    for field, outcomes, erased in (
        ("outcomes", result.outcomes, concepts),
        ("base_outcomes", result.base_outcomes, (*concepts, NOTHING)),
    ):
        for number, outcome in enumerate(outcomes):
            check_name(path, f"{field}.{number}.erased", outcome.erased, erased)
            check_name(path, f"{field}.{number}.target", outcome.target, concepts)
            check_name(path, f"{field}.{number}.probe", outcome.probe, probes)


def _check_checkpoints(path: Path, result: Result) -> None:
    """Each cell must belong to one checkpoint, and all checkpoints must be of one kind."""
    claimed = sorted(name for one in result.checkpoints for name in one.concepts)
    cells = sorted(cell.erased for cell in result.cells)
    if claimed != cells:
        raise ResultError(
            path,
            f"Field checkpoints is wrong: their concepts are {', '.join(claimed)}, but the cells "
            f"are {', '.join(cells) or 'none'}.",
        )
    for field, facts in (
        ("identity.method", {one.identity.method for one in result.checkpoints}),
        ("identity.base_digest", {one.identity.base_digest for one in result.checkpoints}),
        (
            f"identity.edited, as to {EDITED_ENCODER},",
            {EDITED_ENCODER in one.identity.edited for one in result.checkpoints},
        ),
    ):
        if len(facts) > 1:
            raise ResultError(
                path, f"Field checkpoints is wrong: {field} must be the same in all of them."
            )
