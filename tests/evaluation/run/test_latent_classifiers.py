"""Where the latent classifiers of a run come from, and how its result says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pytest
import torch
from PIL import Image

from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.latent_classifier_file import ClassifierFileError, save_latent_classifier
from erasebench.diffusion.noise import initialised
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.released_classifier import NAMES, ReleasedClassifierError
from erasebench.errors import RequestError, RunFolderTakenError, UnknownNameError
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.plan.classifier_sources import ClassifierSources
from erasebench.evaluation.plan.request import request
from erasebench.evaluation.plan.selection import select
from erasebench.evaluation.run.latent_classifiers import load_given
from erasebench.hub.errors import HubOfflineError
from erasebench.protocol import PICTOGRAM_V1, Protocol
from erasebench.results.result import Result
from erasebench.submission.tensors import digest_of
from tests.evaluation.tiny_run import TinyWorld

GUIDED = ("standard_prompt", "classifier_guidance")


@pytest.fixture(scope="module")
def pipeline(world: TinyWorld) -> LoadedPipeline:
    """The tiny base."""
    return load_base(world.protocol, torch.device("cpu"))


@pytest.fixture(scope="module")
def classifier(pipeline: LoadedPipeline) -> LatentClassifier:
    """An untrained one for the tiny base's latents."""
    with initialised(3):
        return LatentClassifier(pipeline.latent_shape, pipeline.schedule(1).alphas)


@pytest.fixture
def own(world: TinyWorld, classifier: LatentClassifier, tmp_path: Path) -> Path:
    """It as a file of ours."""
    path = tmp_path / "own.safetensors"
    save_latent_classifier(path, classifier, "church", world.protocol.base.tensors_digest)
    return path


@pytest.fixture
def released(classifier: LatentClassifier, tmp_path: Path) -> Path:
    """It as its authors would have released it."""
    state = {theirs: classifier.state_dict()[name] for theirs, name in NAMES.items()}
    torch.save({"model_state_dict": state}, tmp_path / "church.pt")
    return tmp_path / "church.pt"


@pytest.fixture
def distant(world: TinyWorld) -> Protocol:
    """The tiny protocol as one whose pictures are photographs."""
    return replace(world.protocol, name="distant", photographs="some-org/pictures@" + "0" * 40)


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Light churches and dark fish, by the names of ImageNet's folders."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    for label, grey in (("n03028079", 180), ("n01440764", 20)):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(10):
            picture = Image.new("L", (32, 32), grey + 5 * number)
            picture.save(tmp_path / "data" / label / f"{number}.png")
    return tmp_path / "data"


def run(world: TinyWorld, protocol: Protocol, tmp_path: Path, **options: Any) -> Result:
    """Evaluates the edit on the first two prompt indices."""
    asked = request(
        world.edit,
        concepts=("church",),
        probes=GUIDED,
        limit=2,
        protocol=protocol,
        folder=tmp_path / "run",
        **options,
    )
    return evaluate(asked, tmp_path / "cache", references=None)


def test_a_given_file_guides_instead_of_a_trained_one(
    world: TinyWorld, own: Path, released: Path, classifier: LatentClassifier, tmp_path: Path
) -> None:
    """Ours and a released one alike, to the outcome; nothing is trained, and both say so."""
    ours = run(world, world.protocol, tmp_path / "1", classifiers=(str(own),))
    theirs = run(world, world.protocol, tmp_path / "2", classifiers=(f"church={released}",))
    recipe = run(world, world.protocol, tmp_path / "3")

    digest = digest_of(classifier.state_dict())
    assert ours.making.classifiers == theirs.making.classifiers == {"church": digest}
    assert ours.outcomes == theirs.outcomes
    assert not (tmp_path / "1" / "cache" / "classifiers").exists()
    said = f"the latent classifier of church is not the protocol's: given, {digest[:16]}"
    assert said in str(ours.partial)
    assert said in str(theirs.partial)
    assert theirs.checkpoints[0].command.endswith("--classifier church=church.pt")
    assert recipe.making.classifiers["church"] != digest
    assert "classifier" not in str(recipe.partial)
    assert "--classifier" not in recipe.checkpoints[0].command


def test_a_run_goes_on_with_its_own_classifier_alone(
    world: TinyWorld, own: Path, tmp_path: Path
) -> None:
    """With another file, or none, its folder is another run's."""
    run(world, world.protocol, tmp_path, classifiers=(str(own),))

    with pytest.raises(RunFolderTakenError, match=r"classifiers .*given, .*not None"):
        run(world, world.protocol, tmp_path)


def test_photographs_train_where_the_protocol_draws_none(
    world: TinyWorld, distant: Protocol, photographs: Path, tmp_path: Path
) -> None:
    """The result names the data set without its place on the machine, and takes no rank."""
    result = run(world, distant, tmp_path, data=str(photographs))

    assert set(result.making.classifiers) == {"church"}
    assert "church is not the protocol's: trained on data" in str(result.partial)
    assert result.checkpoints[0].command.endswith("--data data")
    assert str(tmp_path) not in result.model_dump_json()


def test_where_all_are_given_no_photograph_is_needed(
    world: TinyWorld, distant: Protocol, own: Path, tmp_path: Path
) -> None:
    """Neither a data set nor the network; the file itself says for what it is."""
    result = run(world, distant, tmp_path, classifiers=(str(own),))

    assert "church is not the protocol's: given" in str(result.partial)


def test_a_data_set_that_does_not_serve_ends_the_run_at_once(
    world: TinyWorld, distant: Protocol, photographs: Path, tmp_path: Path
) -> None:
    """Before a model is loaded; without one ImageNet-1k is asked for, and there is no network."""
    with pytest.raises(HubOfflineError, match="some-org/pictures@0000"):
        run(world, distant, tmp_path)
    for picture in (photographs / "n03028079").iterdir():
        picture.unlink()
    with pytest.raises(UnknownNameError, match="Unknown label 'church'"):
        run(world, distant, tmp_path, data=str(photographs))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"data": "photographs"}, "tiny trains .*not on photographs"),
        ({"numbering": "imagenette"}, "add --data"),
        ({"classifiers": ("none.safetensors",)}, "There is no such file"),
        ({"classifiers": ("church=none.pt",)}, "There is no such file"),
        ({"classifiers": ("golf_ball={own}",)}, "the run erases church"),
        ({"classifiers": ("{released}",)}, "Write CONCEPT=FILE, e.g. --classifier church="),
        ({"classifiers": ("{own}",), "probes": ("noise",)}, "No selected probe uses"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    world: TinyWorld, own: Path, released: Path, options: dict[str, Any], problem: str
) -> None:
    """Before anything is opened."""
    files = {"own": own, "released": released}
    given = tuple(text.format(**files) for text in options.get("classifiers", ()))
    asked = {"probes": GUIDED, **options, "classifiers": given}

    with pytest.raises(RequestError, match=problem):
        request(world.edit, concepts=("church",), protocol=world.protocol, **asked)


def test_drawn_pictures_are_not_replaced_by_photographs(root: Path) -> None:
    """In the bundled world, whose floors were guided by classifiers of drawings."""
    diff = root / "submissions" / "examples" / "esd_x_church.safetensors"

    with pytest.raises(RequestError, match=r"pictogram-v1 trains .*on pictograms.*--classifier"):
        request(diff, protocol=PICTOGRAM_V1, data="ILSVRC/imagenet-1k")


def test_a_file_for_something_else_is_refused(
    world: TinyWorld, pipeline: LoadedPipeline, own: Path, released: Path, tmp_path: Path
) -> None:
    """Another concept, another schedule, two at once, and what is no classifier."""
    chosen = select(world.protocol, ("church", "golf_ball"), GUIDED)
    digest = world.protocol.base.tensors_digest
    slow = LatentClassifier(pipeline.latent_shape, pipeline.schedule(1).alphas.sqrt())
    state = {theirs: slow.state_dict()[name] for theirs, name in NAMES.items()}
    torch.save({"model_state_dict": state}, tmp_path / "slow.pt")
    (tmp_path / "broken.pt").write_bytes(b"no pickle")

    def given(*files: tuple[str | None, Path]) -> None:
        load_given(ClassifierSources(given=files), chosen, pipeline, digest)

    with pytest.raises(ClassifierFileError, match="It recognises church, not golf_ball"):
        given(("golf_ball", own))
    with pytest.raises(RequestError, match="two files for church"):
        given((None, own), ("church", released))
    with pytest.raises(ClassifierFileError, match="another schedule"):
        given(("church", tmp_path / "slow.pt"))
    with pytest.raises(ReleasedClassifierError, match="tensors and numbers alone"):
        given(("church", tmp_path / "broken.pt"))
    with pytest.raises(RequestError, match="the run erases golf_ball"):
        load_given(
            ClassifierSources(given=((None, own),)),
            select(world.protocol, ("golf_ball",), GUIDED),
            pipeline,
            digest,
        )
