"""The loaded pipeline and its named sets of weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline

from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.trajectory import BASE, SUBMISSION
from erasebench.errors import OverflowedError, PromptTooLongError, ProtocolError
from erasebench.protocol import Protocol
from tests.diffusion.conftest import CPU, edited_tensors
from tests.diffusion.stock import stock_pipeline

PROMPT = "a picture of a church"


@pytest.fixture(scope="module")
def stock(protocol: Protocol) -> StableDiffusionPipeline:
    """The library's pipeline on the same files."""
    return stock_pipeline(protocol)


@pytest.fixture(scope="module")
def latents() -> torch.Tensor:
    """Three latents of the tiny base's shape."""
    return torch.randn((3, 4, 16, 16), generator=torch.Generator().manual_seed(0))


def test_shapes_are_read_from_the_configs(pipeline: LoadedPipeline, protocol: Protocol) -> None:
    """Latents are the UNet's 4 × 16 × 16, and this VAE doubles their side."""
    assert pipeline.latent_shape == (4, 16, 16)
    assert pipeline.image_size == protocol.image_size == 32


def test_files_in_half_precision_become_the_dtype_asked_for(protocol: Protocol) -> None:
    """The dtype is the caller's, not the files'."""
    for dtype in (torch.float32, torch.bfloat16):
        loaded = load_base(protocol, CPU, dtype)

        assert loaded.dtype == dtype
        assert {tensor.dtype for tensor in loaded.weights(BASE).tensors().values()} == {dtype}
        assert loaded.vae.dtype == dtype


def test_a_centre_square_for_another_vae_is_refused(protocol: Protocol) -> None:
    """A mask of other cells than the grey pixels' would fill in the wrong place."""
    square = replace(protocol.centre, vae_factor=4)

    with pytest.raises(ProtocolError, match="vae_factor=2"):
        load_base(replace(protocol, centre=square), CPU)


def test_nothing_trains_unless_asked(pipeline: LoadedPipeline) -> None:
    """All modules, of the base and of an edit, are in inference mode and want no gradient."""
    modules = [pipeline.vae]
    for name in (BASE, SUBMISSION):
        modules += [pipeline.weights(name).unet, pipeline.weights(name).text_encoder]

    assert not any(part.training for module in modules for part in module.modules())
    assert not any(tensor.requires_grad for module in modules for tensor in module.parameters())


def test_an_edit_shares_all_that_it_does_not_change(pipeline: LoadedPipeline) -> None:
    """Unchanged tensors are the base's own memory, changed ones their own."""
    base, edit = pipeline.weights(BASE).tensors(), pipeline.weights(SUBMISSION).tensors()
    changed = edited_tensors(pipeline)

    for name, tensor in base.items():
        assert (edit[name].data_ptr() == tensor.data_ptr()) == (name not in changed)
    for name, tensor in changed.items():
        assert torch.equal(edit[name], tensor)


def test_an_edit_predicts_as_the_stock_model_with_the_same_tensors(
    pipeline: LoadedPipeline, stock: StableDiffusionPipeline, latents: torch.Tensor
) -> None:
    """What runs under a name is the base with exactly these tensors replaced."""
    changed = edited_tensors(pipeline)
    stock.unet.load_state_dict(
        {key: changed.get(f"unet.{key}", own) for key, own in stock.unet.state_dict().items()}
    )
    embeddings = pipeline.encode_prompts(SUBMISSION, [PROMPT] * 3)

    with torch.no_grad():
        expected = stock.unet(latents, 481, encoder_hidden_states=embeddings).sample
        actual = pipeline.predict_noise(SUBMISSION, latents, 481, embeddings)
        base = pipeline.predict_noise(BASE, latents, 481, embeddings)

    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-6)
    assert (actual - base).abs().max() > 0.01


def test_an_edit_leaves_its_source_alone(protocol: Protocol) -> None:
    """Tensors are copied in: changing them afterwards changes no set of weights."""
    loaded = load_base(protocol, CPU)
    name = "unet.conv_in.bias"
    tensor = torch.ones(8)
    loaded.add_weights(SUBMISSION, {name: tensor})

    tensor.zero_()

    assert loaded.weights(SUBMISSION).tensors()[name].sum() == 8


def test_an_edit_can_be_trained_without_moving_the_base(
    protocol: Protocol, latents: torch.Tensor
) -> None:
    """A step along the gradient of an edit's own tensor leaves the base's where it was."""
    loaded = load_base(protocol, CPU)
    name = "unet.conv_in.weight"
    before = loaded.weights(BASE).tensors()[name].clone()
    edit = loaded.add_weights("training", {name: before})
    edit.unet.conv_in.weight.requires_grad_(True)

    embeddings = loaded.encode_prompts("training", [PROMPT] * 3)
    loaded.predict_noise("training", latents, 481, embeddings).square().mean().backward()
    with torch.no_grad():
        edit.unet.conv_in.weight -= edit.unet.conv_in.weight.grad

    assert torch.equal(loaded.weights(BASE).tensors()[name], before)
    assert not torch.equal(loaded.weights("training").tensors()[name], before)


def test_an_edit_of_an_edit_shares_with_it(protocol: Protocol) -> None:
    """A tensor is the last's that changed it: its own, else the edit's, else the base's memory."""
    loaded = load_base(protocol, CPU)
    first = {"unet.conv_in.bias": torch.ones(8), "unet.conv_out.bias": torch.ones(4)}
    loaded.add_weights(SUBMISSION, first)
    loaded.add_weights("tuned", {"unet.conv_out.bias": torch.zeros(4)}, of=SUBMISSION)
    base, edit, tuned = (loaded.weights(n).tensors() for n in (BASE, SUBMISSION, "tuned"))

    assert torch.equal(tuned["unet.conv_out.bias"], torch.zeros(4))
    assert torch.equal(edit["unet.conv_out.bias"], torch.ones(4))
    for name in base.keys() - {"unet.conv_out.bias"}:
        shared = edit if name in first else base
        assert tuned[name].data_ptr() == edit[name].data_ptr() == shared[name].data_ptr()


def test_a_mixed_set_is_the_parts_of_two(pipeline: LoadedPipeline, latents: torch.Tensor) -> None:
    """One's UNet behind the other's text encoder: the very modules, and what either gives."""
    mixed = pipeline.add_mixed("mixed", unet=SUBMISSION, text_encoder=BASE)
    embeddings = pipeline.encode_prompts("mixed", [PROMPT] * 3)

    assert mixed.unet is pipeline.weights(SUBMISSION).unet
    assert mixed.text_encoder is pipeline.weights(BASE).text_encoder
    assert torch.equal(embeddings, pipeline.encode_prompts(BASE, [PROMPT] * 3))
    with torch.no_grad():
        assert torch.equal(
            pipeline.predict_noise("mixed", latents, 481, embeddings),
            pipeline.predict_noise(SUBMISSION, latents, 481, embeddings),
        )
    with pytest.raises(ValueError, match="there already"):
        pipeline.add_mixed("mixed", unet=BASE, text_encoder=SUBMISSION)
    pipeline.remove_weights("mixed")


def test_what_was_removed_is_forgotten(protocol: Protocol) -> None:
    """Its name is free, and whoever takes it is not answered with the other's embeddings."""
    loaded = load_base(protocol, CPU)
    base = loaded.encode_prompts(BASE, [PROMPT])
    loaded.add_weights("tried", edited_tensors(loaded))
    edited = loaded.encode_prompts("tried", [PROMPT])
    loaded.remove_weights("tried")

    assert "tried" not in loaded.names
    with pytest.raises(ValueError, match="no weights are named 'tried'"):
        loaded.remove_weights("tried")
    loaded.add_weights("tried", {})
    assert not torch.equal(edited, base)
    assert torch.equal(loaded.encode_prompts("tried", [PROMPT]), base)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("unet.conv_in.weights", (8, 4, 3, 3)),
        ("conv_in.weight", (8, 4, 3, 3)),
        ("unet.conv_in.weight", (8, 4, 1, 1)),
        ("vae.decoder.conv_in.weight", (16, 4, 3, 3)),
    ],
)
def test_a_tensor_that_the_base_does_not_have_is_refused(
    pipeline: LoadedPipeline, name: str, shape: tuple[int, ...]
) -> None:
    """Unknown names and other shapes are errors; nothing is skipped or broadcast."""
    with pytest.raises(ValueError, match=name):
        pipeline.add_weights("other", {name: torch.zeros(shape)})


def test_a_name_stands_for_one_set_of_weights(pipeline: LoadedPipeline) -> None:
    """A name that is taken is not given again, and one that is not is no set."""
    with pytest.raises(ValueError, match="there already"):
        pipeline.add_weights(SUBMISSION, {})
    with pytest.raises(ValueError, match="base, submission"):
        pipeline.weights("submision")


@pytest.mark.parametrize("prompt", ["", PROMPT, "a painting in the style of Van Gogh"])
def test_prompts_are_encoded_as_in_the_stock_pipeline(
    pipeline: LoadedPipeline, protocol: Protocol, prompt: str
) -> None:
    """Embeddings are those that the library's pipeline computes."""
    expected, _ = stock_pipeline(protocol).encode_prompt(
        prompt, CPU, num_images_per_prompt=1, do_classifier_free_guidance=False
    )

    torch.testing.assert_close(pipeline.encode_prompts(BASE, [prompt]), expected, rtol=0, atol=1e-6)


def test_a_prompt_is_encoded_by_the_weights_that_denoise(pipeline: LoadedPipeline) -> None:
    """An edited text encoder gives embeddings of its own, even after the base's were computed."""
    base, edited = (pipeline.encode_prompts(name, [PROMPT]) for name in (BASE, SUBMISSION))

    assert (base - edited).abs().max() > 0.01


def test_an_embedding_does_not_depend_on_its_company(protocol: Protocol) -> None:
    """To the last bit, whether a prompt is encoded first, last, alone or twice."""
    others = ["a dog", "", PROMPT, "a golf ball"]
    alone = load_base(protocol, CPU).encode_prompts(BASE, [PROMPT])

    together = load_base(protocol, CPU).encode_prompts(BASE, others)

    assert torch.equal(together[2:3], alone)


def test_embeddings_are_kept_and_the_oldest_forgotten(
    protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three that are kept none is computed again; what was forgotten is, to the last bit."""
    monkeypatch.setattr("erasebench.diffusion.pipeline._EMBEDDINGS_KEPT", 3)
    loaded = load_base(protocol, CPU)
    read: list[str] = []
    loaded.weights(BASE).text_encoder.register_forward_hook(lambda *_: read.append(""))
    prompts = [PROMPT, "a dog", "a golf ball", "a tench"]

    first = loaded.encode_prompts(BASE, prompts)
    assert len(read) == 4
    kept = loaded.encode_prompts(BASE, prompts[1:])
    assert len(read) == 4
    again = loaded.encode_prompts(BASE, prompts[:1])
    assert len(read) == 5
    loaded.encode_prompts(BASE, prompts[2:])
    assert len(read) == 5

    assert torch.equal(torch.cat([again, kept]), first)


def test_a_prompt_that_is_too_long_is_an_error(pipeline: LoadedPipeline) -> None:
    """With start and end 32 tokens fit; one more is refused, not cut off."""
    fits = " ".join(["church"] * 30)

    assert pipeline.encode_prompts(BASE, [fits]).shape == (1, 32, 16)
    with pytest.raises(PromptTooLongError, match="33 tokens"):
        pipeline.encode_prompts(BASE, [f"{fits} church"])


def test_pictures_are_decoded_and_rounded_as_in_the_stock_pipeline(
    pipeline: LoadedPipeline, stock: StableDiffusionPipeline, latents: torch.Tensor
) -> None:
    """Decoding scales, clips and rounds as the library does."""
    with torch.no_grad():
        decoded = stock.vae.decode(latents / stock.vae.config.scaling_factor).sample
    expected = stock.image_processor.postprocess(decoded, output_type="pil")

    actual = pipeline.decode(latents)

    assert actual.dtype == np.uint8
    assert actual.shape == (3, 32, 32, 3)
    assert actual.std() > 5
    np.testing.assert_array_equal(actual, np.stack([np.asarray(one) for one in expected]))


def test_a_picture_that_is_no_number_is_an_error(pipeline: LoadedPipeline) -> None:
    """Rounded to 8 bits it would be black, and judged."""
    with pytest.raises(OverflowedError, match="decoded picture"):
        pipeline.decode(torch.full((1, *pipeline.latent_shape), torch.nan))


def test_pictures_are_encoded_to_the_scaled_mode(
    pipeline: LoadedPipeline, stock: StableDiffusionPipeline
) -> None:
    """Latents of a picture are the posterior's mean times the scaling factor."""
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    with torch.no_grad():
        pixels = stock.image_processor.preprocess(pictures / np.float32(255))
        expected = stock.vae.encode(pixels).latent_dist.mean * 0.7

    torch.testing.assert_close(pipeline.encode_pictures(pictures), expected, rtol=0, atol=1e-5)


def test_the_schedule_is_the_base_configs(pipeline: LoadedPipeline) -> None:
    """The steps are read from the folder's scheduler config."""
    steps = pipeline.schedule(4).steps

    assert [step.timestep for step in steps] == [751, 501, 251, 1]


def test_another_folder_is_another_base(protocol: Protocol) -> None:
    """A pin's absolute source is the folder that is read."""
    with pytest.raises(ProtocolError, match="/nowhere: The model is missing"):
        load_base(replace(protocol, base=replace(protocol.base, source="/nowhere")), CPU)
