"""The part of a manifest that a result records: method, paper, code, data and cost."""

from __future__ import annotations

from erasebench.hub.manifest import Manifest
from erasebench.results.declaration import Declaration


def declaration_of(manifest: Manifest) -> Declaration:
    """The declarations of a manifest, without the contact."""
    cost = manifest.cost
    return Declaration(
        name=manifest.name,
        method=manifest.method,
        paper=manifest.paper,
        code=manifest.code,
        licence=manifest.licence,
        training_data=manifest.training_data,
        hardware=None if cost is None else cost.hardware,
        hours=None if cost is None else cost.hours,
    )
