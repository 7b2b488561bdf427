"""Stages `clip` and `scorer`: two CLIPs of the same shape with different seeds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import log_softmax
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTokenizer, CLIPVisionConfig

from erasebench.diffusion.noise import initialised
from pictogram_training.augment import jitter_softly
from pictogram_training.draw import DrawnSet, read_drawn
from pictogram_training.pixels import normalise, sample_rows
from pictogram_training.run import Run
from pictogram_training.stage import Schedule, Training, with_trained_weights
from pictogram_training.tokens import load_tokenizer


@dataclass(frozen=True)
class ContrastiveConfig:
    """Shape and schedule of a CLIP.

    Attributes:
        text_width, text_layers: of the text tower, whose hidden states condition the UNet.
        image_width, image_layers, patch: of the image tower.
        heads: attention heads of both towers.
        projection: width of the shared embedding.
    """

    text_width: int = 128
    text_layers: int = 4
    image_width: int = 96
    image_layers: int = 4
    patch: int = 8
    heads: int = 4
    projection: int = 128
    schedule: Schedule = Schedule(steps=1_600, batch=64, peak_rate=1.5e-3, weight_decay=0.05)


def build_clip(config: ContrastiveConfig, tokenizer: CLIPTokenizer, image_size: int) -> CLIPModel:
    """An untrained CLIP; call it inside `initialised`."""
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=config.text_width,
        intermediate_size=4 * config.text_width,
        projection_dim=config.projection,
        num_hidden_layers=config.text_layers,
        num_attention_heads=config.heads,
        max_position_embeddings=tokenizer.model_max_length,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    vision = CLIPVisionConfig(
        hidden_size=config.image_width,
        intermediate_size=4 * config.image_width,
        projection_dim=config.projection,
        num_hidden_layers=config.image_layers,
        num_attention_heads=config.heads,
        image_size=image_size,
        patch_size=config.patch,
    )
    return CLIPModel(
        CLIPConfig(
            text_config=text.to_dict(),
            vision_config=vision.to_dict(),
            projection_dim=config.projection,
        )
    )


def tokenise(tokenizer: CLIPTokenizer, captions: list[str]) -> torch.Tensor:
    """Token ids, int64 (N, positions), padded as the pipeline pads a prompt."""
    ids: torch.Tensor = tokenizer(
        captions,
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    ).input_ids
    return ids


@dataclass(frozen=True)
class CaptionTruth:
    """Which captions are true of which training images.

    A caption is true of an image if an image with the same thing and style has it. For example, "a
    painting in the style of Picasso" is true of everything in that style.

    Attributes:
        captions: the C different captions, sorted.
        caption_of: int64 (N,), index of each image's own caption.
        meaning_of: int64 (N,), index of each image's pair of thing and style.
        true: bool (M, C), meaning by caption.
    """

    captions: tuple[str, ...]
    caption_of: npt.NDArray[np.int64]
    meaning_of: npt.NDArray[np.int64]
    true: torch.Tensor


def caption_truth(drawn: DrawnSet) -> CaptionTruth:
    """Finds the captions of each pair of thing and style in a training set."""
    captions, caption_of = np.unique(np.array(drawn.captions), return_inverse=True)
    meanings = [f"{thing} {style}" for thing, style in zip(drawn.things, drawn.styles, strict=True)]
    names, meaning_of = np.unique(np.array(meanings), return_inverse=True)
    true = torch.zeros(len(names), len(captions), dtype=torch.bool)
    true[torch.from_numpy(meaning_of), torch.from_numpy(caption_of)] = True
    return CaptionTruth(tuple(captions.tolist()), caption_of, meaning_of, true)


def contrastive_loss(similarity: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Symmetric cross-entropy with targets spread evenly over all true pairs.

    Args:
        similarity: float (B, B), image by caption, already scaled.
        true: bool (B, B), with at least one true entry in each row and column.

    Returns:
        The scalar loss.
    """
    targets = true.float()
    by_picture = targets / targets.sum(1, keepdim=True)
    by_caption = targets / targets.sum(0, keepdim=True)
    picture_loss = -(by_picture * log_softmax(similarity, 1)).sum(1).mean()
    caption_loss = -(by_caption * log_softmax(similarity, 0)).sum(0).mean()
    return (picture_loss + caption_loss) / 2


def train_clip(run: Run, part: str, config: ContrastiveConfig) -> CLIPModel:
    """Trains `clip` or `scorer`."""
    drawn = read_drawn(run.folder("draw"))
    tokenizer = load_tokenizer(run.folder("tokenizer"))
    truth = caption_truth(drawn)
    ids = tokenise(tokenizer, list(truth.captions)).to(run.device)
    with initialised(run.seed_of(part)):
        model = build_clip(config, tokenizer, drawn.pictures.shape[1]).to(run.device)
    training = Training(model, config.schedule, run.generator(part), run.folder(part))

    def loss_of(generator: torch.Generator) -> torch.Tensor:
        images, rows = sample_rows(drawn.pictures, config.schedule.batch, generator, run.device)
        images = jitter_softly(images, generator)
        own = truth.caption_of[rows]
        # The text tower is causal: tokens after the end token do not affect the pooled output.
        longest = int((ids[own] == tokenizer.eos_token_id).int().argmax(1).max()) + 1
        output = model(input_ids=ids[own, :longest], pixel_values=normalise(images))
        true = truth.true[truth.meaning_of[rows]][:, own].to(run.device)
        return contrastive_loss(output.logits_per_image, true)

    return training.run(part, loss_of)


def load_clip(
    folder: Path, config: ContrastiveConfig, tokenizer: CLIPTokenizer, size: int
) -> CLIPModel:
    """The trained CLIP in the folder of a part."""
    return with_trained_weights(build_clip(config, tokenizer, size), folder)
