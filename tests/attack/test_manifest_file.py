"""Manifests of attacks: what they hold, and every fault with its line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.attack.manifest import RESERVED
from erasebench.attack.manifest_file import (
    attack_id,
    load_attack_manifest,
    protocol_of_attack,
)
from erasebench.diffusion.trajectory import learned_words
from erasebench.manifest.errors import ManifestError
from tests.attack.example_attack import HEAD, PROMPTS, write_prompts

FILE = "embeddings:\n  path: rows.safetensors\n  size: 9\n  sha256: " + "ab" * 32 + "\n"


def test_a_manifest_is_read_whole(tmp_path: Path) -> None:
    """Every key arrives, and a name may be in any script."""
    path = write_prompts(tmp_path)
    manifest = load_attack_manifest(path)

    assert manifest.finder.name == "Zoë O'Neil"
    assert manifest.prompts == ("a building with a steeple and a cross on top",)
    assert protocol_of_attack(path, manifest).name == "pictogram-v1"
    assert attack_id(path) == "other_words"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("finder:", "findr:", 3, "Did you mean finder"),
        ("Zoë O'Neil", "<img src=x onerror=alert(1)>", 4, "without"),
        ("Zoë O'Neil", '"=HYPERLINK(1)"', 4, "start with a letter"),
        ("Zoë O'Neil", "a\u202eb", 4, "printable"),
        ("https://example.org/zoe", "javascript:alert(1)", 5, "https://"),
        ("church\n", "chruch\n", 8, "no such concept"),
        ("a building", f"{RESERVED}>", 10, "reserved for learned"),
        ("a building", RESERVED.upper() + ">", 10, "reserved for learned"),
        ("a building", "a" * 1001, 10, "1 to 1000"),
        ("a building", '"a \\n building', 11, "not valid YAML"),
        ("schema_version: 1", "schema_version: 2", 1, "less than or equal"),
        ("prompts:\n", f"{FILE}prompts:\n", 1, "either prompts or embeddings"),
    ],
)
def test_faults_name_their_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    """What was found, and what is allowed."""
    path = write_prompts(tmp_path, PROMPTS.replace(old, new))
    with pytest.raises(ManifestError, match=said) as refusal:
        load_attack_manifest(path)

    assert line in {fault.line for fault in refusal.value.faults}
    assert "\u202e" not in str(refusal.value)


@pytest.mark.parametrize(
    "path",
    ["../rows.safetensors", "/etc/rows.safetensors", "a/../../rows.safetensors", "rows.bin", ".a"],
)
def test_embeddings_lie_below_the_manifest(tmp_path: Path, path: str) -> None:
    """No path leads out, and no file bears another ending."""
    text = HEAD + FILE.replace("rows.safetensors", path)
    with pytest.raises(ManifestError, match=r"line 10: embeddings\.path"):
        load_attack_manifest(write_prompts(tmp_path, text))


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("  repo: a/b\n", "give both repo and revision"),
        ("  repo: a/b\n  revision: main\n", "commit"),
        ("  template: no gap\n", "once"),
        ("  template: <v> <v>\n", "once"),
    ],
)
def test_embeddings_are_pinned_and_placed(tmp_path: Path, extra: str, said: str) -> None:
    """A repository has a commit, and a template one gap."""
    with pytest.raises(ManifestError, match=said):
        load_attack_manifest(write_prompts(tmp_path, HEAD + FILE + extra))


def test_large_files_are_refused_by_their_size(tmp_path: Path) -> None:
    """Before anything is fetched."""
    text = HEAD + FILE.replace("size: 9", "size: 4194305")
    with pytest.raises(ManifestError, match="less than or equal to 4194304"):
        load_attack_manifest(write_prompts(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("concept: church", "concept: airliner", "is not ranked under pictogram-v1"),
        ("  - a", "  - a\n  - b\n  - a", "3 given; pictogram-v1 needs 1"),
        ("pictogram-v1", "pictogram-v0", "protocol: "),
    ],
)
def test_the_protocol_must_take_it(tmp_path: Path, old: str, new: str, said: str) -> None:
    """A ranked concept, and one prompt or as many as there are indices."""
    path = write_prompts(tmp_path, PROMPTS.replace(old, new))
    with pytest.raises(ManifestError, match=said):
        protocol_of_attack(path, load_attack_manifest(path))


@pytest.mark.parametrize("name", ["A.yaml", "a b.yaml", ".yaml", "a.yml", "a" * 65 + ".yaml"])
def test_names_become_paths(name: str) -> None:
    """So only plain ones may be taken."""
    with pytest.raises(ManifestError, match="Rename it"):
        attack_id(Path(name))


def test_no_prompt_may_hold_our_words() -> None:
    """All of them begin as is refused."""
    words = learned_words(480)

    assert len(set(words)) == 480
    assert all(word.startswith(RESERVED) for word in words)
