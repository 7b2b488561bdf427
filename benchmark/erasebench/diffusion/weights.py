"""A named set of weights; edits share the unchanged tensors of their base."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from diffusers import UNet2DConditionModel
from torch.func import functional_call
from transformers import CLIPTextModel

from erasebench.submission.formats.prompt_filter import PromptFilter
from erasebench.submission.tensor_names import TEXT_ENCODER, UNET

_EMBEDDING = "embeddings.token_embedding.weight"

_Module = TypeVar("_Module", bound=torch.nn.Module)


@dataclass(frozen=True)
class Weights:
    """One named set of weights, as modules that run it.

    Attributes:
        unet: predicts noise.
        text_encoder: encodes the prompts that this UNet is conditioned on.
        filtered: a filter that empties prompts before they are encoded; None for no filter.
    """

    unet: UNet2DConditionModel
    text_encoder: CLIPTextModel
    filtered: PromptFilter | None = None

    def heard(self, prompt: str, timestep: int | None) -> str:
        """The prompt after the filter, which may have emptied it."""
        return prompt if self.filtered is None else self.filtered.apply(prompt, timestep)

    def encode_with_rows(self, tokens: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Prompt embeddings of tokens, some of which have the given rows as embeddings.

        The rows extend the token embedding for this call only. Gradients flow to them.

        Args:
            tokens: int64 (N, L); with V tokens in the embedding, V + r stands for row r.
            rows: (R, D), cast to the encoder's dtype.

        Returns:
            (N, L, D), the encoder's last hidden states.
        """
        known = self.text_encoder.get_input_embeddings().weight
        longer = torch.cat([known, rows.to(known)])
        encoded: torch.Tensor = functional_call(
            self.text_encoder, {_EMBEDDING: longer}, (tokens,)
        ).last_hidden_state
        return encoded

    def tensors(self) -> dict[str, torch.Tensor]:
        """Every parameter by its canonical name, not copied."""
        return {
            f"{part}.{name}": tensor
            for part, module in ((UNET, self.unet), (TEXT_ENCODER, self.text_encoder))
            for name, tensor in module.state_dict().items()
        }

    def edited(self, changed: Mapping[str, torch.Tensor]) -> Weights:
        """Weights with some tensors of their own that share all others with these.

        Args:
            changed: canonical name → tensor of this set's shape; copied, into this set's dtype
                and device.

        Raises:
            ValueError: if these weights have no tensor of such a name and shape.
        """
        shapes = {name: tensor.shape for name, tensor in self.tensors().items()}
        alien = [name for name, tensor in changed.items() if shapes.get(name) != tensor.shape]
        if alien:
            message = f"the base has no tensors of these names and shapes: {', '.join(alien)}"
            raise ValueError(message)
        return replace(
            self,
            unet=_edited(self.unet, UNET, changed),
            text_encoder=_edited(self.text_encoder, TEXT_ENCODER, changed),
        )

    def with_learned_tokens(self, rows: torch.Tensor) -> Weights:
        """These weights with more tokens; all tensors except the token embedding are shared.

        Args:
            rows: the tokens' rows of the embedding, (R, D); copied, into its dtype and device.

        Raises:
            ValueError: if they have learned tokens already.
        """
        embedding = self.text_encoder.get_input_embeddings()
        if embedding.num_embeddings > self.text_encoder.config.vocab_size:
            message = "these weights have learned tokens already; further ones have no words"
            raise ValueError(message)
        longer = torch.cat([embedding.weight, rows.to(embedding.weight)])
        text_encoder = _edited(self.text_encoder, TEXT_ENCODER, {})
        text_encoder.set_input_embeddings(torch.nn.Embedding.from_pretrained(longer).eval())
        return replace(self, text_encoder=text_encoder)


def _edited(module: _Module, part: str, changed: Mapping[str, torch.Tensor]) -> _Module:
    tensors = module.state_dict()
    # Tensors in the memo count as copied, so that the copy shares them.
    shared = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    twin = copy.deepcopy(module, shared)
    own = {
        name: torch.empty_like(tensor).copy_(changed[f"{part}.{name}"])
        for name, tensor in tensors.items()
        if f"{part}.{name}" in changed
    }
    # Assigned, not copied: tensors that the twin does not own are the module's.
    twin.load_state_dict(tensors | own, assign=True)
    return twin
