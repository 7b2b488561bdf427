"""The reader of headers: what it accepts, the library wrote; whatever is ambiguous it refuses."""

from __future__ import annotations

import json
import os
import pickle
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from erasebench.errors import CheckpointError, ErasebenchError, PickleRefusedError
from erasebench.submission.header import read_header
from erasebench.submission.tensors import read_tensor

ENTRY = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


def _file(folder: Path, header: str | bytes, content: bytes = b"\0\0\0\0") -> Path:
    text = header.encode() if isinstance(header, str) else header
    path = folder / "model.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)
    return path


def test_reads_what_the_library_wrote(tmp_path: Path) -> None:
    """Names, shapes, metadata and values of every float dtype come back as they were saved."""
    tensors = {
        "a": torch.arange(6, dtype=torch.float32).reshape(2, 3),
        "b": torch.tensor(0.5, dtype=torch.float16),
        "c": torch.tensor([1.5, -2], dtype=torch.bfloat16),
        "d": torch.zeros(0, 4, dtype=torch.float64),
    }
    path = tmp_path / "model.safetensors"
    save_file(tensors, path, {"format": "pt"})

    header = read_header(path)

    assert header.metadata == {"format": "pt"}
    assert set(header.tensors) == set(tensors)
    for name, tensor in tensors.items():
        read = read_tensor(header.tensors[name])
        assert read.dtype == tensor.dtype
        assert torch.equal(read, tensor)
        assert header.tensors[name].shape == tuple(tensor.shape)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (f'{{"a":{ENTRY},"a":{ENTRY}}}', "'a' twice"),
        ('{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}', "'dtype' twice"),
        ('{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}', "entry of 'a'"),
        ('{"a":{"dtype":"F32","shape":[true],"data_offsets":[0,4]}}', "entry of 'a'"),
        ('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', "entry of 'a'"),
        ('{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', "entry of 'a'"),
        ('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', "entry of 'a'"),
        ('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}', "entry of 'a'"),
        ('{"a":{"dtype":"F32","shape":[1]}}', "entry of 'a'"),
        ('{"a":[]}', "entry of 'a'"),
        (f'{{"a":{{"dtype":"F32","shape":[1],"data_offsets":[0,{"9" * 4_300}]}}}}', "entry of 'a'"),
        (f'{{"{"a" * 5_000}":[]}}', "5000 characters; the limit is 512"),
        (f'{{"{"a" * 512}":[]}}', "entry of 'a{78}…"),
        ('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', "bytes, which does not fit"),
        ('{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}', "end at byte"),
        ('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', "starts at byte"),
        (f'{{"a":{ENTRY},"b":{ENTRY}}}', "starts at byte"),
        (f'{{"__metadata__":{{"x":1}},"a":{ENTRY}}}', "metadata is not text"),
        (f'{{"__metadata__":[],"a":{ENTRY}}}', "metadata is not text"),
        (f'{{"\\u001b[2J":{ENTRY}}}', "is not printable"),
        (f'{{"\\ud800":{ENTRY}}}', "is not printable"),
        ("{", "not JSON"),
        (b'{"\xff":1}', "not JSON"),
        ('{"a":' + "[" * 100_000, "not JSON"),
        ("[]", "does not start with a header"),
    ],
)
def test_refuses_what_is_not_whole_and_unambiguous(
    tmp_path: Path, header: str | bytes, reason: str
) -> None:
    """A header with two meanings, gaps, overlaps or nonsense is refused with the reason."""
    with pytest.raises(CheckpointError, match=reason):
        read_header(_file(tmp_path, header))


@pytest.mark.parametrize("content", [b"", b"12345678", b"\1" + b"\0" * 7, b"\xff" * 7 + b"\0{"])
def test_refuses_a_stump(tmp_path: Path, content: bytes) -> None:
    """A file that ends before its header, or claims more header than it has, is refused."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)

    with pytest.raises(CheckpointError, match="Not a complete safetensors file"):
        read_header(path)


def test_refuses_what_is_no_file(tmp_path: Path) -> None:
    """A folder of a weights file's name, and a pipe, at which a reader would wait for ever."""
    folder, pipe = tmp_path / "folder.safetensors", tmp_path / "pipe.safetensors"
    folder.mkdir()
    os.mkfifo(pipe)

    for path in (folder, pipe):
        with pytest.raises(CheckpointError, match="Not a file"):
            read_header(path)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that cannot be read")
def test_what_the_system_will_not_read_is_an_expected_error() -> None:
    """The first page of a process's memory is never there, so reading it fails."""
    with pytest.raises(CheckpointError, match="Cannot be read: Input/output error"):
        read_header(Path("/proc/self/mem"))


def test_a_file_cut_after_its_header_was_read_gives_no_tensor(tmp_path: Path) -> None:
    """What is no longer there is an error, not whatever the memory held."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(save({"a": torch.zeros(8)}))
    entry = read_header(path).tensors["a"]
    os.truncate(path, entry.end - 1)

    with pytest.raises(CheckpointError, match="changed while it was read"):
        read_tensor(entry)


def test_refuses_a_huge_header_before_reading_it(tmp_path: Path) -> None:
    """A header above the limit is refused although the file, which is sparse, is long enough."""
    path = tmp_path / "model.safetensors"
    with path.open("wb") as file:
        file.write((1 << 30).to_bytes(8, "little") + b"{")
        file.truncate(2 << 30)

    with pytest.raises(CheckpointError, match="the limit is 4194304"):
        read_header(path)


@pytest.mark.parametrize(("modules", "depth"), [(1_500, 60), (12_000, 90)])
def test_the_largest_models_and_adapters_in_use_pass(
    tmp_path: Path, modules: int, depth: int
) -> None:
    """Thousands of tensors of long names: more than Stable Diffusion has, or a LoRA of an XL."""
    names = [f"model.diffusion_model.{'x' * depth}.{index}.weight" for index in range(modules)]
    path = tmp_path / "model.safetensors"
    save_file({name: torch.zeros(1) for name in names}, path, {"ss_tags": "x" * 100_000})

    assert len(read_header(path).tensors) == modules


def test_refuses_a_file_cut_short(tmp_path: Path) -> None:
    """The length distinguishes an interrupted download from a complete file."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(save({"a": torch.zeros(8)})[:-1])

    with pytest.raises(CheckpointError, match="Download it again"):
        read_header(path)


@pytest.mark.parametrize("name", ["weights.bin", "weights.pt", "weights.ckpt", "model.safetensors"])
@pytest.mark.parametrize("zipped", [True, False])
def test_refuses_pickles_under_any_name(tmp_path: Path, name: str, *, zipped: bool) -> None:
    """Neither kind of pickle that torch writes is read, and the error says how to convert it."""
    path = tmp_path / name
    torch.save({"a": torch.zeros(2)}, path, _use_new_zipfile_serialization=zipped)

    with pytest.raises(PickleRefusedError, match="save_file"):
        read_header(path)


def test_runs_nothing_of_a_pickle(tmp_path: Path) -> None:
    """A pickle that would write a file when it is loaded has not written it after the refusal."""
    trace = tmp_path / "trace"

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (trace,)

    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(Trap()))

    with pytest.raises(PickleRefusedError):
        read_header(path)
    assert not trace.exists()


def test_a_header_whose_length_looks_like_a_pickle_is_read(tmp_path: Path) -> None:
    """Lengths of 0x0280 bytes begin as pickles of protocol 2 do; the byte after them decides."""
    header = json.dumps({"a": json.loads(ENTRY)}).ljust(0x0280)
    path = _file(tmp_path, header)

    assert path.read_bytes()[:2] == b"\x80\x02"
    assert set(read_header(path).tensors) == {"a"}


@settings(deadline=None)
@given(position=st.integers(0, 199), value=st.integers(0, 255))
def test_any_changed_byte_gives_a_header_or_an_expected_error(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: int
) -> None:
    """No damage to a file ends in anything but a header or an error meant for people."""
    content = bytearray(save({"a": torch.zeros(3, 4), "b": torch.zeros(2)}, {"format": "pt"}))
    content[position % len(content)] = value
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    path.write_bytes(content)

    with suppress(ErasebenchError):
        assert len(read_header(path).tensors) <= 2
