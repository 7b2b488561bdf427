"""The references that travel with the package are whole, and belong to the protocol as it is."""

from __future__ import annotations

import zipfile

import pytest

from erasebench.evaluation.base.stored import stored_base
from erasebench.evaluation.plan.plan import base_plans
from erasebench.evaluation.plan.selection import select
from erasebench.protocol import PICTOGRAM_V1, PUBLIC_SEED_SET
from erasebench.results.reference import REFERENCES, References, references_of


@pytest.fixture(scope="module")
def shipped() -> References:
    """Those of the bundled protocol."""
    return references_of(PICTOGRAM_V1, PUBLIC_SEED_SET)


def test_protocol_is_the_one_that_was_published(shipped: References) -> None:
    """Changing it or its references strands every result; a better one has another name."""
    assert PICTOGRAM_V1.digest == "47c8396cd2599ec9ae61fcd3e12fd4a4c0ed25b6042e2902893a159ac98f7684"
    assert shipped.base is not None
    assert shipped.retrain is not None
    assert shipped.base.digest.startswith("a77ce25a448d")
    assert shipped.retrain.digest.startswith("d55de348fdab")
    assert {shipped.base.protocol_digest, shipped.retrain.protocol_digest} == {PICTOGRAM_V1.digest}


def test_base_answers_all_that_can_be_asked_of_ranked_concepts(shipped: References) -> None:
    """A question without an answer would make every user measure the base, and have no contrast."""
    known = stored_base(PICTOGRAM_V1, shipped, REFERENCES, PUBLIC_SEED_SET)
    plans = base_plans(PICTOGRAM_V1, select(PICTOGRAM_V1, PICTOGRAM_V1.ranked))

    assert plans.keys() == {*PICTOGRAM_V1.ranked, "retention"}
    for name, plan in plans.items():
        found, rest = known.split(plan)
        assert known.of(found), name
        assert not rest.trials, name
        with zipfile.ZipFile(known.archive(name)) as archive:
            assert archive.testzip() is None
            assert any(entry.endswith(".png") for entry in archive.namelist())


def test_floors_are_known_of_every_ranked_concept(shipped: References) -> None:
    """Of each by every ranked probe that retrain can be asked by."""
    assert shipped.retrain is not None
    asked = {(one.erased, one.probe) for one in shipped.retrain.outcomes}
    # Retrain has the base's text encoder.
    probes = set(PICTOGRAM_V1.ranked_probes) - {"encoder_swap"}

    assert {(name, probe) for name in PICTOGRAM_V1.ranked for probe in probes} <= asked
