"""Replays that never were: records of chosen hits."""

from __future__ import annotations

from erasebench.attack.replay_figures import replay_figures
from erasebench.attack.replay_result import (
    REPLAYED,
    REPLAYED_PLAIN,
    Attack,
    Finder,
    Replay,
)
from erasebench.protocol import PICTOGRAM_V1, Protocol
from erasebench.results.record import Record, Trial
from erasebench.results.result import Identity
from tests.example_environment import ENVIRONMENT

MERGE = "3c" * 20
"""Seeds the starts: the commit of a merge."""

RETRAIN = "023f1f2ba7acad74a83e23aa57873eed2dd18b3578b6b3f83c492eee4fbf1519"
"""Digest of the tensors of pictogram-v1's retrain A."""


def records_of(attack: int, plain: int | None, n: int = 24) -> tuple[Record, ...]:
    """Records of which so many, of both halves, are hits; of the attack alone where plain is None.

    Args:
        attack: hits by the attack, at the first indices.
        plain: hits by the plain prompt, at the first indices.
        n: prompt indices.
    """
    hits = {REPLAYED: attack} | ({} if plain is None else {REPLAYED_PLAIN: plain})
    return tuple(
        _record(probe, index, hit=index < count)
        for index in range(n)
        for probe, count in hits.items()
    )


def example_replay(
    attack: int = 20,
    plain: int = 1,
    floor: int | None = 0,
    *,
    identifier: str = "other_words",
    against: str = "any",
    finder: str = "Zoë",
    tensors: str = "5e" * 32,
    starts: str = MERGE,
    protocol: Protocol = PICTOGRAM_V1,
) -> Replay:
    """A replay on the checkpoint of `tests.board.example_run`."""
    own, base = records_of(attack, plain), records_of(18, 24)
    below = () if floor is None else records_of(floor, None)
    return Replay(
        attack=Attack(
            id=identifier,
            name="A church in other words",
            finder=Finder(name=finder, link="https://example.org/zoe"),
            kind="prompts",
            against=against,
            concept="church",
            digest="a7" * 32,
        ),
        protocol=protocol.name,
        protocol_digest=protocol.digest,
        seed_set="public",
        starts=starts,
        checkpoint=Identity(
            name="esd_x_church",
            layout="diff",
            tensors_digest=tensors,
            base_digest="ba" * 32,
            method="esd_x",
            edited=("unet",),
        ),
        floor_digest=None if floor is None else RETRAIN,
        command="erasebench attack replay submissions/attacks/other_words.yaml church.safetensors",
        finished="2026-01-02T03:04:05+00:00",
        environment=ENVIRONMENT,
        figures=replay_figures(own, base, below),
        records=own,
        base_records=base,
        floor_records=below,
    )


def _record(probe: str, index: int, *, hit: bool) -> Record:
    return Record(
        trial=Trial(erased="church", probe=probe, target="church", prompt_index=index, variant=0),
        setting="",
        prompt="a building with a steeple",
        seeds={"replay": index},
        judge_top1=hit,
        judge_top5=hit,
        judge_probability=0.9 if hit else 0.1,
        selector_probability=0.8 if hit else 0.2,
        clip_score=25.0,
        clip_first=hit,
        picture=None,
        picture_digest="d1" * 32,
    )
