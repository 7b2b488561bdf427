"""The unedited base behind a prompt filter."""

from __future__ import annotations

import pytest
import torch

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.trajectory import (
    BASE,
    LEARNED,
    SUBMISSION,
    NoiseStream,
    Opening,
    Trajectory,
)
from erasebench.protocol import Protocol
from erasebench.submission.formats.prompt_filter import PromptFilter
from tests.agreement import LATENTS
from tests.diffusion.conftest import CPU, edited_tensors
from tests.tiny import TEXT_WIDTH

CHURCH = CONCEPTS["church"]


@pytest.fixture
def filtered(protocol: Protocol) -> LoadedPipeline:
    """A pipeline whose submission is the base behind a filter of churches."""
    loaded = load_base(protocol, CPU)
    loaded.add_filtered(SUBMISSION, PromptFilter(CHURCH.label))
    return loaded


@pytest.mark.parametrize("prompt", [CHURCH.prompt, "xyz A Picture of a CHURCH"])
def test_a_prompt_that_names_the_concept_is_empty(filtered: LoadedPipeline, prompt: str) -> None:
    """It is encoded as the empty prompt, by the filtered set and not by the base beside it."""
    empty = filtered.encode_prompts(BASE, [""])

    assert torch.equal(filtered.encode_prompts(SUBMISSION, [prompt]), empty)
    assert not torch.equal(filtered.encode_prompts(BASE, [prompt]), empty)


def test_everything_else_passes(filtered: LoadedPipeline) -> None:
    """Descriptions and other concepts are read as the base reads them."""
    prompts = [*CHURCH.descriptions, CONCEPTS["golf_ball"].prompt]

    assert torch.equal(
        filtered.encode_prompts(SUBMISSION, prompts), filtered.encode_prompts(BASE, prompts)
    )


def test_only_prompts_are_filtered(filtered: LoadedPipeline) -> None:
    """The modules are the base's own: who asks the text encoder itself gets the true text."""
    base, own = filtered.weights(BASE), filtered.weights(SUBMISSION)

    assert own.unet is base.unet
    assert own.text_encoder is base.text_encoder


def test_what_is_made_of_a_filtered_set_is_filtered(filtered: LoadedPipeline) -> None:
    """A token learned behind the filter passes it, and the label still does not; edits alike."""
    row = torch.randn(TEXT_WIDTH, generator=torch.Generator().manual_seed(4))
    filtered.add_learned_tokens("taught", SUBMISSION, row[None])
    filtered.add_learned_tokens("taught base", BASE, row[None])
    filtered.add_weights("tuned", edited_tensors(filtered), of=SUBMISSION)
    prompt = f"a picture of a {LEARNED}"

    assert torch.equal(
        filtered.encode_prompts("taught", [prompt]),
        filtered.encode_prompts("taught base", [prompt]),
    )
    for name in ("taught", "tuned"):
        named, empty = filtered.encode_prompts(name, [CHURCH.prompt, ""])
        assert torch.equal(named, empty)


def test_an_early_filter_acts_while_there_is_much_noise(protocol: Protocol) -> None:
    """The name is kept from the UNet down to the filter's last timestep, and heard below it."""
    loaded = load_base(protocol, CPU)
    loaded.add_filtered(SUBMISSION, PromptFilter(CHURCH.label, acts_from=600))
    named, empty = loaded.encode_prompts(BASE, [CHURCH.prompt, ""]).split(1)

    for timestep, heard in ((961, empty), (600, empty), (599, named), (1, named), (None, empty)):
        found = loaded.encode_prompts(SUBMISSION, [CHURCH.prompt], timestep)
        assert torch.equal(found, heard), timestep


def test_the_loop_tells_the_filter_the_time(protocol: Protocol) -> None:
    """What an early filter draws is what the base draws that is opened without a prompt."""
    loaded = load_base(protocol, CPU)
    steps = loaded.schedule(protocol.steps).steps
    noise = NoiseSource(protocol.name, "test")
    start = NoiseStream("start", 0)
    opened = 2
    loaded.add_filtered(SUBMISSION, PromptFilter(CHURCH.label, steps[opened - 1].timestep))

    filtered, by_hand, plain = sample(
        loaded,
        protocol,
        noise,
        [
            Trajectory(CHURCH.prompt, SUBMISSION, start),
            Trajectory(CHURCH.prompt, BASE, start, opening=Opening(BASE, "", opened)),
            Trajectory(CHURCH.prompt, BASE, start),
        ],
        {},
    ).latents

    torch.testing.assert_close(filtered, by_hand, rtol=0, atol=LATENTS)
    assert (filtered - plain).abs().max() > 10 * LATENTS
