"""What of a manifest goes into a result: what its author says of the method and of the making."""

from __future__ import annotations

from erasebench.hub.manifest import Manifest
from erasebench.results.declaration import Declaration


def declaration_of(manifest: Manifest) -> Declaration:
    """What a manifest declares; who answers for it stays in the manifest."""
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
