"""Files of replays: written canonically, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from erasebench.attack.replay_result import REPLAYED, REPLAYED_PLAIN, Replay
from erasebench.disk import replace_file
from erasebench.errors import ResultError, quoted
from erasebench.protocol import PROTOCOLS, PUBLIC_SEED_SET, Protocol
from erasebench.results.json_file import (
    canonical_text,
    check_name,
    protocol_of_file,
    read_json,
    wrong_field,
)
from erasebench.results.record import Record
from erasebench.results.reference import references_of

_RECORDS = ("records", "base_records", "floor_records")

LONGEST = 16 * 1024 * 1024
"""Bytes of a file; one of thirty prompts has a tenth of a megabyte."""

_AGAIN = "Replay the attack again."


def replay_text(replay: Replay) -> str:
    """The one JSON text of a replay, a record a line."""
    return canonical_text(replay.model_dump(mode="json"), _RECORDS)


def write_replay(path: Path, replay: Replay) -> None:
    """Writes a replay durably.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old content stays.
    """
    replace_file(path, replay_text(replay).encode())


def load_replay(path: Path, protocols: Mapping[str, Protocol] = PROTOCOLS) -> Replay:
    """Reads a replay; whether its figures are those of its records is `check_replay`'s to say.

    Args:
        path: the file.
        protocols: those whose replays can be read, by name.

    Raises:
        ResultError: if it is not there, too long, no JSON, of another schema, protocol or seed
            set, its floor is of another model than the protocol's, or records are missing, double
            or of something else; names the field.
    """
    content = read_json(path, longest=LONGEST, again=_AGAIN)
    try:
        replay = Replay.model_validate(content)
    except ValidationError as error:
        raise wrong_field(path, error, "replay.schema.json says what it must hold.") from error
    protocol = protocol_of_file(
        path, replay.protocol, replay.protocol_digest, protocols, again=_AGAIN
    )
    check_name(path, "attack.concept", replay.attack.concept, protocol.ranked)
    both = (REPLAYED, REPLAYED_PLAIN)
    _check_records(path, replay, protocol, "records", both)
    _check_records(path, replay, protocol, "base_records", both)
    floored = bool(protocol.retrain)
    _check_records(path, replay, protocol, "floor_records", (REPLAYED,) if floored else ())
    _check_floor(path, replay, protocol)
    if replay.seed_set != PUBLIC_SEED_SET:
        raise ResultError(
            path,
            f"Field seed_set is wrong: {quoted(replay.seed_set)}; a replay's is {PUBLIC_SEED_SET}, "
            "whatever its row's.",
        )
    return replay


def _check_floor(path: Path, replay: Replay, protocol: Protocol) -> None:
    """The floor is that of the protocol's own model, as its references name it."""
    if (replay.floor_digest is not None) != bool(protocol.retrain):
        raise ResultError(
            path,
            "Field floor_digest is wrong: it is there where the protocol has a model that never "
            "knew the concept, and only there.",
        )
    known = references_of(protocol, PUBLIC_SEED_SET).retrain
    if known is not None and replay.floor_digest not in (None, known.tensors_digest):
        raise ResultError(
            path,
            f"Field floor_digest is wrong: {quoted(replay.floor_digest)}, and the model of "
            f"{protocol.name} that never knew the concept is {known.tensors_digest[:12]}. {_AGAIN}",
        )


def _check_records(
    path: Path, replay: Replay, protocol: Protocol, field: str, probes: tuple[str, ...]
) -> None:
    """Every prompt index by every probe, once, and nothing else."""
    wanted = {(probe, index) for probe in probes for index in range(protocol.prompts)}
    records: tuple[Record, ...] = getattr(replay, field)
    for number, record in enumerate(records):
        trial, concept = record.trial, replay.attack.concept
        own = (trial.erased, trial.target, trial.variant) == (concept, concept, 0)
        if not own or record.setting or (trial.probe, trial.prompt_index) not in wanted:
            raise ResultError(
                path,
                f"Field {field}.{number}.trial is wrong: it is double, or not of this attack.",
            )
        wanted.discard((trial.probe, trial.prompt_index))
    if wanted:
        probe, index = min(wanted)
        raise ResultError(path, f"Field {field} is wrong: it lacks {probe}, prompt {index}.")
