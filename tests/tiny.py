"""A whole world at toy size, of the real classes with random weights: written in a second.

Nothing in it has learned anything. It has the layout of the bundled world (`base`, `judge`,
`selector`, `scorer`), other shapes than it (8 × 8 latents would be too few for three levels, so
16 × 16; pictures of 32 pixels), and a protocol of its own, so that code which assumes a shape
fails here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    CLIPVisionConfig,
    ConvNextConfig,
    ConvNextForImageClassification,
    PretrainedConfig,
    PreTrainedModel,
    ResNetConfig,
    ResNetForImageClassification,
)

from erasebench.concepts import CONCEPTS, OBJECTS, STYLES
from erasebench.diffusion.noise import initialised
from erasebench.protocol import (
    PICTOGRAM_V1,
    CentreSquare,
    JudgePin,
    ModelPin,
    PixelInput,
    Protocol,
)
from erasebench.recipes import ClassifierRecipe, PrefixBudget, Recipe
from erasebench.submission.pin import pin_of

IMAGE_SIZE = 32
LATENT_SIDE = 16
TEXT_WIDTH = 16
POSITIONS = 32
VOCABULARY = 900

LABELS = (
    *(f"object:{concept.name}" for concept in OBJECTS),
    "object:none",
    *(f"style:{concept.name}" for concept in STYLES),
    "style:none",
)
"""The labels of judge and selector, as in the bundled world."""


def tiny_world(folder: Path, seed: int = 0) -> Protocol:
    """Writes every model into a folder and returns the protocol that uses them."""
    tiny_pipeline_folder(folder / "base", seed)
    tiny_judge_folder(folder / "judge", seed)
    tiny_selector_folder(folder / "selector", seed)
    tiny_scorer_folder(folder / "scorer", seed)
    return tiny_protocol(folder)


def tiny_protocol(folder: Path) -> Protocol:
    """A protocol with everything of the bundled one, smaller, on the models of `tiny_world`."""
    judge_pixels = PixelInput(24, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    return replace(
        PICTOGRAM_V1,
        name="tiny",
        base=pinned(folder / "base"),
        architecture="tiny",
        retrain=(),
        judge=JudgePin(pinned(folder / "judge"), judge_pixels),
        selector=JudgePin(pinned(folder / "selector"), judge_pixels),
        clip=pinned(folder / "scorer"),
        clip_pixels=PixelInput(IMAGE_SIZE, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        image_size=IMAGE_SIZE,
        steps=4,
        guidance_scale=3.0,
        ranked=("church", "golf_ball"),
        retention=("airliner", "tench", "picasso"),
        erasable=("airliner", "tench", "gas_pump", "picasso"),
        prompts=4,
        retention_prompts=2,
        hard_retention=("airliner",),
        redraws=3,
        noise_etas=(1.0, 1.2),
        noise_scales=(1.0, 1.04),
        completion_starts=(1, 2),
        completion_ranked=(1,),
        guidance_scales=(25.0, 50.0),
        guidance_noise_scales=(50.0,),
        guidance_noise_etas=(1.0, 1.2),
        classifier=ClassifierRecipe(positives=8, negatives=12, batch=8, views=2, epochs=2),
        centre=CentreSquare(pixels=(8, 24), grey=128, vae_factor=2),
        accepted_draws=12,
        inversion=Recipe(updates=6, batch=2, learning_rate=2e-3),
        inversion_pictures=4,
        prefixes=PrefixBudget(tokens=2, timesteps=4, updates=2, timesteps_per_try=2),
        relearning=Recipe(updates=3, batch=2, learning_rate=1e-4),
        relearning_pictures=2,
        tracing_points=4,
        tracing_seeds=2,
        ranked_probes=(
            "standard_prompt",
            "indirect_prompt",
            "encoder_swap",
            "noise",
            "diffusion_completion_1",
            "inpainting_crop",
            "classifier_guidance",
            "guidance_noise",
            "textual_inversion",
            "unlearn_diff_atk",
        ),
        shown_probes=("diffusion_completion_2", "inpainting_whole", "relearning"),
    )


def pinned(folder: Path) -> ModelPin:
    """A model pinned as it lies there; one that is not there cannot be loaded."""
    return pin_of(folder) if folder.exists() else ModelPin(str(folder), None, "", "")


def tiny_pipeline_folder(path: Path, seed: int = 0) -> Path:
    """Writes a pipeline in diffusers layout, fp16 safetensors, that the stock pipeline loads.

    Two seeds differ in every tensor, and share tokenizer and scheduler.
    """
    tokenizer = tiny_tokenizer()
    with initialised(seed):
        unet = UNet2DConditionModel(
            sample_size=LATENT_SIDE,
            in_channels=4,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            block_out_channels=(8, 16, 16),
            layers_per_block=1,
            norm_num_groups=4,
            attention_head_dim=2,
            cross_attention_dim=TEXT_WIDTH,
        )
        vae = AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            block_out_channels=(8, 16),
            layers_per_block=1,
            latent_channels=4,
            norm_num_groups=4,
            sample_size=IMAGE_SIZE,
            scaling_factor=0.7,
        )
        text_encoder = CLIPTextModel(_text_config(tokenizer))
    # As first drawn, cross-attention hardly matters: another prompt would give the same picture.
    for name, tensor in unet.state_dict().items():
        if "attn2.to_out" in name or "attn2.to_v" in name:
            tensor.mul_(5)
    unet.half().save_pretrained(path / "unet")
    vae.half().save_pretrained(path / "vae")
    _save_half(text_encoder, path / "text_encoder")
    tokenizer.save_pretrained(path / "tokenizer")
    DDIMScheduler(
        num_train_timesteps=1_000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    ).save_pretrained(path / "scheduler")
    index = {
        "_class_name": "StableDiffusionPipeline",
        "feature_extractor": [None, None],
        "image_encoder": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    (path / "model_index.json").write_text(json.dumps(index, indent=2))
    return path


def tiny_judge_folder(path: Path, seed: int = 0) -> Path:
    """Writes an image classifier with the bundled world's labels."""
    with initialised(seed + 100):
        config = ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, patch_size=4)
        judge = ConvNextForImageClassification(_labelled(config))
    _make_decided(judge, judge.classifier)
    _save_half(judge, path)
    return path


def tiny_selector_folder(path: Path, seed: int = 0) -> Path:
    """Writes another architecture with the same labels."""
    with initialised(seed + 200):
        config = ResNetConfig(
            embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic"
        )
        selector = ResNetForImageClassification(_labelled(config))
    _make_decided(selector, selector.classifier[-1])
    _save_half(selector, path)
    return path


def tiny_scorer_folder(path: Path, seed: int = 0) -> Path:
    """Writes a CLIP with its tokenizer."""
    tokenizer = tiny_tokenizer()
    vision = CLIPVisionConfig(
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=IMAGE_SIZE,
        patch_size=8,
        projection_dim=12,
    )
    config = CLIPConfig(
        text_config=_text_config(tokenizer).to_dict(),
        vision_config=vision.to_dict(),
        projection_dim=12,
    )
    with initialised(seed + 300):
        _save_half(CLIPModel(config), path)
    tokenizer.save_pretrained(path)
    return path


def _text_config(tokenizer: CLIPTokenizer) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=TEXT_WIDTH,
        intermediate_size=32,
        projection_dim=12,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=POSITIONS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _labelled(config: PretrainedConfig) -> PretrainedConfig:
    config.id2label = dict(enumerate(LABELS))
    config.label2id = {label: index for index, label in enumerate(LABELS)}
    return config


@torch.no_grad()
def _make_decided(model: PreTrainedModel, head: torch.nn.Linear) -> None:
    """Lets an untrained classifier give other pictures other answers, and all of them somewhere.

    As first drawn its answers hardly differ; here they are spread about those for a flat green
    picture, which is what the tiny pipeline's pictures are on average.
    """
    green = torch.tensor([0.0, 0.5, -0.2]).view(1, 3, 1, 1).expand(1, 3, 24, 24)
    head.weight.mul_(100)
    head.bias.zero_()
    model.eval()
    head.bias.sub_(model(pixel_values=green).logits[0])


def _save_half(model: PreTrainedModel, path: Path) -> None:
    """Saves fp16 tensors under a config that asks for float32, as the bundled world does."""
    model.half().save_pretrained(path)
    config = json.loads((path / "config.json").read_text())
    config["dtype"] = "float32"
    (path / "config.json").write_text(json.dumps(config, indent=2))


def tiny_tokenizer() -> CLIPTokenizer:
    """A byte-pair tokenizer that knows the words of every concept's prompts."""
    characters = sorted(pre_tokenizers.ByteLevel.alphabet())
    cut = CLIPTokenizer().backend_tokenizer
    sentences = [text for c in CONCEPTS.values() for text in (c.prompt, *c.descriptions)]
    sentences += [thing.painted_by(style) for thing in OBJECTS for style in STYLES]
    words = sorted(
        word
        for sentence in sentences
        for word, _ in cut.pre_tokenizer.pre_tokenize_str(cut.normalizer.normalize_str(sentence))
    )
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    learner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    learner.train_from_iterator(
        words,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            initial_alphabet=characters,
            end_of_word_suffix="</w>",
            show_progress=False,
        ),
    )
    merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]
    tokens = [*characters, *(character + "</w>" for character in characters)]
    # The learner may count a byte with its word end as learned; those are there already.
    tokens += [token for token in ("".join(pair) for pair in merges) if token not in set(tokens)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        {token: index for index, token in enumerate(tokens)},
        merges,
        model_max_length=POSITIONS,
    )
