"""Verifies result files: schema, protocol, plan, figures, and optionally GitHub's attestation."""

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
    differing_base_records,
    differing_outcomes,
    differing_records,
    words_of,
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


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what.
        differs: everything in which it is not what it should be, in words.
        skipped: why it was not looked at; None where it was.
        note: what whoever relies on it should know besides.
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
    """Checks a result as far as it can be checked here.

    Args:
        path: its file.
        runs: folders of the evaluations that it came from; without any its records are not looked
            at.
        repository: owner/name of whose workflow must have made it; None to leave that out.
        protocols: those whose results can be read, by name.

    Returns:
        What was looked at, in order. A file that cannot be read is looked at no further.
    """
    attested = _attested(path, repository)
    try:
        result = load_result(path, protocols)
    except ResultError as error:
        return Check("schema and protocol", (str(error),)), attested
    protocol = protocols[result.protocol]
    return (
        Check("schema and protocol"),
        _seeded(result),
        _check("probes", lambda: _differing_facts(result, protocol)),
        _check("plan", lambda: _differing_plan(result, protocol)),
        _check("references", lambda: _differing_references(result, protocol)),
        _check("scores and estimates", lambda: differing_figures(path, result, protocol)),
        _recorded(result, runs, protocol),
        attested,
    )


def _seeded(result: Result) -> Check:
    """Whose seeds they are; reading the file has compared the digest with the published one."""
    season = find_season(result.seed_set)
    hidden = season is not None and season.revealed is None
    return Check(
        "seed set",
        note=f"the digest of {result.seed_set} is the published one; its seeds are hidden, and "
        "pictures can be drawn again once the season is over"
        if hidden
        else None,
    )


def _check(name: str, differing: Callable[[], Iterable[str]]) -> Check:
    """What cannot be looked at at all is told as a difference."""
    found: list[str] = []
    try:
        found.extend(differing())
    except ErasebenchError as error:
        found.append(str(error))
    return Check(name, tuple(found))


def _differing_facts(result: Result, protocol: Protocol) -> Iterator[str]:
    """What the result says of its probes, and the probes do not."""
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
                f"probes, {name}: the result is of its version {facts.version}, and this version "
                f"of erasebench asks version {known[name].version}; evaluate the checkpoint again"
            )
            continue
        for field, value in facts:
            if value != getattr(known[name], field):
                yield f"probes, {name}: {field} is {value!r}, not {getattr(known[name], field)!r}"
    if not stated.keys() ^ known.keys() and list(stated) != list(known):
        yield "probes are not in the protocol's order"


def _unlisted(result: Result, protocol: Protocol) -> tuple[str, ...]:
    """The probes that a partial result has beside those of its protocol."""
    stated = {facts.name for facts in result.probes if result.partial is not None}
    return tuple(name for name in unlisted(protocol) if name in stated)


def _differing_plan(result: Result, protocol: Protocol) -> Iterator[str]:
    """Questions that were to be asked and were not, and others than could be.

    A partial result may lack some; but what it asks is asked in full.
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
    asked = {one.key: one for one in result.outcomes}
    for key, one in asked.items():
        if key not in planned:
            yield f"{words_of(key)}: the protocol does not ask this"
        elif one.draws != planned[key]:
            yield f"{words_of(key)}: draws is {one.draws}, the protocol has {planned[key]}"
    if result.partial is None:
        lacking = [key for key in planned if key not in asked]
        yield from (f"{words_of(key)}: it is missing" for key in _first_of_each(lacking))


def _first_of_each(keys: Iterable[OutcomeKey]) -> Iterator[OutcomeKey]:
    """One key for each (erased concept, target, probe): a probe that is gone is one difference."""
    seen: set[tuple[str, str, str]] = set()
    for key in keys:
        if key[:3] not in seen:
            seen.add(key[:3])
            yield key


def _known_base(result: Result, protocol: Protocol) -> dict[OutcomeKey, Outcome]:
    base = references_of(protocol, result.seed_set).base
    return {one.key: one for one in (() if base is None else base.current(result.probes))}


def _differing_references(result: Result, protocol: Protocol) -> Iterator[str]:
    """Digests of references, and what the base gave by them."""
    digests = references_of(protocol, result.seed_set).digests
    for role in sorted(digests.keys() | result.references.keys()):
        stated, known = result.references.get(role, "none"), digests.get(role, "none")
        if stated != known:
            yield f"references, {role}: the digest is {stated[:12]}, here it is {known[:12]}"
    known_base = _known_base(result, protocol)
    stated_base = [one for one in result.base_outcomes if one.key in known_base]
    same = [known_base[one.key] for one in stated_base]
    yield from differing_outcomes(
        stated_base, same, whose="the base on ", source="the reference gives"
    )


def _recorded(result: Result, places: Sequence[Path], protocol: Protocol) -> Check:
    """Outcomes against records, where these were given."""
    name = "records"
    if not places:
        return Check(name, skipped="not given; name the run's folder with --run")
    runs = tuple(dict.fromkeys(run for place in places for run in _runs_in(place)))

    def differing() -> Iterator[str]:
        found = {concept for run in runs for concept in read_spec(run).concepts}
        for cell in result.cells:
            if cell.erased not in found:
                yield f"no run of {cell.erased} was given"
        for run in runs:
            yield from (f"{run}: {one}" for one in differing_records(result, run, protocol))
        known = _known_base(result, protocol)
        yield from differing_base_records(result.base_outcomes, runs, known)

    return _check(name, differing)


def _runs_in(place: Path) -> tuple[Path, ...]:
    """The folder of a run, or those of a submission's checkpoints."""
    inside = sorted(place.glob(f"{CHECKPOINTS}/*/{RUN}"))
    return tuple(run.parent for run in inside) or (place,)


def _attested(path: Path, repository: str | None) -> Check:
    name = "attestation"
    if repository is None:
        return Check(name, skipped="not asked for; name the repository with --repository")
    if not gh_is_there():
        return Check(name, skipped="gh is not installed here, so nobody was asked")
    problem = attestation_problem(path, repository)
    return Check(name, () if problem is None else (problem,))


GH = "gh"
"""GitHub's own command line, which knows how an attestation is checked."""

_SECONDS = 120
"""After which a question to GitHub has failed."""


def attestation_problem(path: Path, repository: str) -> str | None:
    """What is wrong with a file's attestation; None where it is attested.

    Args:
        path: the file.
        repository: whose workflow must have made it: owner/name.
    """
    words = [GH, "attestation", "verify", str(path), "--repo", repository]
    try:
        # Words are passed as they are, never through a shell; which `gh` is the user's choice.
        asked = subprocess.run(  # noqa: S603
            words, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"gh did not answer in {_SECONDS} s"
    if asked.returncode == 0:
        return None
    said = " ".join((asked.stderr or asked.stdout).split())
    return f"gh attestation verify --repo {repository}: {said or f'exit {asked.returncode}'}"


def gh_is_there() -> bool:
    """Whether attestations can be checked on this machine."""
    return shutil.which(GH) is not None
