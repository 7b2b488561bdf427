"""Verifies result files: schema, protocol, plan, scores, and optionally records and attestation."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from erasebench.errors import ErasebenchError, ResultError
from erasebench.evaluation.plan.plan import submission_plan
from erasebench.evaluation.plan.request import CHECKPOINTS
from erasebench.evaluation.plan.selection import RETENTION, select, suite_of
from erasebench.evaluation.run.run_folder import RUN, read_spec
from erasebench.evaluation.verify.records import (
    described,
    differing_base_records,
    differing_outcomes,
    differing_records,
)
from erasebench.probes.registry import facts_of, unlisted
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.protocol.seeds import find_season
from erasebench.results.facts import EDITED_ENCODER
from erasebench.results.file import load_result
from erasebench.results.outcome import Outcome, OutcomeKey
from erasebench.results.reference import references_of
from erasebench.results.result import Result
from erasebench.stats.recount import differing_figures

GH = "gh"
"""GitHub's command line, which checks attestations."""

_SECONDS = 120
"""Time limit for GitHub's answer."""


@dataclass(frozen=True)
class Check:
    """One check of a result.

    Attributes:
        name: of the check.
        differs: all differences, as text.
        skipped: the reason if it was skipped; else None.
        note: an addition for readers.
    """

    name: str
    differs: tuple[str, ...] = ()
    skipped: str | None = None
    note: str | None = None


def verify(
    path: Path,
    runs: Sequence[Path] = (),
    repository: str | None = None,
    protocols: Mapping[str, Protocol] = PROTOCOLS,
) -> tuple[Check, ...]:
    """Checks a result as far as possible on this machine.

    Args:
        path: its file.
        runs: run folders of its evaluations; empty to skip the records.
        repository: owner/name whose workflow must have made the file; None to skip the
            attestation.
        protocols: protocols of readable results, by name.

    Returns:
        The checks, in order. A file that cannot be read is checked no further.
    """
    attested = _attested(path, repository)
    try:
        result = load_result(path, protocols)
    except ResultError as error:
        return Check("schema and protocol", (str(error),)), attested
    protocol = protocols[result.protocol]
    records = Check("records", skipped="needs the folder of the run, --run")
    if runs:
        records = _check("records", lambda: _differing_runs(result, runs, protocol))
    return (
        Check("schema and protocol"),
        _seeded(result),
        _check("probes", lambda: _differing_facts(result, protocol)),
        _check("plan", lambda: _differing_plan(result, protocol)),
        _check("references", lambda: _differing_references(result, protocol)),
        _check("scores and estimates", lambda: differing_figures(path, result, protocol)),
        records,
        attested,
    )


def _seeded(result: Result) -> Check:
    """The seed set; its digest was compared when the file was read."""
    season = find_season(result.seed_set)
    if season is None or season.revealed is not None:
        return Check("seed set")
    return Check(
        "seed set",
        note=f"the digest of {result.seed_set} is the published one; its seeds are hidden, and "
        "images can be generated again once the season is over",
    )


def _check(name: str, differing: Callable[[], Iterable[str]]) -> Check:
    """An error counts as a difference."""
    found: list[str] = []
    try:
        found.extend(differing())
    except ErasebenchError as error:
        found.append(str(error))
    return Check(name, tuple(found))


def _differing_facts(result: Result, protocol: Protocol) -> Iterator[str]:
    """Differences between the result's probes and the protocol's; summaries may be reworded."""
    stated = {facts.name: facts for facts in result.probes}
    known = {facts.name: facts for facts in facts_of(protocol, _unlisted(result, protocol))}
    for name in known.keys() - stated.keys():
        yield f"probes lacks {name}"
    for name, facts in stated.items():
        if name not in known:
            yield f"probes has {name}, which the protocol does not have"
            continue
        if facts.version != known[name].version:
            yield (
                f"probes, {name}: the result has version {facts.version}, but this version of "
                f"erasebench has version {known[name].version}; evaluate the checkpoint again"
            )
            continue
        for field, value in facts:
            if field != "summary" and value != getattr(known[name], field):
                yield f"probes, {name}: {field} is {value!r}, not {getattr(known[name], field)!r}"
    if not stated.keys() ^ known.keys() and list(stated) != list(known):
        yield "probes are not in the protocol's order"


def _unlisted(result: Result, protocol: Protocol) -> tuple[str, ...]:
    """The probes of a partial result that its protocol does not list."""
    stated = {facts.name for facts in result.probes if result.partial is not None}
    return tuple(name for name in unlisted(protocol) if name in stated)


def _differing_plan(result: Result, protocol: Protocol) -> Iterator[str]:
    """Questions that are missing, or not the protocol's.

    A partial result may lack some, but each of its questions has all its draws.
    """
    planned: Counter[OutcomeKey] = Counter()
    probes = (*suite_of(protocol), *_unlisted(result, protocol), RETENTION)
    for checkpoint in result.checkpoints:
        plan = submission_plan(
            protocol,
            select(protocol, checkpoint.concepts, probes),
            encoder_edited=EDITED_ENCODER in checkpoint.identity.edited,
        )
        planned.update(plan.questions)
    stated = {one.key: one for one in result.outcomes}
    for key, one in stated.items():
        if key not in planned:
            yield f"{described(key)}: the protocol does not ask this"
        elif one.draws != planned[key]:
            yield f"{described(key)}: draws is {one.draws}, the protocol has {planned[key]}"
    if result.partial is None:
        missing: dict[tuple[str, str, str], OutcomeKey] = {}
        for key in planned:
            if key not in stated:
                missing.setdefault(key[:3], key)
        # One difference for each erased concept, target and probe.
        yield from (f"{described(key)}: it is missing" for key in missing.values())


def _stored_base(result: Result, protocol: Protocol) -> dict[OutcomeKey, Outcome]:
    """The base's outcomes in the protocol's reference."""
    base = references_of(protocol, result.seed_set).base
    return {one.key: one for one in (() if base is None else base.current(result.probes))}


def _differing_references(result: Result, protocol: Protocol) -> Iterator[str]:
    """Differences in the references' digests and in the base's outcomes that they hold."""
    digests = references_of(protocol, result.seed_set).digests
    for role in sorted(digests.keys() | result.references.keys()):
        stated, known = result.references.get(role, "none"), digests.get(role, "none")
        if stated != known:
            yield f"references, {role}: the digest is {stated[:12]}, here it is {known[:12]}"
    stored_base = _stored_base(result, protocol)
    of_base = [one for one in result.base_outcomes if one.key in stored_base]
    same = [stored_base[one.key] for one in of_base]
    yield from differing_outcomes(
        of_base, same, prefix="the base on ", source="the reference gives"
    )


def _differing_runs(result: Result, places: Sequence[Path], protocol: Protocol) -> Iterator[str]:
    """Differences between the result and its runs' records."""
    runs = tuple(dict.fromkeys(run for place in places for run in _runs_in(place)))
    found = {concept for run in runs for concept in read_spec(run).concepts}
    for cell in result.cells:
        if cell.erased not in found:
            yield f"no run of {cell.erased} was given"
    for run in runs:
        yield from (f"{run}: {one}" for one in differing_records(result, run, protocol))
    stored = _stored_base(result, protocol)
    yield from differing_base_records(result.base_outcomes, runs, stored)


def _runs_in(place: Path) -> tuple[Path, ...]:
    """The folder of a run, or those of a submission's checkpoints."""
    inside = sorted(place.glob(f"{CHECKPOINTS}/*/{RUN}"))
    return tuple(run.parent for run in inside) or (place,)


def _attested(path: Path, repository: str | None) -> Check:
    """Whether a workflow of the repository made the file, according to GitHub."""
    name = "attestation"
    if repository is None:
        return Check(name, skipped="needs the repository, --repository")
    if shutil.which(GH) is None:
        return Check(name, skipped="gh is not installed on this machine")
    words = [GH, "attestation", "verify", str(path), "--repo", repository]
    try:
        # Without a shell; the user chooses which `gh` is found.
        answer = subprocess.run(  # noqa: S603
            words, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Check(name, (f"gh did not answer in {_SECONDS} s",))
    if answer.returncode == 0:
        return Check(name)
    said = " ".join((answer.stderr or answer.stdout).split())
    problem = f"gh attestation verify --repo {repository}: {said or f'exit {answer.returncode}'}"
    return Check(name, (problem,))
