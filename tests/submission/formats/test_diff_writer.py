"""The diff: what is written is what is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from erasebench.errors import CheckpointError, DiskFullError
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.card import METADATA_KEY, Card
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.diff_writer import write_diff
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.tensors import read_tensor
from tests.submission.conftest import KEY, Copies

CARD = Card(method="esd_x", concept="church", settings={"seed": "0"})


def _header(**fields: object) -> dict[str, str]:
    return {METADATA_KEY: json.dumps({"schema_version": 1, "kind": "replace", **fields})}


def test_replace_is_bit_exact(base: BaseTensors, copies: Copies, tmp_path: Path) -> None:
    """Values trained in float32 are restored exactly, with a base in float16."""
    generator = torch.Generator().manual_seed(0)
    trained = copies.unet()[KEY].float()
    trained += 1e-7 * torch.randn(trained.shape, generator=generator)
    path = tmp_path / "diff.safetensors"

    write_diff(path, {f"unet.{KEY}": trained}, base.digest, CARD)
    checkpoint = open_checkpoint(path)
    changed = load_changed_tensors(checkpoint, base)

    assert checkpoint.layout == "diff"
    assert (checkpoint.name, checkpoint.method, checkpoint.concept) == ("diff", "esd_x", "church")
    assert checkpoint.diff is not None
    assert checkpoint.diff.card == CARD
    assert list(changed) == [f"unet.{KEY}"]
    assert torch.equal(changed[f"unet.{KEY}"].view(torch.int32), trained.view(torch.int32))


def test_delta_is_added_to_the_base(base: BaseTensors, copies: Copies, tmp_path: Path) -> None:
    """What a delta holds is the difference to the base, whose own rounding it does not inherit."""
    name = f"unet.{KEY}"
    delta = torch.full_like(copies.unet()[KEY].float(), 1e-6)
    path = tmp_path / "diff.safetensors"
    save_file({name: delta}, path, _header(kind="delta", base=base.digest))

    changed = load_changed_tensors(open_checkpoint(path), base)

    assert torch.equal(changed[name], read_tensor(base.tensors[name]).float() + 1e-6)


def test_equal_diffs_are_equal_files(base: BaseTensors, tmp_path: Path) -> None:
    """Nothing of the time or of an order of dictionaries enters the file."""
    tensors = {"unet.b": torch.ones(2), "unet.a": torch.zeros(2)}
    settings = {"x": "1", "a": "2"}
    one, two = tmp_path / "one.safetensors", tmp_path / "two.safetensors"

    write_diff(one, tensors, base.digest, Card(settings=settings))
    write_diff(
        two,
        dict(reversed(tensors.items())),
        base.digest,
        Card(settings=dict(reversed(settings.items()))),
    )

    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (_header(kind="loha", base="0"), "'kind' is 'loha'.*erasebench diff make"),
        (_header(schema_version=2, base="0"), "'schema_version' is 2"),
        (_header(), "'base': Field required"),
        (_header(base="0", extra=1), "'extra' is 1"),
        (_header(base="0", card={"concept": "a\nb"}), "is not printable"),
        (_header(base="0", card={"concept": "a" * 1_001}), "at most 1000 characters"),
        (_header(base="0", card={"settings": {f"s{i}": "" for i in range(101)}}), "at most 100"),
        ({METADATA_KEY: "?"}, "not JSON"),
        ({METADATA_KEY: "[" * 100_000}, "not JSON"),
        ({METADATA_KEY: '{"schema_version":2,"schema_version":1}'}, "'schema_version' twice"),
        (_header(base="0", card={"x" * 5_000: "y" * 5_000}), "card.x*… is 'y*…"),
    ],
    ids=[
        "kind",
        "schema",
        "base",
        "extra",
        "unprintable",
        "wordy",
        "settings",
        "no_json",
        "deep",
        "twice",
        "long",
    ],
)
def test_other_kinds_are_refused_by_name(
    tmp_path: Path, metadata: dict[str, str], reason: str
) -> None:
    """Metadata that cannot be understood are an error that says what is wrong with them."""
    path = tmp_path / "diff.safetensors"
    save_file({"unet.a": torch.zeros(1)}, path, metadata)

    with pytest.raises(CheckpointError, match=reason) as refusal:
        open_checkpoint(path)

    assert len(str(refusal.value)) < 1_000


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_an_expected_error(tmp_path: Path) -> None:
    """Without room the error says so, the old content stays, and no stump is left."""
    path = tmp_path / "diff.safetensors"
    path.write_bytes(b"old")
    (tmp_path / ".diff.safetensors.partial").symlink_to("/dev/full")

    with pytest.raises(DiskFullError):
        write_diff(path, {"unet.a": torch.zeros(100_000)}, "0", CARD)

    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["diff.safetensors"]
