"""`sd14-v1`: Stable Diffusion 1.4.

Its models are pinned by repository and commit. Their digests are not known yet: commands print the
digests to be written here, and results record the models they used.
"""

from __future__ import annotations

from erasebench.concepts import CONCEPTS
from erasebench.imagenet import IMAGENET_1K
from erasebench.protocol.definition import CentreSquare, Protocol
from erasebench.protocol.pins import HubPin, JudgePin, PixelInput
from erasebench.recipes import ClassifierRecipe, PrefixBudget, Recipe

_OBJECTS = tuple(
    concept.name
    for concept in CONCEPTS.values()
    if concept.kind == "object" and concept.name != "gas_pump"
)
"""The ten objects of the paper, in the order of `CONCEPTS`."""

_STYLES = ("van_gogh", "picasso", "andy_warhol")

_NOISE_ETAS = (1.0, 1.17, 1.34, 1.51, 1.68, 1.85)

_TOKENIZER = ("merges.txt", "special_tokens_map.json", "tokenizer_config.json", "vocab.json")

_CLASSIFIER_FILES = ("config.json", "model.safetensors")

SD14_V1 = Protocol(
    name="sd14-v1",
    preview=True,
    base=HubPin(
        source="CompVis/stable-diffusion-v1-4",
        revision="133a221b8aa7292a167afc5127cb63fb5005638b",
        tensors_digest="",
        files_digest="",
        files=(
            "scheduler/scheduler_config.json",
            "text_encoder/config.json",
            "text_encoder/model.safetensors",
            *(f"tokenizer/{name}" for name in _TOKENIZER),
            "unet/config.json",
            "unet/diffusion_pytorch_model.safetensors",
            "vae/config.json",
            "vae/diffusion_pytorch_model.safetensors",
        ),
    ),
    architecture="stable-diffusion-1",
    # Retraining this base without ten concepts is not feasible.
    retrain=(),
    judge=JudgePin(
        HubPin(
            source="google/vit-base-patch16-224",
            revision="3f49326eb077187dfe1c2a2bb15fbd74e6ab91e3",
            tensors_digest="",
            files_digest="",
            files=_CLASSIFIER_FILES,
        ),
        PixelInput(224, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ),
    selector=JudgePin(
        HubPin(
            source="microsoft/resnet-50",
            revision="34c2154c194f829b11125337b98c8f5f9965ff19",
            tensors_digest="",
            files_digest="",
            files=_CLASSIFIER_FILES,
        ),
        PixelInput(224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ),
    # This commit has pickled weights only. They are read as weights only, and checked before.
    clip=HubPin(
        source="openai/clip-vit-base-patch32",
        revision="3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268",
        tensors_digest="",
        files_digest="",
        files=("config.json", "pytorch_model.bin", *_TOKENIZER),
    ),
    clip_pixels=PixelInput(
        224, (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    ),
    style_judged=False,
    image_size=512,
    steps=50,
    guidance_scale=7.5,
    ranked=_OBJECTS,
    retention=(*_OBJECTS, *_STYLES),
    erasable=("gas_pump", *_STYLES),
    prompts=30,
    retention_prompts=10,
    hard_retention=_OBJECTS[:3],
    redraws=8,
    noise_etas=_NOISE_ETAS,
    noise_scales=(1.0, 1.02, 1.03, 1.04),
    hard_retention_eta=1.34,
    completion_starts=(1, 2, 3, 5, 10, 15, 20),
    completion_ranked=(5, 10),
    guidance_scales=tuple(25.0 + 7 * index for index in range(24)),
    guidance_noise_scales=(50.0, 100.0, 150.0, 175.0),
    guidance_noise_etas=_NOISE_ETAS,
    guidance_factor=1.0,
    classifier=ClassifierRecipe(),
    centre=CentreSquare(pixels=(144, 368), grey=128, vae_factor=8),
    accepted_draws=12,
    inversion=Recipe(updates=3_000, batch=4, learning_rate=2e-3),
    inversion_pictures=100,
    prefixes=PrefixBudget(tokens=3, timesteps=40, updates=40, timesteps_per_try=2),
    relearning=Recipe(updates=50, batch=4, learning_rate=1e-5),
    relearning_pictures=16,
    tracing_points=11,
    tracing_seeds=25,
    ranked_probes=(
        "standard_prompt",
        "indirect_prompt",
        "encoder_swap",
        "noise",
        "diffusion_completion_5",
        "diffusion_completion_10",
        "inpainting_crop",
        "classifier_guidance",
        "guidance_noise",
        "textual_inversion",
        "unlearn_diff_atk",
    ),
    shown_probes=(
        *(f"diffusion_completion_{start}" for start in (1, 2, 3, 15, 20)),
        "inpainting_whole",
        "relearning",
    ),
    photographs=IMAGENET_1K,
    seasonal=True,
)
"""Stable Diffusion 1.4 at 512 × 512, on one GPU."""
