"""Stages `selector` and `judge`: classifiers of the object and the style in an image.

Each has one head with two groups of logits: the objects and "none", the styles and "none". The two
differ in architecture and seed, so that images that fool one need not fool the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch.nn.functional import cross_entropy
from transformers import (
    PreTrainedModel,
    RegNetConfig,
    RegNetForImageClassification,
    ResNetConfig,
    ResNetForImageClassification,
)

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.noise import initialised
from erasebench.pictogram.source import PictureSource
from pictogram_training.augment import reframe, wear
from pictogram_training.draw import DrawnSet, read_drawn
from pictogram_training.garble import EMPTY, GARBLED
from pictogram_training.pixels import normalise, sample_rows
from pictogram_training.run import Run
from pictogram_training.stage import Schedule, Training

NONE = "none"
UNJUDGED = -100
"""Target that the style loss ignores, since a garbled image has no clear style."""


@dataclass(frozen=True)
class Labels:
    """The two groups of labels, each sorted, `none` last.

    Attributes:
        objects: names of the object logits, which come first.
        styles: names of the style logits.
    """

    objects: tuple[str, ...]
    styles: tuple[str, ...]

    @property
    def names(self) -> dict[int, str]:
        """Label of each logit, e.g. `object:church`: a classifier's `id2label`."""
        grouped = [f"object:{name}" for name in self.objects]
        grouped += [f"style:{name}" for name in self.styles]
        return dict(enumerate(grouped))


def labels_of(source: PictureSource) -> Labels:
    """Labels of the source's concepts and styles."""
    objects = sorted(thing for thing in source.things if thing in CONCEPTS)
    return Labels((*objects, NONE), (*sorted(source.styles), NONE))


@dataclass(frozen=True)
class ClassifierConfig:
    """Shape and schedule of a classifier.

    Attributes:
        architecture: `resnet` (plain residual blocks) or `regnet` (bottlenecks of grouped
            convolutions with squeeze and excitation); both halve the side in the stem and in
            every stage.
        stream: name of the stream of seeds, independent of the role of the classifier.
        widths: channels of the stages.
        depths: blocks of the stages.
        nothing_share: share of a batch that is empty or garbled.
    """

    architecture: Literal["resnet", "regnet"]
    stream: str
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    nothing_share: float = 0.3
    schedule: Schedule = Schedule(
        steps=2_000, batch=128, peak_rate=2e-3, weight_decay=0.05, average_decay=0.995
    )


# The roles were swapped after training, so the stream names are those of the other role. The
# residual network is the judge, since it misses fewer of the base's images (mostly airliners) and
# has no more false positives.
JUDGE = ClassifierConfig("resnet", "selector", widths=(32, 64, 128), depths=(2, 2, 1))
SELECTOR = ClassifierConfig("regnet", "judge", widths=(64, 128, 192), depths=(1, 2, 2))


def build_classifier(config: ClassifierConfig, labels: Labels) -> PreTrainedModel:
    """An untrained classifier; call it inside `initialised`."""
    named = {
        "id2label": labels.names,
        "label2id": {name: index for index, name in labels.names.items()},
    }
    if config.architecture == "resnet":
        return ResNetForImageClassification(
            ResNetConfig(
                embedding_size=config.widths[0],
                hidden_sizes=config.widths,
                depths=config.depths,
                layer_type="basic",
                **named,
            )
        )
    return RegNetForImageClassification(
        RegNetConfig(
            embedding_size=config.widths[0] // 2,
            hidden_sizes=config.widths,
            depths=config.depths,
            groups_width=16,
            layer_type="y",
            **named,
        )
    )


def train_classifier(run: Run, part: str, config: ClassifierConfig) -> PreTrainedModel:
    """Trains `selector` or `judge` on the drawings and on images of nothing."""
    drawn = read_drawn(run.folder("draw"))
    labels = labels_of(run.source)
    objects, styles = _targets(drawn, labels)
    with initialised(run.seed_of(config.stream)):
        model = build_classifier(config, labels)
    model.to(run.device, memory_format=torch.channels_last)
    training = Training(model, config.schedule, run.generator(config.stream), run.folder(part))
    nothing = round(config.schedule.batch * config.nothing_share)

    def loss_of(generator: torch.Generator) -> torch.Tensor:
        images, rows = sample_rows(drawn.pictures, config.schedule.batch, generator, run.device)
        object_target, style_target = objects[rows].clone(), styles[rows].clone()
        shown, emptied, garbled = _split(images, nothing, generator)
        images = wear(torch.cat([reframe(shown, generator), emptied, garbled]), generator)
        object_target[len(shown) :] = labels.objects.index(NONE)
        style_target[len(shown) :] = UNJUDGED
        style_target[len(shown) : len(shown) + len(emptied)] = labels.styles.index(NONE)
        with torch.autocast(run.device.type, torch.bfloat16):
            logits = model(pixel_values=normalise(images)).logits.float()
        object_logits, style_logits = logits.split([len(labels.objects), len(labels.styles)], 1)
        return cross_entropy(object_logits, object_target.to(run.device)) + cross_entropy(
            style_logits, style_target.to(run.device), ignore_index=UNJUDGED
        )

    return training.run(part, loss_of)


def _targets(drawn: DrawnSet, labels: Labels) -> tuple[torch.Tensor, torch.Tensor]:
    """Indices of each image's object and style within their groups, int64 (N,) each."""
    objects = [thing if thing in labels.objects else NONE for thing in drawn.things]
    return (
        torch.tensor([labels.objects.index(name) for name in objects]),
        torch.tensor([labels.styles.index(style or NONE) for style in drawn.styles]),
    )


def _split(
    images: torch.Tensor, nothing: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Splits a batch: unchanged images, and the last `nothing`, emptied or garbled."""
    kinds = [*EMPTY, *GARBLED]
    parts = list(images[len(images) - nothing :].tensor_split(len(kinds)))
    made = [kind(part, generator) for kind, part in zip(kinds, parts, strict=True)]
    empty = len(EMPTY)
    return images[: len(images) - nothing], torch.cat(made[:empty]), torch.cat(made[empty:])
