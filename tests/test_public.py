"""The public face: `from erasebench import …`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import erasebench
from erasebench.cli.main import main
from tests.board.example_run import Example, example_result
from tests.evaluation.tiny_run import TinyWorld, make_tiny_world
from tests.registered import only

pytestmark = pytest.mark.usefixtures("own_cache")

ROW = "leaderboard/pictogram-v1/esd_x.json"

SMALL: dict[str, Any] = {"probes": "standard_prompt", "limit": 2, "protocol": "tiny"}
"""The least that generates an image."""

RUN_FACTS = {"checkpoints": {"__all__": {"run", "command"}}}
"""Dates, times and the command line."""

SPREAD = ("", "_low", "_high", "_n")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> TinyWorld:
    """Models of random weights and an edit of them."""
    return make_tiny_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def _at_home(world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tiny protocol is the only one; cache and working folder are the test's own."""
    monkeypatch.chdir(tmp_path)
    with only(world.protocol):
        yield


def test_importing_it_loads_no_large_library() -> None:
    """Neither the package nor a public name of it waits for torch or pandas."""
    script = """
import sys
import erasebench
from erasebench import PROTOCOLS, ErasebenchError, Result, evaluate, leaderboard_frame, load_result
large = ["datasets", "diffusers", "pandas", "torch", "transformers"]
print(*(name for name in large if name in sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == []


def test_all_names_what_is_public_and_the_docstring_explains_it() -> None:
    """Every name of `__all__` can be imported and is in the package's docstring, and no other."""
    described = re.findall(
        r"`(\w+)`", "".join(re.findall(r"(?m)^- (.*?):", str(erasebench.__doc__)))
    )

    assert all(getattr(erasebench, name) is not None for name in erasebench.__all__)
    assert sorted(described) == sorted(erasebench.__all__)
    assert set(erasebench._DEFINED_IN) < set(erasebench.__all__) == set(dir(erasebench))


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="module 'erasebench' has no attribute 'evaluat'"):
        erasebench.evaluat  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.usefixtures("_at_home")
def test_evaluate_gives_the_result_of_the_command(world: TinyWorld) -> None:
    """The same outcomes, scores and facts as `erasebench evaluate`, and the same file."""
    options = ["--probe", "standard_prompt", "--limit", "2", "--protocol", "tiny"]
    words = ["evaluate", str(world.edit), "--concept", "church", *options, "--output", "command"]
    assert CliRunner().invoke(main, words).exit_code == 0
    result = erasebench.evaluate(world.edit, "church", **SMALL, output="function")

    assert isinstance(result, erasebench.Result)
    assert result == erasebench.load_result("function/result.json")
    assert result.outcomes
    commanded = erasebench.load_result("command/result.json")
    assert commanded.model_dump(exclude=RUN_FACTS) == result.model_dump(exclude=RUN_FACTS)


@pytest.mark.usefixtures("_at_home")
@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        (object(), {}, r'Save the pipeline first, .*pipeline\.save_pretrained\("my_model"\)'),
        ("edit", {"concept": None}, "Name it with --concept"),
        ("edit", {"concept": "chruch"}, "Did you mean 'church'"),
        ("edit", {"probes": ["nois"]}, "Did you mean 'noise'"),
        ("edit", {"limit": 1}, "at least 2"),
    ],
)
def test_a_wrong_argument_is_an_expected_failure(
    world: TinyWorld, given: Any, options: dict[str, Any], said: str
) -> None:
    """The message says what to do, and nothing is written."""
    checkpoint = world.edit if given == "edit" else given
    with pytest.raises(erasebench.ErasebenchError, match=said):
        erasebench.evaluate(checkpoint, **{"concept": "church"} | SMALL | options)

    assert not Path("runs").exists()


def test_the_leaderboard_has_the_documented_columns(root: Path) -> None:
    """Estimates in four columns each, facts in one; rows in the board's order."""
    frame = erasebench.leaderboard_frame(sorted((root / ROW).parent.glob("*.json")))
    listed = str(erasebench.leaderboard_frame.__doc__).split("Returns:")[1].split("Raises:")[0]
    facts = {name for name in re.findall(r"`(\w+)`", listed) if not name.startswith("x")}
    facts -= (estimates := {"score", "robustness", "retention", "worst_known"})
    ranked = erasebench.PROTOCOLS["pictogram-v1"].ranked_probes

    spread = {f"{one}{end}" for one in (*estimates, *ranked) for end in SPREAD}
    assert set(frame.columns) == facts | spread
    assert frame["place"].dropna().is_monotonic_increasing
    assert frame["score"].dropna().between(0, 1).all()


def test_the_leaderboard_of_one_concept(root: Path) -> None:
    """Only rows that erase it, and a single file is a board as well."""
    frame = erasebench.leaderboard_frame(str(root / ROW), "church")

    assert [*frame["name"]] == ["esd_x"]
    assert [*frame["concepts"]] == ["church"]


def test_an_unfinished_run_is_left_out_with_a_warning(tmp_path: Path) -> None:
    """As `erasebench table` does."""
    done, begun = tmp_path / "done", tmp_path / "begun"
    for folder in (done, begun):
        folder.mkdir()
        (folder / "run.json").write_text("{}")
    result = example_result(Example(recovered={}, otherwise=0.0))
    (done / "result.json").write_text(result.model_dump_json())
    with pytest.warns(UserWarning, match="begun is left out"):
        frame = erasebench.leaderboard_frame(tmp_path)

    assert len(frame) == 1


def test_frames_of_a_result_have_the_documented_columns(root: Path) -> None:
    """One row for each concept and probe, and one for each outcome."""
    result = erasebench.load_result(root / ROW)
    rates, outcomes = erasebench.rates_frame(result), erasebench.outcomes_frame(result)

    estimates = ("rate", "base", "floor", "unprompted", "excess", "residual")
    assert [*rates.columns] == [
        *("erased", "probe", "ranked", "standing", "recovers"),
        *(f"{one}{end}" for one in estimates for end in SPREAD),
    ]
    assert len(rates) == sum(len(cell.probes) for cell in result.cells)
    assert [*outcomes.columns] == ["model", *type(result.outcomes[0]).model_fields]
    assert len(outcomes) == len(result.outcomes) + len(result.base_outcomes)


def test_the_example_of_the_pages_runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines under *Result files* of *Reading*, in a checkout."""
    text = (root / "site" / "docs" / "reading.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"(?ms)^```python\n(.*?)^```$", text)
    monkeypatch.chdir(root)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102  (a page of this repository)

    assert {"esd_x", "uce"} <= set(names["board"]["name"])
    assert {"standard_prompt", "noise"} <= set(names["rates"]["probe"])
    assert {"church", "golf_ball"} <= set(names["hits"].index.get_level_values("erased"))
