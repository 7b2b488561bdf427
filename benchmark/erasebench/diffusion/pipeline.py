"""The loaded pipeline: a base's parts, and named sets of weights that share unchanged tensors.

Only tensors of a submission are used: tokenizer, scheduler and VAE are always the base's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from diffusers import AutoencoderKL
from torch.func import functional_call
from transformers import CLIPTokenizer

from erasebench.diffusion.base_files import (
    read_config,
    read_text_encoder,
    read_tokenizer,
    read_unet,
    read_vae,
)
from erasebench.diffusion.ddim import VELOCITY, Schedule, noise_of_velocity, read_schedule
from erasebench.diffusion.device import rows_per_call
from erasebench.diffusion.trajectory import BASE, learned_words
from erasebench.diffusion.weights import Weights
from erasebench.errors import OverflowedError, PromptTooLongError, ProtocolError
from erasebench.protocol import Protocol
from erasebench.submission.formats.prompt_filter import PromptFilter
from erasebench.submission.pin import check_pins

_PIXELS_PER_CALL = 64 * 1024
"""Pixels of one VAE call, at least one image.

A CPU is fastest with sixteen images of 64 × 64; one of 512 × 512 keeps a GPU busy and its
activations take much memory.
"""

_EMBEDDINGS_KEPT = 1024
"""Prompt embeddings in the cache, oldest removed first; 120 MB with 77 tokens each."""


class LoadedPipeline:
    """A base on a device, with any number of edits of it.

    Attributes:
        tokenizer: the base's, with the words of learned tokens added.
        vae: the base's.
        device: where all weights are.
        dtype: of all weights and embeddings. Latents are always float32, since many small steps
            add up in them.
        latent_shape: (C, h, w) of one latent.
        image_size: side of an image in pixels.
        rows_per_call: largest number of rows in a UNet call; by default as many as keep the device
            busy.
    """

    def __init__(
        self,
        base: Weights,
        tokenizer: CLIPTokenizer,
        vae: AutoencoderKL,
        scheduler_config: Mapping[str, Any],
    ) -> None:
        """Takes a base's parts as they are; `load_base` makes them ready.

        Raises:
            ProtocolError: if the scheduler config has a setting that sampling does not support.
        """
        self.tokenizer = tokenizer
        self.vae = vae
        self.device: torch.device = base.unet.device
        self.dtype: torch.dtype = base.unet.dtype
        side: int = base.unet.config.sample_size
        channels: int = base.unet.config.in_channels
        self.latent_shape = (channels, side, side)
        self.image_size: int = side * 2 ** (len(vae.config.block_out_channels) - 1)
        self.rows_per_call = rows_per_call(self.device, self.latent_shape)
        self._scheduler_config = scheduler_config
        self._training = read_schedule(scheduler_config, steps=1)
        self._weights = {BASE: base}
        self._embeddings: dict[tuple[str, str], torch.Tensor] = {}

    def schedule(self, steps: int) -> Schedule:
        """The base's schedule, sampled in a number of steps."""
        return read_schedule(self._scheduler_config, steps)

    @property
    def names(self) -> frozenset[str]:
        """The names of all sets of weights."""
        return frozenset(self._weights)

    def weights(self, name: str) -> Weights:
        """The modules of a named set of weights.

        Raises:
            ValueError: if no set of this name was added.
        """
        if name not in self._weights:
            message = f"no weights are named {name!r}; there are {', '.join(self._weights)}"
            raise ValueError(message)
        return self._weights[name]

    def add_weights(
        self, name: str, changed: Mapping[str, torch.Tensor], of: str = BASE
    ) -> Weights:
        """Adds an edit: some tensors of its own, all others shared with the set it edits.

        Args:
            name: name of the set.
            changed: canonical name → tensor of the base's shape; copied in the pipeline's dtype.
            of: name of the set that is edited.

        Raises:
            ValueError: if the name is taken, or the base has no tensor of that name and shape.
        """
        return self._add(name, self.weights(of).edited(changed))

    def add_filtered(self, name: str, filtered: PromptFilter) -> Weights:
        """Adds the base behind a prompt filter.

        Args:
            name: name of the set.
            filtered: the filter, which empties prompts before they are encoded.

        Raises:
            ValueError: if the name is taken.
        """
        return self._add(name, replace(self.weights(BASE), filtered=filtered))

    def add_mixed(self, name: str, unet: str, text_encoder: str) -> Weights:
        """Adds the UNet of one set with the text encoder of another; both are shared.

        Raises:
            ValueError: if the name is taken.
        """
        mixed = replace(self.weights(unet), text_encoder=self.weights(text_encoder).text_encoder)
        return self._add(name, mixed)

    def remove_weights(self, name: str) -> None:
        """Removes a set of weights and its cached embeddings.

        Raises:
            ValueError: if no set of this name was added.
        """
        self.weights(name)
        del self._weights[name]
        for key in [key for key in self._embeddings if key[0] == name]:
            del self._embeddings[key]

    def add_learned_tokens(self, name: str, weights: str, rows: torch.Tensor) -> Weights:
        """Adds a set of weights with more tokens, the words of `learned_words`.

        Args:
            name: name of the new set.
            weights: name of the set with which it shares all tensors except the token embedding.
            rows: the tokens' rows of the embedding, (R, D).

        Raises:
            ValueError: if the name is taken, or `weights` has learned tokens already.
        """
        self.tokenizer.add_tokens(list(learned_words(len(rows))))
        return self._add(name, self.weights(weights).with_learned_tokens(rows))

    def tokens(self, prompt: str) -> torch.Tensor:
        """Token ids of a prompt with start and end, padded, int64 (1, L).

        The word `LEARNED` becomes the id after the last one of the base's text encoder; further
        learned tokens get the ids after it.

        Raises:
            PromptTooLongError: if the prompt has more tokens than the text encoder reads.
        """
        limit = self.tokenizer.model_max_length
        tokens: torch.Tensor = self.tokenizer(
            prompt, padding="max_length", max_length=limit, return_tensors="pt"
        ).input_ids
        if tokens.shape[1] > limit:
            raise PromptTooLongError(prompt, tokens.shape[1], limit)
        return tokens.to(self.device)

    def encode_prompts(
        self, weights: str, prompts: Sequence[str], timestep: int | None = None
    ) -> torch.Tensor:
        """Prompt embeddings: the text encoder's last hidden states.

        Prompt filters act here only: optimisations call the text encoder directly, without the
        filter.

        Each prompt is encoded alone, so that its embedding does not depend on the batch, and is
        cached; trainings of a text encoder call its module instead.

        Args:
            weights: name of the set whose text encoder reads the prompts.
            prompts: N prompts; the empty one is the unconditional.
            timestep: t of the UNet call, used by filters that act early only; None for any.

        Returns:
            (N, L, D) in the pipeline's dtype, L the tokenizer's length.

        Raises:
            PromptTooLongError: if a prompt has more tokens than the text encoder reads.
            ValueError: if a prompt has the word `LEARNED` and the weights have no such token.
        """
        return torch.cat([self._embedding(weights, prompt, timestep) for prompt in prompts])

    def predict_noise(
        self,
        weights: str,
        latents: torch.Tensor,
        timestep: int | torch.Tensor,
        embeddings: torch.Tensor,
        parameters: Mapping[str, torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """ε of one UNet call, without guidance; gradients flow where the caller records them.

        The one way to a UNet: of one that predicts the velocity, ε is computed here.

        Args:
            weights: name of the set whose UNet runs.
            latents: x_t, (N, C, h, w), cast to the pipeline's dtype.
            timestep: t, one for all rows or int64 (N,).
            embeddings: (N, L, D).
            parameters: the UNet's name → tensor that takes the parameter's place in this call, cast
                to the pipeline's dtype; None for the set's own.

        Returns:
            Like `latents`.
        """
        unet = self.weights(weights).unet
        noised = latents.to(self.dtype), timestep
        words = {"encoder_hidden_states": embeddings, "return_dict": False}
        if parameters is None:
            predicted: torch.Tensor = unet(*noised, **words)[0]
        else:
            own = {name: tensor.to(self.dtype) for name, tensor in parameters.items()}
            predicted = functional_call(unet, own, noised, words)[0]
        predicted = predicted.to(latents.dtype)
        if self._training.prediction_type != VELOCITY:
            return predicted
        at = timestep.cpu() if isinstance(timestep, torch.Tensor) else timestep
        return noise_of_velocity(predicted, latents, self._training.alphas[at])

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> npt.NDArray[np.uint8]:
        """Images of clean latents, rounded to 8 bits here and nowhere else.

        Args:
            latents: (N, C, h, w), at the UNet's scale.

        Returns:
            uint8 (N, H, W, 3).

        Raises:
            OverflowedError: if an image is not finite; rounding would make it black.
        """
        pictures = []
        for part in latents.split(self._vae_rows()):
            unscaled = (part / self.vae.config.scaling_factor).to(self.dtype)
            decoded = self.vae.decode(unscaled, return_dict=False)[0]
            if not decoded.isfinite().all():
                raise OverflowedError("A decoded picture")
            levels = (decoded.float() / 2 + 0.5).clamp(0, 1) * 255
            pictures.append(levels.round().to(torch.uint8).permute(0, 2, 3, 1).cpu())
        return torch.cat(pictures).numpy()

    @torch.no_grad()
    def encode_pictures(self, pictures: npt.NDArray[np.uint8]) -> torch.Tensor:
        """Latents of images at the UNet's scale: the mode of the VAE's posterior.

        Args:
            pictures: uint8 (N, H, W, 3).

        Returns:
            float32 (N, C, h, w).
        """
        latents = []
        for part in torch.from_numpy(pictures).split(self._vae_rows()):
            levels = part.to(self.device).permute(0, 3, 1, 2) / 127.5 - 1
            posterior = self.vae.encode(levels.to(self.dtype)).latent_dist
            latents.append(posterior.mode().float() * self.vae.config.scaling_factor)
        return torch.cat(latents)

    def _add(self, name: str, weights: Weights) -> Weights:
        if name in self._weights:
            message = f"weights named {name!r} are there already"
            raise ValueError(message)
        self._weights[name] = weights
        return weights

    def _vae_rows(self) -> int:
        return max(1, _PIXELS_PER_CALL // self.image_size**2)

    @torch.no_grad()
    def _embedding(self, weights: str, prompt: str, timestep: int | None) -> torch.Tensor:
        own = self.weights(weights)
        heard = own.heard(prompt, timestep)
        key = weights, heard
        if key not in self._embeddings:
            encoder = own.text_encoder
            tokens = self.tokens(heard)
            if tokens.max() >= encoder.get_input_embeddings().num_embeddings:
                message = f"{prompt!r} asks for a learned token, and weights {weights!r} own none"
                raise ValueError(message)
            # An attack tries thousands of prompts, each once.
            if len(self._embeddings) == _EMBEDDINGS_KEPT:
                del self._embeddings[next(iter(self._embeddings))]
            self._embeddings[key] = encoder(tokens).last_hidden_state
        return self._embeddings[key]


def load_base(
    protocol: Protocol, device: torch.device, dtype: torch.dtype = torch.float32
) -> LoadedPipeline:
    """Loads a protocol's base from its pinned folder, in diffusers layout.

    Args:
        protocol: names the folder.
        device: where the weights go; see `device_named`.
        dtype: of the loaded weights, whatever the files' dtype.

    Raises:
        ProtocolError: if the folder's tensors are not the pinned ones, or not here; if its
            scheduler config has a setting that sampling does not support; if the protocol's centre
            square is for a VAE of another factor.
    """
    check_pins(protocol.base)
    folder = protocol.base.folder

    pipeline = LoadedPipeline(
        base=Weights(
            unet=read_unet(folder, device, dtype),
            text_encoder=read_text_encoder(folder, device, dtype),
        ),
        tokenizer=read_tokenizer(folder),
        vae=read_vae(folder, device, dtype),
        scheduler_config=read_config(folder / "scheduler" / "scheduler_config.json"),
    )
    factor = pipeline.image_size // pipeline.latent_shape[-1]
    if protocol.centre.pixels != tuple(factor * cell for cell in protocol.centre.cells):
        raise ProtocolError(
            "centre",
            f"Its pixels {protocol.centre.pixels} are not its cells {protocol.centre.cells}; the "
            f"base's VAE makes a cell of {factor} pixels. Make it with vae_factor={factor}.",
        )
    return pipeline
