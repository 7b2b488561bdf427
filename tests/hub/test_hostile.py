"""Hostile and broken submissions: each ends in its own message and exit 2, and leaves nothing."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.hub.client_process import Answer, Client
from tests.hub.conftest import UNET, Filled, fetched_files, files_below
from tests.hub.hub_server import Blob, Hub, Repository

Fill = Callable[..., Filled]

MEGABYTE = 1024 * 1024

MOST_MEMORY = 160 * MEGABYTE
"""Bytes by which a refusal may make a process grow that has only imported.

The header of the greatest length that is read takes 120 MB, whatever else is refused 10.
"""


def tensors_file(header: str | Mapping[str, object], content: bytes = b"\0\0\0\0") -> bytes:
    """A safetensors file with a header of one's own."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return len(text).to_bytes(8, "little") + text + content


def entry(shape: list[int], begin: int, end: int) -> dict[str, object]:
    """A tensor in a header."""
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


class Runs:
    """What, unpickled, would leave a file."""

    def __init__(self, mark: Path) -> None:
        """Keeps where."""
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle's hook: makes a file when it is read."""
        return (Path.touch, (self.mark,))


def dense_file(size: int) -> bytes:
    """A file whose header has a number of bytes, and takes thirty times as many when it is read."""
    return tensors_file('{"a":[' + "{}," * ((size - 10) // 3) + "{}]}")


ONE = json.dumps(entry([1], 0, 4))

FILES: dict[str, tuple[bytes, str]] = {
    "a header longer than the file": (
        (10**6).to_bytes(8, "little") + b"{" + b"\0" * 50,
        "its header should end at byte 1000008, but the file ends at 59",
    ),
    "a header of 16 exabytes": (b"\xff" * 8 + b"{}", "its header should end at byte 18446744"),
    "no header": (b"\0" * 100, "it does not start with a header"),
    "an empty header": (tensors_file("{}", b""), "It has no tensors"),
    "a stump": (b"abc", "it does not start with a header"),
    "no JSON": (tensors_file('{"a": '), "its header is not JSON"),
    "deep JSON": (tensors_file('{"a":' * 50_000), "its header is not JSON"),
    "a web page": (b"<!doctype html><html>Not found</html>", "it does not start with a header"),
    "equal names": (tensors_file(f'{{"a":{ONE},"a":{ONE}}}'), "it has 'a' twice"),
    "overlapping tensors": (
        tensors_file({"a": entry([1], 0, 4), "b": entry([1], 2, 6)}, b"\0" * 6),
        "Not a complete safetensors file",
    ),
    "a gap": (tensors_file({"a": entry([1], 4, 8)}, b"\0" * 8), "Not a complete safetensors file"),
    "a shape of a trillion": (
        tensors_file({"a": entry([10**12], 0, 4)}),
        "Not a complete safetensor",
    ),
    "a shape below zero": (tensors_file({"a": entry([-1], 0, 4)}), "the entry of 'a' must"),
    "an unknown dtype": (
        tensors_file({"a": {"dtype": "EVIL", "shape": [1], "data_offsets": [0, 4]}}),
        "the entry of 'a' must have a dtype",
    ),
    "a name that moves the cursor": (
        tensors_file({"\x1b[2J": entry([1], 0, 4)}),
        r"the name '\x1b[2J' is not printable",
    ),
    "a header of the greatest length": (dense_file(4 * MEGABYTE), "the entry of 'a' must"),
    "a header of four times that length": (
        dense_file(16 * MEGABYTE),
        "bytes; the limit is 4194304",
    ),
    "tensors of another model": (
        tensors_file({"conv_in.weight": entry([1], 0, 4)}),
        "The tensors do not match the base of pictogram-v1",
    ),
}
"""Content of a file that is served as a UNet, and what is said of it."""


def _serve(hub: Hub, content: bytes, name: str = UNET) -> Repository:
    return hub.add("some-org/bad_church", {name: content})


def _refused(client: Client, tmp_path: Path, said: str, *words: str | Path) -> Answer:
    """Runs a command that must be refused, and looks at all that it may not have done."""
    before = files_below(tmp_path)
    answer = client.run(*words)
    written = {name for name in files_below(tmp_path) - before if not name.startswith("cache/")}

    assert answer.exit_code == 2
    assert said in answer.stderr
    assert answer.stdout == ""
    assert "TRACEBACK" not in answer.stderr
    assert "\x1b" not in answer.stderr
    assert ".headers" not in answer.stderr
    assert written == set()
    assert fetched_files(tmp_path) == set()
    assert answer.grown < MOST_MEMORY
    return answer


@pytest.mark.parametrize("kind", FILES)
def test_a_broken_file_is_refused_by_its_header(
    hub: Hub, apart: Client, tmp_path: Path, kind: str
) -> None:
    """Pinned or validated, the file and the fault are named; nothing of it is kept."""
    content, said = FILES[kind]
    _serve(hub, content)
    words = ("pin", "some-org/bad_church", "--protocol", "pictogram-v1", "-o", tmp_path / "x.yaml")
    answer = _refused(apart, tmp_path, said, *words)

    assert "some-org/bad_church@" in answer.stderr


def test_messages_are_told_apart() -> None:
    """What is wrong can be seen from what is said."""
    told = [said for _, said in FILES.values()]

    assert len(told) > 15
    assert len(set(told)) > 11


@pytest.mark.parametrize("name", [UNET, "unet/diffusion_pytorch_model.bin", "weights.ckpt"])
def test_a_pickle_is_never_read(hub: Hub, apart: Client, tmp_path: Path, name: str) -> None:
    """Under its own name or another, it is refused, with what turns it into safetensors."""
    mark = tmp_path / "hacked"
    _serve(hub, pickle.dumps(Runs(mark)) + b"\0" * 100, name)
    answer = _refused(apart, tmp_path, "This is a pickle", "fetch", "some-org/bad_church")

    assert f"hf download some-org/bad_church {name} --revision" in answer.stderr
    assert "--local-dir converted && python -c" in answer.stderr
    assert not mark.exists()


@pytest.mark.parametrize("size", [10**13, 10**18])
def test_the_size_of_a_pickle_costs_nothing(
    hub: Hub, apart: Client, tmp_path: Path, size: int
) -> None:
    """No file of the listed size is created, and the pickle is rejected."""
    name = "unet/diffusion_pytorch_model.bin"
    _serve(hub, b"PK", name).sizes[name] = size
    _refused(apart, tmp_path, "This is a pickle", "fetch", "some-org/bad_church")


def test_a_long_name_of_a_pickle_is_passed_over(hub: Hub, online: Client, diff: bytes) -> None:
    """Its name fits no file system, but it is not needed: the weights are downloaded."""
    _serve(hub, diff, "w.safetensors").more.append(f"{'x' * 300}.bin")

    assert online.run("fetch", "some-org/bad_church").exit_code == 0


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.safetensors",
        "unet/../../../evil.safetensors",
        "/etc/evil.safetensors",
        "unet\\..\\evil.safetensors",
    ],
)
def test_a_path_that_leads_out_is_refused(
    hub: Hub, apart: Client, tmp_path: Path, diff: bytes, name: str
) -> None:
    """One such path in the listing, and nothing of the repository is fetched."""
    _serve(hub, diff, "w.safetensors").more.append(name)
    _refused(apart, tmp_path, "a path that leads out of it", "fetch", "some-org/bad_church")

    assert hub.got("some-org/bad_church") == []


@pytest.mark.parametrize(
    "name",
    ["$(touch hacked).safetensors", "<b>.safetensors", ".hidden.safetensors", "a b.safetensors"],
)
def test_a_name_that_is_not_plain_is_refused(
    hub: Hub, apart: Client, tmp_path: Path, diff: bytes, name: str
) -> None:
    """A file's name is printed and made into a path; it must be nothing but a name."""
    _serve(hub, diff, "w.safetensors").more.append(name)
    _refused(apart, tmp_path, "is not allowed; it must be", "fetch", "some-org/bad_church")


@pytest.mark.parametrize(
    "name", ["unet/a\x1b[2J\n::error::pwn \x1b]0;x\x07.bin", "unet/a\0.bin", "unet/a b.bin"]
)
def test_a_pickle_of_a_name_that_is_not_plain_is_passed_over(
    hub: Hub, online: Client, apart: Client, tmp_path: Path, diff: bytes, name: str
) -> None:
    """It is never downloaded or named in the error, and does not hide other files."""
    repository = _serve(hub, b"x", "README.md")
    repository.more.append(name)
    _refused(apart, tmp_path, "No safetensors file", "fetch", "some-org/bad_church")
    repository.commit({"w.safetensors": diff})
    answer = online.run("fetch", "some-org/bad_church")

    assert answer.exit_code == 0, answer.stderr


def test_too_many_files_are_refused(hub: Hub, apart: Client, tmp_path: Path, diff: bytes) -> None:
    """A folder of a thousand weights is no checkpoint."""
    hub.add("some-org/bad_church", {f"{index}.safetensors": diff for index in range(65)})
    _refused(apart, tmp_path, "the limit is 64", "fetch", "some-org/bad_church")


def test_a_repository_without_weights_is_refused(hub: Hub, apart: Client, tmp_path: Path) -> None:
    """Code alone is nothing that could be evaluated."""
    hub.add("some-org/bad_church", {"pipeline.py": b"raise SystemExit", "README.md": b"#"})
    said = "No safetensors file of a model"
    _refused(apart, tmp_path, said, "fetch", "some-org/bad_church")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: ", "name: !!python/object/apply:os.system [x] #", "tags are not allowed"),
        ("name: ", "name: &a x #", "anchors and aliases"),
        ("esdx_church\n", "esdx_church;touch hacked\n", "it must be a repository on the Hub"),
        ("esdx_church\n", "<img src=x onerror=alert(1)>\n", "it must be a repository on the Hub"),
        ("church.safetensors:", "../church.safetensors:", "it must be a path in"),
        ("church.safetensors:", "church.py:", "it must be a path in"),
        ("revision: ", "revision: main #", "it must be a commit"),
        ("size: ", "size: 99999999999999 #", "less than or equal to"),
    ],
)
def test_a_hostile_manifest_is_refused(
    hub: Hub, apart: Client, tmp_path: Path, filled: Fill, old: str, new: str, said: str
) -> None:
    """With the line of the fault, and before the Hub is asked anything."""
    made = filled()
    made.edit(old, new)
    for verb in ("validate", "fetch", "evaluate"):
        answer = _refused(apart, tmp_path, said, verb, made.path)
        assert "line " in answer.stderr

    assert hub.asked == []


def _change(repository: Repository) -> None:
    blob = repository.commits[repository.refs["main"]]["church.safetensors"]
    blob.content += b"\0"


def _rewrite(repository: Repository) -> None:
    repository.commits.clear()


def _move(repository: Repository) -> None:
    repository.moved = repository.commit({"church.safetensors": b"another"})


def _cut(repository: Repository) -> None:
    repository.short["church.safetensors"] = 100


def _flip(repository: Repository) -> None:
    repository.flipped.add("church.safetensors")


def _remove(repository: Repository) -> None:
    repository.commits[repository.refs["main"]] = {"other.safetensors": Blob(b"x")}


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (_change, "bytes, but"),
        (_rewrite, "no such revision"),
        (_move, "The Hub returns another commit"),
        (_cut, "The download was incomplete"),
        (_flip, "this is another file"),
        (_remove, "This commit has no such file"),
    ],
)
def test_what_changed_after_it_was_pinned_is_not_fetched(
    apart: Client,
    tmp_path: Path,
    filled: Fill,
    do: Callable[[Repository], None],
    said: str,
) -> None:
    """Moved, rewritten, cut short or replaced: the manifest means the old files, or none."""
    made = filled()
    do(made.repository)
    _refused(apart, tmp_path, said, "fetch", made.path)
