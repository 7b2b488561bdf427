"""Memory, counted without being taken."""

from __future__ import annotations

import torch

from erasebench.diffusion.memory import (
    decoding_memory,
    drawing_memory,
    free_memory,
    gradient_memory,
    weights_size,
)
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.trajectory import BASE, SUBMISSION
from erasebench.protocol import Protocol
from tests.diffusion.conftest import CPU


def test_a_call_of_more_rows_takes_in_proportion(pipeline: LoadedPipeline) -> None:
    """Activations are of rows alone; what a few tables take of every call hardly counts."""
    one, four = drawing_memory(pipeline, 16), drawing_memory(pipeline, 64)

    assert 3.5 * one < four <= 4 * one


def test_half_precision_takes_half(protocol: Protocol) -> None:
    """And so do the weights, the text encoder's, the VAE's and the UNet's."""
    half = load_base(protocol, CPU, torch.bfloat16)
    single = load_base(protocol, CPU)

    assert drawing_memory(half, 8) < 0.7 * drawing_memory(single, 8)
    assert decoding_memory(half) < 0.7 * decoding_memory(single)
    assert weights_size(single) == 2 * weights_size(half)


def test_shared_weights_count_once(pipeline: LoadedPipeline, protocol: Protocol) -> None:
    """An edit of a few tensors adds those alone."""
    base = load_base(protocol, CPU)
    own, edited = pipeline.weights(SUBMISSION).tensors(), pipeline.weights(BASE).tensors()
    changed = [own[name] for name in own if own[name].data_ptr() != edited[name].data_ptr()]

    assert changed
    assert weights_size(pipeline) - weights_size(base) == sum(one.nbytes for one in changed)


def test_a_gradient_keeps_more_unless_it_is_computed_again(protocol: Protocol) -> None:
    """Checkpoints at every block trade memory for a second pass."""
    pipeline = load_base(protocol, CPU)
    kept = gradient_memory(pipeline, 8)
    pipeline.weights(BASE).unet.enable_gradient_checkpointing()
    again = gradient_memory(pipeline, 8)

    assert drawing_memory(pipeline, 8) < again < 0.8 * kept


def test_a_gradient_is_the_same_computed_again(protocol: Protocol) -> None:
    """On the prompt's embedding, to the last bits."""
    gradients = []
    for recomputed in (False, True):
        pipeline = load_base(protocol, CPU)
        if recomputed:
            pipeline.weights(BASE).unet.enable_gradient_checkpointing()
        latents = torch.ones(1, *pipeline.latent_shape)
        embedding = pipeline.encode_prompts(BASE, ["a church"]).clone().requires_grad_()
        pipeline.predict_noise(BASE, latents, 500, embedding).square().sum().backward()
        gradients.append(embedding.grad)

    assert torch.allclose(*gradients, rtol=1e-5, atol=1e-7)


def test_the_cpu_says_what_is_free() -> None:
    """More than a megabyte, or there would be no test."""
    free = free_memory(CPU)

    assert free is None or free > 1e6
