"""Result and trace files: read strictly, written in one canonical form."""

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
"""Version of the file's schema; a reader refuses any other."""


class TraceFile(FrozenModel):
    """One trace of one checkpoint."""

    schema_version: Literal[1] = Field(TRACE_SCHEMA, description="Version of this schema.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    seed_set: str = Field(description="Name of the seed set.")
    identity: Identity = Field(description="Checkpoint and base.")
    environment: Environment = Field(description="Software and machine.")
    trace: Trace = Field(description="The curve.")


_ONE_A_LINE = ("outcomes", "base_outcomes")
"""Long lists of small objects: one object a line keeps files short and their diffs readable."""

_OF_ONE_CHECKPOINT = 1
"""The version before: of one checkpoint, whose own facts stand at the top level."""

_READ = (_OF_ONE_CHECKPOINT, RESULT_SCHEMA)

_OWN = ("identity", "weight_change", "command", "run")
"""What a checkpoint has for its own."""

_AGAIN = "Evaluate the checkpoint again."


def result_text(result: Result) -> str:
    """The one JSON text of a result: keys sorted, floats at full precision, newline at the end.

    Equal results have equal texts, and the text read again is an equal result.

    Raises:
        ValueError: if a number is not finite.
    """
    content = result.model_dump(mode="json")
    content["probes"] = [without_defaults(facts) for facts in content["probes"]]
    return canonical_text(content, _ONE_A_LINE)


def write_result(path: Path, result: Result) -> None:
    """Writes a result durably: at any moment the file holds the old content or the new.

    Raises:
        DiskFullError: if there is no room; the old content stays.
    """
    replace_file(path, result_text(result).encode())


def load_result(path: Path, protocols: Mapping[str, Protocol] = PROTOCOLS) -> Result:
    """Reads a result file.

    Args:
        path: the file.
        protocols: those whose results can be read, by name.

    Raises:
        ResultError: if it is not there, is no JSON, is of another schema or of a protocol that
            this version does not have, or if a field is missing, unknown or wrong, or names a
            concept or probe that there is not; names the field.
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
        raise wrong_field(path, error, "result.schema.json says what it must hold.") from error
    protocol = protocol_of_file(
        path, result.protocol, result.protocol_digest, protocols, again=_AGAIN
    )
    _check_seed_set(path, result)
    _check_names(path, result, protocol)
    _check_checkpoints(path, result)
    return result


def _with_its_checkpoint(content: dict[str, Any]) -> dict[str, Any]:
    """What a file of the version before says, in the form of this one."""
    own = {field: content[field] for field in _OWN if field in content}
    shared = {field: value for field, value in content.items() if field not in _OWN}
    # What is missing here is told as of any other file.
    with suppress(KeyError, TypeError):
        own["concepts"] = [cell["erased"] for cell in content["cells"]]
        shared["name"] = content["identity"]["name"]
    return {**shared, "schema_version": RESULT_SCHEMA, "checkpoints": [own]}


def _check_seed_set(path: Path, result: Result) -> None:
    """The public seeds have no digest, and a season's have that which was published."""
    season = None if result.seed_set == PUBLIC_SEED_SET else find_season(result.seed_set)
    if season is None and result.seed_set != PUBLIC_SEED_SET:
        raise ResultError(
            path,
            f"Field seed_set is wrong: {result.seed_set!r} is neither {PUBLIC_SEED_SET} nor a "
            "season that this version of erasebench has.",
        )
    wanted = None if season is None else season.digest
    if result.seed_set_digest != wanted:
        raise ResultError(
            path,
            f"Field seed_set_digest is wrong: {result.seed_set_digest!r}, that of "
            f"{result.seed_set} is {wanted or 'none'}. Its seeds are not the ones that were "
            "published: evaluate the checkpoint again.",
        )
    if season is not None and result.protocol not in season.protocols:
        raise ResultError(
            path,
            f"Field seed_set is wrong: season {season.name} is held under "
            f"{', '.join(season.protocols)}, not {result.protocol}.",
        )


def _check_names(path: Path, result: Result, protocol: Protocol) -> None:
    """Every concept is the protocol's, every probe one that the result describes."""
    concepts, probes = protocol.concepts, [probe.name for probe in result.probes]
    for number, probe in enumerate(result.probes):
        if probes.index(probe.name) != number:
            raise ResultError(path, f"Field probes.{number}.name is wrong: {probe.name!r} again.")
        if probe.ranked != (probe.name in protocol.ranked_probes):
            raise ResultError(
                path,
                f"Field probes.{number}.ranked is wrong: the probes that rank under "
                f"{result.protocol} are {', '.join(protocol.ranked_probes)}.",
            )
    if lacking := [name for name in protocol.ranked_probes if name not in probes]:
        raise ResultError(
            path, f"Field probes is wrong: it lacks {', '.join(lacking)}, which rank."
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
    """Every cell is one checkpoint's, and what is scored together is of one kind."""
    claimed = sorted(name for one in result.checkpoints for name in one.concepts)
    cells = sorted(cell.erased for cell in result.cells)
    if claimed != cells:
        raise ResultError(
            path,
            f"Field checkpoints is wrong: their concepts are {', '.join(claimed)}, and there are "
            f"cells of {', '.join(cells) or 'none'}.",
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
                path, f"Field checkpoints is wrong: {field} is not the same in all of them."
            )
