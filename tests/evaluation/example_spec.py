"""What may have fixed a run."""

from __future__ import annotations

from erasebench.evaluation.run.run_folder import RunSpec
from tests.example_environment import ENVIRONMENT

SPEC = RunSpec(
    protocol="pictogram-v1",
    protocol_digest="a" * 64,
    seed_set="public",
    subject="submission",
    checkpoint_digest="b" * 64,
    base_digest="c" * 64,
    concepts=("church",),
    probes=("noise", "retention"),
    limit=24,
    plan_digest="d" * 64,
    images="judged",
    environment=ENVIRONMENT,
)
