"""The original model for a run: which images its probes start from, generated once."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from erasebench.concepts import CONCEPTS, Concept
from erasebench.diffusion.sampling import Samples
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.errors import RunFolderError
from erasebench.evaluation.base.needs import missing_pictures, picture_store
from erasebench.evaluation.plan.plan import submission_plan
from erasebench.evaluation.plan.request import Compute, request
from erasebench.evaluation.plan.selection import select
from erasebench.evaluation.run.loading import LoadedRun, load
from erasebench.evaluation.run.models import LoadedModels
from erasebench.optimisation.base_pictures import PictureStore
from erasebench.scoring.judge import Recognitions
from tests.agreement import assert_pictures_agree
from tests.evaluation.tiny_run import TinyWorld

CHURCH = CONCEPTS["church"]
Pictures = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def loaded(world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> LoadedRun:
    """The tiny models, ready to draw."""
    asked = request(
        world.edit, concepts=("church",), protocol=world.protocol, compute=Compute(batch_size=7)
    )
    return load(asked, tmp_path_factory.mktemp("cache"), photographs=None)


@pytest.fixture
def store(loaded: LoadedRun, tmp_path: Path) -> PictureStore:
    """An empty store of four prompt indices."""
    return picture_store(loaded.spec, range(4), tmp_path)


@dataclass(frozen=True)
class Brightness:
    """A selector that sees a concept in what is bright enough, the surer the brighter."""

    least: float

    def judge(self, pictures: Pictures, targets: Sequence[Concept]) -> Recognitions:
        """Its answers."""
        light = brightness(pictures)
        return Recognitions(top1=light >= self.least, top5=light >= self.least, probability=light)


class Idle(LoadedModels):
    """Models that must not generate."""

    def draw(self, *_: object) -> Samples:
        """Refuses."""
        raise AssertionError


def brightness(pictures: Pictures) -> npt.NDArray[np.float32]:
    """Mean level of each picture, in [0, 1]."""
    return (pictures.mean(axis=(1, 2, 3)) / 255).astype(np.float32)


def drawn(models: LoadedModels, *starts: NoiseStream) -> Pictures:
    """Plain churches by the base, from these starts."""
    return models.pictures([Trajectory(CHURCH.prompt, BASE, start) for start in starts])


def sources(models: LoadedModels) -> Pictures:
    """The four of the prompt indices."""
    return drawn(models, *(NoiseStream("start", index) for index in range(4)))


def demanding(models: LoadedModels, least: float) -> LoadedModels:
    """The same with a selector that wants so much light."""
    panel = replace(models.panel, selector=Brightness(least))  # type: ignore[arg-type]
    return replace(models, panel=panel)


def redraws(models: LoadedModels, index: int) -> Pictures:
    """All draws of one prompt index, its source first."""
    again = (
        NoiseStream("accepted_start", index, draw)
        for draw in range(1, models.protocol.accepted_draws)
    )
    return drawn(models, NoiseStream("start", index), *again)


def test_sources_are_the_base_s_plain_pictures(loaded: LoadedRun, store: PictureStore) -> None:
    """Of the prompt indices that are wanted, in their order."""
    found = store.pictures("source", CHURCH, (3, 1), loaded.models)

    assert np.array_equal(found, sources(loaded.models)[[3, 1]])


def test_examples_come_from_starts_that_no_probe_uses(
    loaded: LoadedRun, store: PictureStore
) -> None:
    """As many as the protocol says, whatever prompt indices are asked for."""
    starts = [NoiseStream("example_start", number) for number in range(4)]
    found = store.pictures("example", CHURCH, (2,), loaded.models)

    assert loaded.models.protocol.inversion_pictures == 4
    assert np.array_equal(found, drawn(loaded.models, *starts))


def test_what_the_selector_accepts_is_kept_and_the_rest_is_drawn_again(
    loaded: LoadedRun, store: PictureStore
) -> None:
    """Two sources are bright enough; of the others the first redraw that is, is taken."""
    plain = sources(loaded.models)
    light = brightness(plain)
    least = float(np.sort(light)[1:3].mean())
    found = store.pictures("accepted", CHURCH, range(4), demanding(loaded.models, least))

    assert (light >= least).sum() == 2
    for index in range(4):
        candidates = redraws(loaded.models, index)
        wanted = candidates[int(np.argmax(brightness(candidates) >= least))]
        assert_pictures_agree(found[index], wanted)
    assert np.array_equal(found[light >= least], plain[light >= least])
    assert (brightness(found) >= least).all()


def test_where_it_accepts_nothing_its_favourite_is_taken(
    loaded: LoadedRun, store: PictureStore
) -> None:
    """The brightest of all draws; no more follow."""
    found = store.pictures("accepted", CHURCH, range(4), demanding(loaded.models, 2.0))

    for index in range(4):
        candidates = redraws(loaded.models, index)
        wanted = candidates[brightness(candidates).argmax()]
        assert_pictures_agree(found[index], wanted)


def test_every_submission_finds_the_same_store(
    loaded: LoadedRun, store: PictureStore, tmp_path: Path
) -> None:
    """Another checkpoint, asked other things, draws none of them again; other batches do."""
    first = store.pictures("source", CHURCH, range(4), loaded.models)
    other = {"checkpoint_digest": "e" * 64, "plan_digest": "e" * 64, "probes": ("inpainting_crop",)}
    again = picture_store(loaded.spec.model_copy(update=other), range(4), tmp_path)
    environment = loaded.spec.environment.model_copy(update={"batch_size": 8})
    elsewhere = loaded.spec.model_copy(update={"environment": environment})

    assert np.array_equal(again.pictures("source", CHURCH, range(4), idle(loaded)), first)
    assert picture_store(elsewhere, range(4), tmp_path).folder != store.folder


def test_a_drawing_that_was_killed_is_drawn_whole(loaded: LoadedRun, store: PictureStore) -> None:
    """Half of the pictures without the mark of the last are none, and no longer there after."""
    first = store.pictures("source", CHURCH, range(4), loaded.models)
    place = store.folder / "church-source"
    (place / "drawn").unlink()
    (place / "003.png").unlink()
    shutil.copy(place / "000.png", place / "001.png")

    again = store.pictures("source", CHURCH, range(4), loaded.models)

    assert np.array_equal(first, again)


@pytest.mark.parametrize("size", [0, 20, 200])
def test_a_torn_picture_is_an_expected_error(
    loaded: LoadedRun, store: PictureStore, size: int
) -> None:
    """Empty, cut in its header or in its pixels: the same error, with the folder to remove."""
    store.pictures("source", CHURCH, range(4), loaded.models)
    picture = store.folder / "church-source" / "002.png"
    picture.write_bytes(picture.read_bytes()[:size])

    with pytest.raises(RunFolderError, match=r"002\.png is damaged.*Remove the folder") as refusal:
        store.pictures("source", CHURCH, range(4), idle(loaded))
    assert refusal.value.folder == store.folder


def test_what_is_missing_is_counted_once(loaded: LoadedRun, store: PictureStore) -> None:
    """Four sources for both views, four examples, four to aim at; those that are there are not."""
    protocol = loaded.models.protocol
    views = ("inpainting_crop", "inpainting_whole")
    all_kinds = (*views, "textual_inversion", "relearning", "unlearn_diff_atk", "noise")
    plans = [
        submission_plan(protocol, select(protocol, ("church",), names), encoder_edited=True)
        for names in (views, all_kinds)
    ]

    assert missing_pictures(store, plans[:1]) == 4
    assert missing_pictures(store, plans) == 12
    store.pictures("source", CHURCH, range(4), loaded.models)
    assert missing_pictures(store, plans) == 8


def idle(loaded: LoadedRun) -> Idle:
    """The loaded models, which must not generate."""
    return Idle(**vars(loaded.models))
