"""What a submission may change, rule by rule."""

from __future__ import annotations

import pytest

from erasebench.github.change import ChangedFile, submitted_file
from erasebench.github.client import NotSubmittedError

PLACE = "submissions/some-org__esd_x.yaml"


def test_one_manifest_in_its_place_is_taken() -> None:
    """It may be added or changed."""
    for status in ("added", "modified", "changed"):
        file = ChangedFile(filename=PLACE, status=status, sha="0" * 40)

        assert submitted_file([file]) == file


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "No file is changed"),
        ((PLACE, "submissions/some-org__uce.yaml"), "2 files are changed"),
        ((PLACE, "benchmark/erasebench/__init__.py"), "Put all other files into a separate"),
        ((PLACE, ".github/workflows/evaluate.yml"), "separate pull request"),
        (("Makefile",), "'Makefile'; a submission adds or changes one file"),
        (("submissions/examples/some-org__x.yaml",), "Move it there"),
        (("submissions/attacks/my_words.yaml",), "a submission adds or changes one file"),
        (("submissions/attacks/some-org__x.yaml",), "Move it there"),
        ((PLACE, "submissions/attacks/my_words.yaml"), "2 files are changed"),
        (("submissions/../some-org__x.yaml",), "Move it there"),
        (("submissions//some-org__x.yaml",), "Move it there"),
        (("./submissions/some-org__x.yaml",), "Move it there"),
        (("Submissions/some-org__x.yaml",), "Move it there"),
        (("submissions/some-org__x.yml",), "it must be <organisation>__<name>.yaml"),
        (("submissions/.some-org__x.yaml",), "it must be <organisation>__<name>.yaml"),
        (("submissions/$(id)__x.yaml",), "it must be <organisation>__<name>.yaml"),
        (("submissions/a__b\n::add-mask::x.yaml",), r"a__b\\n::add-mask"),
    ],
)
def test_anything_else_is_refused_with_what_was_found(names: tuple[str, ...], words: str) -> None:
    """A second file, another place or another name: each is reported in one line."""
    files = [ChangedFile(filename=name, status="added", sha="0" * 40) for name in names]

    with pytest.raises(NotSubmittedError, match=words) as caught:
        submitted_file(files)
    assert "\n" not in str(caught.value)


def test_a_long_list_is_counted() -> None:
    """The message for a hundred files stays short."""
    files = [ChangedFile(filename=f"{number}.py", status="added") for number in range(100)]

    with pytest.raises(NotSubmittedError, match=r"100 files are changed: .*4\.py' and 95 more"):
        submitted_file(files)


@pytest.mark.parametrize("status", ["removed", "renamed", "copied", "unchanged"])
def test_what_takes_a_manifest_away_is_no_submission(status: str) -> None:
    """The message says how to withdraw a submission."""
    with pytest.raises(NotSubmittedError, match="To withdraw a submission, open an issue"):
        submitted_file([ChangedFile(filename=PLACE, status=status)])
