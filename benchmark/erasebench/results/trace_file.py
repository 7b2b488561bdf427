"""A trace as a file that stands alone: whose it is, and under what it was made."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from erasebench.results.result import Environment, Identity
from erasebench.results.trace import Trace

TRACE_SCHEMA: Final = 1
"""Version of the file's schema; a reader refuses any other."""


class TraceFile(BaseModel):
    """One trace of one checkpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = Field(TRACE_SCHEMA, description="Version of this schema.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    seed_set: str = Field(description="Name of the seed set.")
    identity: Identity = Field(description="Checkpoint and base.")
    environment: Environment = Field(description="Software and machine.")
    trace: Trace = Field(description="The curve.")
