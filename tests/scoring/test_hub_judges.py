"""The two ImageNet classifiers of the Hub that `sd14-v1` names, as small networks of their kind.

Their files bear the names of those on the Hub, which are older than the library's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    PreTrainedModel,
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
)

from erasebench.concepts import CONCEPTS, OBJECTS
from erasebench.diffusion.noise import initialised
from erasebench.errors import ProtocolError
from erasebench.protocol import JudgePin, PixelInput
from erasebench.scoring.classifier import load_classifier
from erasebench.scoring.pixels import to_input
from erasebench.submission.pin import pin_of
from tests.scoring.conftest import CPU

Pictures = npt.NDArray[np.uint8]

PIXELS = {
    "resnet": PixelInput(32, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "vit": PixelInput(32, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}

OLD_NAMES = (
    (r"^vit\.layers\.", "vit.encoder.layer."),
    (r"\.attention\.q_proj\.", ".attention.attention.query."),
    (r"\.attention\.k_proj\.", ".attention.attention.key."),
    (r"\.attention\.v_proj\.", ".attention.attention.value."),
    (r"\.attention\.o_proj\.", ".attention.output.dense."),
    (r"\.mlp\.fc1\.", ".intermediate.dense."),
    (r"\.mlp\.fc2\.", ".output.dense."),
)
"""What the library calls a tensor of a ViT now → what google/vit-base-patch16-224 calls it."""


def small(kind: str) -> PreTrainedModel:
    """A network of the kind with a thousand classes and random weights."""
    with initialised(7):
        if kind == "resnet":
            sizes = {"embedding_size": 8, "hidden_sizes": [16, 24], "depths": [1, 2]}
            model = ResNetForImageClassification(ResNetConfig(num_labels=1000, **sizes))
        else:
            heads = {"num_hidden_layers": 2, "num_attention_heads": 2}
            widths = {"hidden_size": 16, "intermediate_size": 32, "image_size": 32, "patch_size": 8}
            model = ViTForImageClassification(ViTConfig(num_labels=1000, **heads, **widths))
    # As first drawn, answers hardly differ.
    for name, tensor in model.state_dict().items():
        if name.startswith("classifier"):
            tensor.mul_(30)
    return model.eval().requires_grad_(False)


@pytest.fixture(params=["resnet", "vit"])
def kind(request: pytest.FixtureRequest) -> str:
    """The architecture."""
    return str(request.param)


@pytest.fixture
def written(kind: str, tmp_path: Path) -> Callable[[PreTrainedModel], JudgePin]:
    """Writes a network as the Hub holds it, and pins it."""

    def write(model: PreTrainedModel) -> JudgePin:
        model.save_pretrained(tmp_path)
        state = {}
        for name, tensor in model.state_dict().items():
            for new, old in OLD_NAMES if kind == "vit" else ():
                name = re.sub(new, old, name)  # noqa: PLW2901  (one rule after another)
            state[name] = tensor.contiguous()
        save_file(state, tmp_path / "model.safetensors", {"format": "pt"})
        return JudgePin(pin_of(tmp_path), PIXELS[kind])

    return write


def test_the_old_names_are_those_on_the_hub(
    written: Callable[[PreTrainedModel], JudgePin], kind: str, tmp_path: Path
) -> None:
    """Else what follows would not show that the real files load."""
    written(small(kind))

    names = set(load_file(tmp_path / "model.safetensors"))

    assert {
        "resnet": {"resnet.embedder.embedder.convolution.weight", "classifier.1.weight"},
        "vit": {"vit.encoder.layer.0.attention.attention.query.weight", "classifier.weight"},
    }[kind] <= names


def test_probabilities_are_a_softmax_over_a_thousand(
    written: Callable[[PreTrainedModel], JudgePin], kind: str, pictures: Pictures
) -> None:
    """At the exact index, from the weights that were written; top-1 and top-5 are of all."""
    model = small(kind)
    with torch.no_grad():
        logits = model(pixel_values=to_input(pictures, PIXELS[kind], CPU)).logits.double()
    chances = logits.exp() / logits.exp().sum(1, keepdim=True)
    ranks = chances.argsort(1, descending=True).argsort(1)

    judge = load_classifier(written(model), CPU)

    for concept in OBJECTS:
        index = concept.imagenet_index
        verdicts = judge.judge(pictures, [concept] * len(pictures))
        assert chances[:, index].std() > 0
        np.testing.assert_allclose(verdicts.probability, chances[:, index], rtol=1e-3, atol=1e-7)
        assert verdicts.top1.tolist() == (ranks[:, index] == 0).tolist()
        assert verdicts.top5.tolist() == (ranks[:, index] < 5).tolist()


def test_the_exact_index_answers(
    written: Callable[[PreTrainedModel], JudgePin], kind: str, pictures: Pictures
) -> None:
    """Whatever the labels say: the output of church's index alone speaks for it."""
    model = small(kind)
    head = model.classifier if kind == "vit" else model.classifier[-1]
    head.weight.zero_()
    head.bias.zero_()
    head.bias[CONCEPTS["church"].imagenet_index] = 9.0
    model.config.id2label = dict.fromkeys(range(1000), "tench, Tinca tinca")

    judge = load_classifier(written(model), CPU)
    verdicts = judge.judge(pictures[:2], [CONCEPTS["church"], CONCEPTS["tench"]])

    assert verdicts.top1.tolist() == [True, False]
    expected = [np.exp(9) / (np.exp(9) + 999), 1 / (np.exp(9) + 999)]
    np.testing.assert_allclose(verdicts.probability, expected, rtol=1e-5)
    assert judge.names_any(pictures[:2], [CONCEPTS["church"], CONCEPTS["tench"]]).all()
    assert not judge.names_any(pictures[:2], [CONCEPTS["tench"]]).any()


def test_a_file_that_lacks_a_tensor_is_refused(
    written: Callable[[PreTrainedModel], JudgePin], kind: str, tmp_path: Path
) -> None:
    """The library would draw it at random."""
    pin = written(small(kind))
    state = load_file(tmp_path / "model.safetensors")
    lost = "classifier.weight" if kind == "vit" else "classifier.1.weight"
    del state[lost]
    save_file(state, tmp_path / "model.safetensors", {"format": "pt"})
    pin = replace(pin, model=pin_of(tmp_path))

    with pytest.raises(ProtocolError, match=f"Its file lacks .*{re.escape(lost)}"):
        load_classifier(pin, CPU)
