"""A registered protocol is found by everything that lists protocols."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from erasebench.cli.main import main
from erasebench.manifest.manifest import Manifest
from erasebench.probes.registry import probes_of
from erasebench.protocol import PROTOCOLS, PUBLIC_SEED_SET, SD14_V1, protocol_named
from erasebench.protocol.seeds import lacks_season, seasonal_protocols


def test_a_derived_protocol_needs_its_registration_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new name and base make another protocol of the family, which everything else finds."""
    base = replace(SD14_V1.base, source="some-org/stable-diffusion-v1-5", revision="0" * 40)
    derived = replace(SD14_V1, name="sd15-v1", base=base)
    monkeypatch.setitem(PROTOCOLS, derived.name, derived)

    assert protocol_named("sd15-v1") == derived
    assert derived.digest != SD14_V1.digest
    assert derived.base.folder != SD14_V1.base.folder
    assert probes_of(derived).keys() == probes_of(SD14_V1).keys()
    assert seasonal_protocols() == ("sd14-v1", "sd15-v1")
    assert lacks_season("sd15-v1", PUBLIC_SEED_SET)
    listed = CliRunner().invoke(main, ["list", "protocols", "--json"])
    assert [row["name"] for row in json.loads(listed.stdout)] == list(PROTOCOLS)


def test_the_schema_of_manifests_names_every_protocol() -> None:
    """Submitters read there which bases there are."""
    described = Manifest.model_fields["base"].description or ""

    assert all(f"`{name}`" in described for name in PROTOCOLS)
