"""Manifest files: what they hold, and every fault with its line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from erasebench.manifest.errors import ManifestError, UnpinnedError
from erasebench.manifest.manifest import MOST_BYTES, MOST_SETTINGS_BYTES
from erasebench.manifest.manifest_file import (
    check_file_name,
    declaration_of,
    load_manifest,
    load_pinned_manifest,
    manifest_text,
    submitted_names,
    write_manifest,
)
from tests.hub.example_manifest import COMMIT, MANIFEST, SHA256


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A manifest as it should be."""
    path = tmp_path / "some-org__esd_x.yaml"
    path.write_text(MANIFEST, encoding="utf-8")
    return path


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_manifest_is_read_whole(path: Path) -> None:
    """Every key arrives, numbers as numbers, and one file covers several concepts."""
    manifest = load_manifest(path)
    church, van_gogh = manifest.checkpoints.values()

    assert manifest.name == "ESD-x"
    assert manifest.cost is not None
    assert manifest.cost.hours == 1.5
    assert church.pinned
    assert church.size == 3_438_167_536
    assert church.address == f"some-org/esdx_church@{COMMIT}"
    assert not van_gogh.pinned
    assert van_gogh.address == "some-org/erased@unpinned/van_gogh/weights.safetensors"
    assert manifest.unpinned == ("van_gogh",)


def test_what_it_declares_goes_into_results(path: Path) -> None:
    """All that is said of the method and the making; who answers for it stays in the manifest."""
    declared = declaration_of(load_manifest(path))

    assert declared.model_dump() == {
        "name": "ESD-x",
        "method": "esd_x",
        "paper": "https://arxiv.org/abs/2303.07345",
        "code": "https://github.com/rohitgandikota/erasing",
        "licence": "MIT",
        "training_data": "prompts alone, no pictures",
        "hardware": "1 x A6000",
        "hours": 1.5,
    }


def test_nothing_of_it_can_be_changed(path: Path) -> None:
    """What was checked stays as it was checked."""
    manifest = load_manifest(path)

    with pytest.raises(ValidationError, match="frozen"):
        manifest.name = "other"  # type: ignore[misc]


def test_what_is_written_reads_the_same(path: Path, tmp_path: Path) -> None:
    """Writing loses nothing, and writes the same text again."""
    manifest = load_manifest(path)
    written = tmp_path / "written.yaml"
    write_manifest(written, manifest)

    assert load_manifest(written) == manifest
    assert written.read_text(encoding="utf-8") == manifest_text(load_manifest(written))


def test_a_commit_of_digits_alone_stays_text(path: Path) -> None:
    """In YAML forty digits are a number; here they are a commit, written and read."""
    _edit(path, COMMIT, "1" * 40)
    manifest = load_manifest(path)
    write_manifest(path, manifest)

    assert load_manifest(path).checkpoints["church"].revision == "1" * 40


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            "licence: MIT",
            "license: MIT",
            6,
            "'license' is not a key of a manifest. Did you mean lic",
        ),
        (
            "licence: MIT\n",
            "",
            1,
            "licence is missing: SPDX identifier of the checkpoints' licence",
        ),
        ("schema_version: 1", "schema_version: 2", 1, "Version of this schema: 1."),
        ("schema_version: 1", "schema_version: one", 1, "found 'one'"),
        ("name: ESD-x", "name: <b>ESD</b>", 2, "name: found '<b>ESD</b>'; it must be up to 80"),
        ("name: ESD-x", "name: fill in", 2, "fill in name: Name in tables"),
        ("method: esd_x", "method: $(touch hacked)", 3, "method: found '$(touch hacked)'"),
        ("https://arxiv.org/abs/2303.07345", "javascript:alert(1)", 4, "starts with https://"),
        ("https://arxiv.org/abs/2303.07345", "https://a.org/'onx='", 4, "starts with https://"),
        ('"@somebody"', '"@some body"', 7, "a GitHub name (@name), an e-mail"),
        ("  hours: 1.5", "  hours: -1", 11, "cost.hours: found '-1'"),
        ("  hours: 1.5", "  hours: nan", 11, "cost.hours: found 'nan'"),
        ("  hours: 1.5", "  gpus: 1", 11, "'cost.gpus' is not a key"),
        ("  church:", "  chruch:", 14, "there is no such concept; it must be one of english_"),
        ("some-org/esdx_church", "some-org/x;rm -rf", 15, "a repository on the Hub"),
        ("some-org/esdx_church", "some-org/<script>", 15, "a repository on the Hub"),
        ("some-org/esdx_church", "../../etc", 15, "a repository on the Hub"),
        ("some-org/esdx_church", "some-org/a--b", 15, "a repository on the Hub"),
        ("some-org/esdx_church", "esdx_church", 15, "a repository on the Hub"),
        (COMMIT, "main", 16, "it must be a commit: 40 digits"),
        (COMMIT, COMMIT[:7], 16, "it must be a commit: 40 digits"),
        (
            "layout: pipeline",
            "layout: pickle",
            17,
            "'pipeline', 'unet', 'text_encoder', 'original', 'lora' or 'diff'",
        ),
        ("unet/diff", "../diff", 19, "checkpoints.church.files.../diffusion_pytorch"),
        ("unet/diff", "/etc/diff", 19, "in the repository"),
        ("unet/diff", "unet/.hidden/diff", 19, "in the repository"),
        ("model.safetensors:", "model.bin:", 19, "ends with .safetensors"),
        ("model.safetensors:", "model.py:", 19, "ends with .safetensors"),
        ("3438167536", "0", 20, "found '0'"),
        ("3438167536", str(MOST_BYTES + 1), 20, "less than or equal to 10737418240"),
        (SHA256, "abc", 21, "a SHA-256: 64 digits"),
        ("revision: unpinned", f"revision: {COMMIT}", 22, "give files if"),
        ("van_gogh/weights", "../weights", 25, "a path in the repository"),
        ("    layout: pipeline", "    path: vae\n    layout: pipeline", 14, "must be in path"),
        (
            "unet/diffusion_pytorch_model.safetensors",
            "unet/adapter_config.json",
            14,
            "belongs to the weights of a lora, but layout is pipeline",
        ),
    ],
)
def test_a_fault_is_shown_with_its_line(
    path: Path, old: str, new: str, line: int, said: str
) -> None:
    """Whatever is wrong: the file, the line, what was found, what is allowed."""
    _edit(path, old, new)

    with pytest.raises(ManifestError) as caught:
        load_manifest(path)

    fault = caught.value.faults[-1]  # a misspelt key is missing as well
    assert fault.line == line
    assert said in fault.problem
    assert str(caught.value).startswith(str(path))
    assert f"line {line}: " in str(caught.value)


@pytest.mark.parametrize(
    ("size", "place", "said"),
    [
        (MOST_SETTINGS_BYTES, "", None),
        (MOST_SETTINGS_BYTES + 1, "", "adapter_config.json has 262145 bytes; the limit is 262144"),
        (1, "unet/", "unet/adapter_config.json must be in the folder of the adapter's weights"),
    ],
)
def test_settings_of_an_adapter_are_few_and_beside_it(
    path: Path, size: int, place: str, said: str | None
) -> None:
    """They are read whole, so a manifest cannot name what is as large as weights may be."""
    settings = f"{place}adapter_config.json:\n        size: {size}\n        sha256: {SHA256}\n"
    _edit(path, "layout: pipeline", "layout: lora")
    _edit(path, "unet/diffusion_pytorch_model", f"{settings}      adapter_model")

    if said is None:
        assert load_manifest(path).checkpoints["church"].settings_path == "adapter_config.json"
        return
    with pytest.raises(ManifestError, match=said):
        load_manifest(path)


def test_all_faults_are_shown_at_once(path: Path) -> None:
    """All faults are listed at once, in the order of their lines."""
    _edit(path, "licence: MIT", "licence: <MIT>")
    _edit(path, "layout: pipeline", "layout: zip")
    _edit(path, "name: ESD-x", "nmae: ESD-x")

    with pytest.raises(ManifestError) as caught:
        load_manifest(path)

    assert [fault.line for fault in caught.value.faults] == [1, 2, 6, 17]
    assert "4 faults\n  line 1: name is missing" in str(caught.value)


def test_a_message_is_never_longer_than_its_reader(path: Path) -> None:
    """What a file says is quoted, without control characters and not at any length."""
    _edit(path, "ESD-x", '"\\e[2J' + "x" * 10_000 + '"')

    with pytest.raises(ManifestError) as caught:
        load_manifest(path)

    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_a_list_is_no_manifest(path: Path) -> None:
    """The top is a mapping, and the message says how one begins."""
    path.write_text("- a\n", encoding="utf-8")

    with pytest.raises(ManifestError, match="line 1: it must be a mapping"):
        load_manifest(path)


def test_an_unpinned_manifest_says_how_to_pin_it(path: Path) -> None:
    """A template is a manifest, and no submission yet."""
    with pytest.raises(UnpinnedError, match=r"erasebench pin .*some-org__esd_x\.yaml") as caught:
        load_pinned_manifest(path)

    assert caught.value.concepts == ("van_gogh",)


@pytest.mark.parametrize("name", ["a__b.yaml", "Some-Org__esd_x.yaml", "a.b__c-d.e_f.yaml"])
def test_names_of_the_form_are_taken(name: str) -> None:
    """Organisation, double underscore, name."""
    check_file_name(Path("submissions") / name)


@pytest.mark.parametrize(
    "name",
    ["a_b.yaml", "a__b.yml", "a__b.json", "__b.yaml", "a__.yaml", "a__b;c.yaml", "a__<b>.yaml"],
)
def test_other_names_are_refused(name: str) -> None:
    """The name makes a page's address and a result's file."""
    with pytest.raises(ManifestError, match=r"must be <organisation>__<name>\.yaml"):
        check_file_name(Path(name))


def test_templates_and_attacks_are_no_submissions(path: Path) -> None:
    """A pinned manifest in the folder itself counts, and an invalid one."""
    pinned = MANIFEST.partition("  van_gogh:")[0]
    for name, text in (("pinned", pinned), ("broken", "name: [")):
        path.with_name(f"some-org__{name}.yaml").write_text(text, encoding="utf-8")
    attack = path.parent / "attacks" / "some-org__my_words.yaml"
    attack.parent.mkdir()
    attack.write_text(pinned, encoding="utf-8")

    assert submitted_names(path.parent) == ("some-org__broken", "some-org__pinned")
