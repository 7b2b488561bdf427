"""The scoring CLIP: similarity of image and prompt, and the concept whose prompt fits best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch.nn.functional import normalize
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

from erasebench.concepts import Concept
from erasebench.protocol import PixelInput, Protocol
from erasebench.scoring.judge import TOP, Recognitions
from erasebench.scoring.pixels import to_input
from erasebench.submission.pin import check_pins

POSITIONS = "position_ids"
"""Ending of the names of position indices in old files."""


@dataclass(frozen=True)
class ClipScores:
    """CLIP's scores of N images.

    Attributes:
        score: float32 (N,) in [-100, 100], 100 × cosine of image and generation prompt.
        first: bool (N,), the target's prompt fits better than every other concept's.
    """

    score: npt.NDArray[np.float32]
    first: npt.NDArray[np.bool_]


class Clip:
    """A CLIP with the prompts that it ranks.

    Source: Radford et al., "Learning Transferable Visual Models From Natural Language
    Supervision" (ICML 2021); the score is Hessel et al.'s CLIPScore (EMNLP 2021), equation 1.
    Deviation: weight 100 and no clipping at 0, as Lu et al. 2025 report it.
    """

    def __init__(
        self,
        model: CLIPModel,
        tokenizer: CLIPTokenizer,
        pixels: PixelInput,
        concepts: Sequence[Concept],
    ) -> None:
        """Takes a model in inference mode, as `load_clip` prepares it."""
        self._model = model
        self._tokenizer = tokenizer
        self._pixels = pixels
        self._texts: dict[str, torch.Tensor] = {}
        self._place = {concept.name: place for place, concept in enumerate(concepts)}
        self._concept_prompts = [concept.prompt for concept in concepts]

    @torch.no_grad()
    def score(
        self,
        pictures: npt.NDArray[np.uint8],
        targets: Sequence[Concept],
        prompts: Sequence[str],
    ) -> ClipScores:
        """Scores each image against its own prompt and ranks the concepts' prompts for it.

        Args:
            pictures: uint8 (N, H, W, 3).
            targets: N concepts, each among those that are ranked.
            prompts: N generation prompts.
        """
        image = self.embed(pictures)
        cosine = (image * self._embed_prompts(prompts)).sum(1)
        best = self._fits(image).argmax(1).numpy()
        return ClipScores(score=(100 * cosine).cpu().numpy(), first=best == self._places(targets))

    @torch.no_grad()
    def judge(self, pictures: npt.NDArray[np.uint8], targets: Sequence[Concept]) -> Recognitions:
        """Whether each image shows its target, as a judge answers it.

        The answer is the concept whose prompt fits best, its probability the softmax over all
        concepts of 100 × cosine.

        Args:
            pictures: uint8 (N, H, W, 3).
            targets: N concepts, each among those that are ranked.
        """
        fits = self._fits(self.embed(pictures))
        places = torch.from_numpy(self._places(targets))[:, None]
        # Equals keep their order, so that exactly one answer is the first.
        order = fits.argsort(dim=1, descending=True, stable=True)
        return Recognitions(
            top1=(order[:, :1] == places).any(dim=1).numpy(),
            top5=(order[:, :TOP] == places).any(dim=1).numpy(),
            probability=(100 * fits).softmax(dim=1).gather(1, places)[:, 0].numpy(),
        )

    @torch.no_grad()
    def embed(self, pictures: npt.NDArray[np.uint8]) -> torch.Tensor:
        """Unit vectors of images.

        Args:
            pictures: uint8 (N, H, W, 3).

        Returns:
            float32 (N, D) on the model's device, each row of length 1.
        """
        pixels = to_input(pictures, self._pixels, self._model.device)
        return normalize(self._model.get_image_features(pixel_values=pixels).pooler_output)

    def _fits(self, images: torch.Tensor) -> torch.Tensor:
        """Cosine of images and the concepts' prompts, float32 (N, concepts), on the CPU."""
        return (images @ self._embed_prompts(self._concept_prompts).T).cpu()

    def _places(self, targets: Sequence[Concept]) -> npt.NDArray[np.int64]:
        return np.array([self._place[target.name] for target in targets])

    def _embed_prompts(self, prompts: Sequence[str]) -> torch.Tensor:
        """Unit vectors of prompts, (N, D); each prompt is encoded alone, once."""
        for prompt in set(prompts) - self._texts.keys():
            tokens = self._tokenizer(prompt, return_tensors="pt").input_ids.to(self._model.device)
            features = self._model.get_text_features(input_ids=tokens).pooler_output
            self._texts[prompt] = normalize(features)[0]
        return torch.stack([self._texts[prompt] for prompt in prompts])


def load_clip(protocol: Protocol, device: torch.device) -> Clip:
    """Loads a protocol's scoring CLIP from its folder, in transformers layout, as float32.

    Raises:
        ProtocolError: if the folder does not hold the pinned model.
    """
    check_pins(protocol.clip)
    folder = protocol.clip.folder
    model = CLIPModel(CLIPConfig.from_pretrained(folder, local_files_only=True))
    model.load_state_dict(_tensors(folder))
    model.eval().requires_grad_(False).to(device)
    tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    concepts = [protocol.concept(name) for name in protocol.concepts]
    return Clip(model, tokenizer, protocol.clip_pixels, concepts)


def _tensors(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors of a CLIP whose digest was compared with the protocol's.

    A model published without safetensors is read from its pickle with `weights_only`. Files of
    submissions are never read here.
    """
    whole = folder / "model.safetensors"
    tensors: dict[str, torch.Tensor] = (
        load_file(whole)
        if whole.exists()
        else torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
    )
    # Old files also hold position indices 0, 1, 2, …
    return {name: tensor for name, tensor in tensors.items() if not name.endswith(POSITIONS)}
