"""Examples as latents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from erasebench.classifier_training import latent_views
from erasebench.classifier_training.examples import Examples
from erasebench.classifier_training.latent_views import encode
from erasebench.diffusion.pipeline import LoadedPipeline
from tests.classifier_training.conftest import files_in, interrupted


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten pictures in a file."""
    monkeypatch.setattr(latent_views, "CHUNK", 10)


def test_latents_are_those_of_the_pictures_in_order(
    examples: Examples, pipeline: LoadedPipeline
) -> None:
    """Each is its own picture's, rounded to half precision, and the first ones show the concept."""
    encoded = encode(examples, pipeline)
    pictures = np.stack([examples.picture(index) for index in range(32)])

    torch.testing.assert_close(
        encoded.latents.float(), pipeline.encode_pictures(pictures), rtol=2e-3, atol=2e-3
    )
    assert encoded.shows.tolist() == [True] * 8 + [False] * 24


def test_a_stopped_encoding_goes_on_and_ends_the_same(
    examples: Examples, pipeline: LoadedPipeline, tmp_path: Path
) -> None:
    """Whole chunks are not made again, and files and latents are those of an undisturbed one."""
    whole = encode(examples, pipeline, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        encode(interrupted(examples, 15), pipeline, tmp_path / "stopped")
    assert list(files_in(tmp_path / "stopped")) == ["000000.safetensors"]

    # Twenty-two pictures are left; one more would be the end.
    resumed = encode(interrupted(examples, 22), pipeline, tmp_path / "stopped")

    assert torch.equal(whole.latents, resumed.latents)
    assert files_in(tmp_path / "whole") == files_in(tmp_path / "stopped")


def test_what_is_encoded_needs_no_picture(
    examples: Examples, pipeline: LoadedPipeline, tmp_path: Path
) -> None:
    """A second training on the same examples reads them from the folder."""
    first = encode(examples, pipeline, tmp_path)

    assert torch.equal(first.latents, encode(interrupted(examples, 0), pipeline, tmp_path).latents)
