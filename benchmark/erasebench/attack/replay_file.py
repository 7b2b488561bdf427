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
"""Maximum bytes of a file; a replay with 30 prompts has about 0.1 MB."""

_AGAIN = "Replay the attack again."


def replay_text(replay: Replay) -> str:
    """The canonical JSON text of a replay, one record per line."""
    return canonical_text(replay.model_dump(mode="json"), _RECORDS)


def write_replay(path: Path, replay: Replay) -> None:
    """Writes a replay durably.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old content stays.
    """
    replace_file(path, replay_text(replay).encode())


def load_replay(path: Path, protocols: Mapping[str, Protocol] = PROTOCOLS) -> Replay:
    """Reads a replay; `check_replay` recomputes its rates.

    Args:
        path: the file.
        protocols: known protocols, by name; replays of others are rejected.

    Raises:
        ResultError: if it is missing, too long, not JSON, of another schema, protocol, seed set or
            retrained model, or has missing, double or foreign records; names the field.
    """
    content = read_json(path, longest=LONGEST, again=_AGAIN)
    try:
        replay = Replay.model_validate(content)
    except ValidationError as error:
        raise wrong_field(path, error, "See replay.schema.json.") from error
    protocol = protocol_of_file(
        path, replay.protocol, replay.protocol_digest, protocols, again=_AGAIN
    )
    check_name(path, "attack.concept", replay.attack.concept, protocol.ranked)
    both, floor = (REPLAYED, REPLAYED_PLAIN), (REPLAYED,) if protocol.retrain else ()
    for field, probes in zip(_RECORDS, (both, both, floor), strict=True):
        _check_records(path, replay, protocol, field, probes)
    _check_floor(path, replay, protocol)
    if replay.seed_set != PUBLIC_SEED_SET:
        raise ResultError(
            path,
            f"Field seed_set is wrong: {quoted(replay.seed_set)}; in a replay it is "
            f"{PUBLIC_SEED_SET}, also for entries of a season.",
        )
    return replay


def _check_floor(path: Path, replay: Replay, protocol: Protocol) -> None:
    """Rejects a floor that is not of the protocol's retrained model."""
    if (replay.floor_digest is not None) != bool(protocol.retrain):
        raise ResultError(
            path,
            "Field floor_digest is wrong: it must be given if, and only if, the protocol has a "
            "retrained model.",
        )
    known = references_of(protocol, PUBLIC_SEED_SET).retrain
    if known is not None and replay.floor_digest not in (None, known.tensors_digest):
        raise ResultError(
            path,
            f"Field floor_digest is wrong: {quoted(replay.floor_digest)}, but the retrained model "
            f"of {protocol.name} is {known.tensors_digest[:12]}. {_AGAIN}",
        )


def _check_records(
    path: Path, replay: Replay, protocol: Protocol, field: str, probes: tuple[str, ...]
) -> None:
    """Rejects records other than one per probe and prompt index."""
    wanted = {(probe, index) for probe in probes for index in range(protocol.prompts)}
    records: tuple[Record, ...] = getattr(replay, field)
    for number, record in enumerate(records):
        trial, concept = record.trial, replay.attack.concept
        own = (trial.erased, trial.target, trial.variant) == (concept, concept, 0)
        if not own or record.setting or (trial.probe, trial.prompt_index) not in wanted:
            raise ResultError(
                path,
                f"Field {field}.{number}.trial is wrong: it is a duplicate, or not of this attack.",
            )
        wanted.discard((trial.probe, trial.prompt_index))
    if wanted:
        probe, index = min(wanted)
        raise ResultError(path, f"Field {field} is wrong: it lacks {probe}, prompt {index}.")
