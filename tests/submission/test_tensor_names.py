"""Canonical names."""

from __future__ import annotations

import pytest

from erasebench.submission.tensor_names import canonical_name, is_ignored, part_of


@pytest.mark.parametrize(
    ("part", "name", "canonical"),
    [
        ("unet", "conv_in.weight", "unet.conv_in.weight"),
        ("text_encoder", "final_layer_norm.bias", "text_encoder.final_layer_norm.bias"),
        ("text_encoder", "text_model.final_layer_norm.bias", "text_encoder.final_layer_norm.bias"),
        ("unet", "text_model.x", "unet.text_model.x"),
    ],
)
def test_canonical_name(part: str, name: str, canonical: str) -> None:
    """The part comes first, and the prefix of old text encoders goes, in them alone."""
    assert canonical_name(part, name) == canonical
    assert part_of(canonical) == part


def test_only_position_ids_of_a_text_encoder_are_ignored() -> None:
    """Nothing else can be passed over by being unknown."""
    assert is_ignored("text_encoder.embeddings.position_ids")
    assert not is_ignored("unet.embeddings.position_ids")
    assert not is_ignored("text_encoder.embeddings.position_embedding.weight")
    assert not is_ignored("text_encoder.embeddings.position_ids.weight")
