"""The text encoder with additional tokens, whose embeddings may be trained."""

from __future__ import annotations

import torch
from torch.func import functional_call
from transformers import CLIPTextModel

_EMBEDDING = "embeddings.token_embedding.weight"


def encode_with_rows(
    text_encoder: CLIPTextModel, tokens: torch.Tensor, rows: torch.Tensor
) -> torch.Tensor:
    """Prompt embeddings of tokens, some of which have embeddings that are given.

    The encoder is not changed: the rows extend its token embedding for this call only. Gradients
    flow to them.

    Args:
        text_encoder: has embeddings of the tokens 0 to V - 1.
        tokens: int64 (N, L); the token V + r stands for row r.
        rows: (R, D), cast to the encoder's dtype.

    Returns:
        (N, L, D), the encoder's last hidden states.
    """
    known = text_encoder.get_input_embeddings().weight
    longer = torch.cat([known, rows.to(known)])
    encoded: torch.Tensor = functional_call(
        text_encoder, {_EMBEDDING: longer}, (tokens,)
    ).last_hidden_state
    return encoded
