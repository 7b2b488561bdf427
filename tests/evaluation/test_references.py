"""A protocol's references: made once, and then no run measures the base again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.latent_classifier_file import save_latent_classifier
from erasebench.diffusion.noise import initialised
from erasebench.diffusion.pipeline import load_base
from erasebench.errors import ResultError
from erasebench.evaluation.base.stored import stored_base
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.plan.plan import base_plans
from erasebench.evaluation.plan.request import request
from erasebench.evaluation.plan.selection import select
from erasebench.evaluation.references import build_references
from erasebench.evaluation.selfcheck.selfcheck import selfcheck
from erasebench.hub.errors import HubOfflineError
from erasebench.protocol import PUBLIC_SEED_SET, Protocol
from erasebench.results.record import read_records
from erasebench.results.reference import references_of
from erasebench.results.result import Result
from tests.evaluation.tiny_run import TinyWorld
from tests.probes.example_probe import register
from tests.tiny import pinned, tiny_pipeline_folder


@pytest.fixture(scope="module")
def protocol(world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    """The tiny protocol with another UNet that stands for retrain."""
    folder = tmp_path_factory.mktemp("retrain")
    tiny_pipeline_folder(folder, seed=7)
    return replace(
        world.protocol,
        ranked=("church",),
        retention=("airliner",),
        erasable=("airliner",),
        retrain=(pinned(folder / "unet"),),
    )


@pytest.fixture(scope="module")
def built(protocol: Protocol, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the references of that protocol, in `references`."""
    folder = tmp_path_factory.mktemp("built")
    build_references(
        protocol, folder / "work", references=folder / "references", cache=folder / "cache"
    )
    return folder


def test_without_such_a_model_the_base_s_half_is_built(
    world: TinyWorld, protocol: Protocol, tmp_path: Path
) -> None:
    """From it a row has floors and scores, and nothing of the base is measured again."""
    alone = replace(protocol, retrain=())
    paths = build_references(
        alone, tmp_path / "work", references=tmp_path / "references", cache=tmp_path / "cache"
    )
    stored = references_of(alone, PUBLIC_SEED_SET, tmp_path / "references")
    asked = request(world.edit, concepts=("church",), protocol=alone, folder=tmp_path / "run")
    result = evaluate(asked, tmp_path / "another cache", tmp_path / "references")

    assert [path.name for path in paths] == ["base.json.gz", "retention.zip", "church.zip"]
    assert stored.retrain is None
    assert stored.base is not None
    assert stored.base.classifiers.keys() == {"church"}
    assert result.references == {"base": stored.base.digest}
    assert not result.uncalibrated
    (checked,) = (one.calibration for one in result.checkpoints)
    assert checked is not None
    assert checked.rate == checked.known.value
    assert not list((tmp_path / "another cache" / "base").glob("tiny-church-*"))
    scores = {one.probe: one for one in result.score.probes}
    assert all(one.standing != "no reference" for one in scores.values())
    assert scores["standard_prompt"].floor.value == 0
    asked_at_hand_over = {one.probe for one in result.base_outcomes if "hand_over" in one.probe}
    assert asked_at_hand_over == {
        "diffusion_completion_1_hand_over",
        "diffusion_completion_2_hand_over",
    }


def test_photographs_of_a_base_are_looked_for_before_anything_is_drawn(
    protocol: Protocol, tmp_path: Path
) -> None:
    """Drawings do not stand in where a protocol names photographs, and they are not here."""
    distant = replace(protocol, retrain=(), photographs="some-org/pictures@" + "0" * 40)

    with pytest.raises(HubOfflineError, match="fetch --protocol NAME --photographs"):
        build_references(distant, tmp_path / "work", cache=tmp_path / "cache")

    assert not (tmp_path / "cache" / "base").exists()


def test_what_is_known_of_the_base_is_not_measured_again(
    world: TinyWorld, protocol: Protocol, built: Path, tmp_path: Path
) -> None:
    """The same outcomes and pictures of the base as from a run that measured it, and scores."""

    def evaluated(name: str, references: Path | None) -> Path:
        asked = request(world.edit, concepts=("church",), protocol=protocol, folder=tmp_path / name)
        results[name] = evaluate(asked, tmp_path / f"{name} cache", references)
        return asked.folder

    results = {}
    measured, known = evaluated("measured", None), evaluated("known", built / "references")

    assert not list((tmp_path / "known cache" / "base").glob("tiny-church-*"))
    assert results["known"].base_outcomes == results["measured"].base_outcomes
    assert results["known"].outcomes == results["measured"].outcomes
    assert results["known"].score is not None
    assert any(one.floor for one in results["known"].score.probes)
    assert not any(one.floor for one in results["measured"].score.probes)
    for picture in (known / "base").rglob("*.png"):
        twin = measured / "base" / picture.relative_to(known / "base")
        assert twin.read_bytes() == picture.read_bytes()
    assert len(list((known / "base").rglob("*.png"))) > 20


def test_with_another_classifier_the_base_is_measured_by_it(
    world: TinyWorld, protocol: Protocol, built: Path, tmp_path: Path
) -> None:
    """What is known of base and retrain was guided by the recipe's own: no ceiling, no floor."""
    pipeline = load_base(protocol, torch.device("cpu"))
    with initialised(3):
        own = LatentClassifier(pipeline.latent_shape, pipeline.schedule(1).alphas)
    file = tmp_path / "own.safetensors"
    header = save_latent_classifier(file, own, "church", protocol.base.tensors_digest)

    def evaluated(*classifiers: str) -> Result:
        name = f"run {len(classifiers)}"
        asked = request(
            world.edit,
            concepts=("church",),
            probes=("classifier_guidance", "retention"),
            limit=2,
            protocol=protocol,
            folder=tmp_path / name,
            classifiers=classifiers,
        )
        return evaluate(asked, tmp_path / "cache", built / "references")

    by_recipe, given = evaluated(), evaluated(str(file))

    assert len(list((tmp_path / "cache" / "base").glob("tiny-church-*"))) == 1
    assert given.base_outcomes != by_recipe.base_outcomes
    assert len(given.base_outcomes) == len(by_recipe.base_outcomes)
    assert set(by_recipe.references) == {"base", "retrain"}
    assert given.references == {}
    assert given.making.classifiers == {"church": header.tensors}
    assert by_recipe.making.classifiers != given.making.classifiers
    assert "classifier" not in str(by_recipe.partial)
    assert f"church is not the protocol's: given, {header.tensors[:16]}" in str(given.partial)
    assert "--classifier own.safetensors" in given.checkpoints[0].command


def test_a_limited_run_finds_its_part_of_what_is_known(protocol: Protocol, built: Path) -> None:
    """Fewer prompts or probes are a part; a concept that is not ranked is not known."""
    stored = references_of(protocol, PUBLIC_SEED_SET, built / "references")
    known = stored_base(protocol, stored, built / "references", PUBLIC_SEED_SET)
    part = base_plans(protocol, select(protocol, ("church",), ("noise",), limit=2))
    other = base_plans(protocol, select(protocol, ("airliner",), ("noise",)))

    found, rest = known.split(part["church"])
    assert {one.probe for one in known.of(found)} == {"noise"}
    assert not rest.trials
    found, rest = known.split(other["airliner"])
    assert not found.trials
    assert rest == other["airliner"]


def test_a_probe_that_no_reference_holds_is_measured_alone(
    world: TinyWorld,
    protocol: Protocol,
    built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the base; what is known of the others is taken, with its pictures."""
    register(monkeypatch)
    probes = ("shouted", "noise", "retention")
    asked = request(
        world.edit, concepts=("church",), probes=probes, protocol=protocol, folder=tmp_path / "run"
    )
    result = evaluate(asked, tmp_path / "cache", built / "references")
    (measured,) = (tmp_path / "cache" / "base").glob("tiny-church-*")
    of_base = read_records(asked.folder / "base" / "records.jsonl")
    shipped = references_of(protocol, PUBLIC_SEED_SET, built / "references")

    own = {"shouted", "shouted_unprompted"}
    assert {one.trial.probe for one in read_records(measured / "records.jsonl")} == own
    assert {one.trial.probe for one in of_base if one.trial.erased == "church"} == {*own, "noise"}
    assert {one.probe for one in result.base_outcomes if one.erased == "church"} == {*own, "noise"}
    assert result.references == shipped.digests


def test_references_of_another_version_are_refused(protocol: Protocol, built: Path) -> None:
    """A changed protocol has other ends of its scale."""
    changed = replace(protocol, guidance_scale=4.0)

    with pytest.raises(ResultError, match="reference build"):
        references_of(changed, PUBLIC_SEED_SET, built / "references")


def test_a_self_check_reports_every_ranked_probe_with_a_control(
    protocol: Protocol, built: Path, tmp_path: Path
) -> None:
    """On models of random weights nothing is found, and the report says so of each probe."""
    report, path = selfcheck(protocol, cache=tmp_path, references=built / "references")

    assert path.exists()
    checked = {one.probe for one in report.checks}
    assert checked == set(protocol.ranked_probes) - {"standard_prompt"}
    assert set(report.failed) == {one.probe for one in report.checks if one.plant is not None}
    for one in report.checks:
        assert one.plant is None or one.planted is not None
        in_context = one.probe.startswith(("diffusion_completion", "inpainting"))
        assert (one.planted is not None and one.planted.plain is not None) is in_context
        assert one.probe == "encoder_swap" or (one.retrain is not None and one.base is not None)
