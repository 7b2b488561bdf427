"""Benchmark and leaderboard: is a concept that was erased from a text-to-image model gone?

Public are the names in `__all__`; everything else is private and may change without notice.

- `evaluate`: evaluates a checkpoint, as `erasebench evaluate` does.
- `Result`, `load_result`: a result, and how to read its file.
- `rates_frame`, `outcomes_frame`: a result as pandas data frames, per probe or per prompt index.
- `leaderboard_frame`: a leaderboard as a data frame, one row per submission.
- `PROTOCOLS`: every protocol by name, with its `concepts`, `ranked_probes` and `shown_probes`.
- `ErasebenchError`: base class of all expected failures; the message says what to do next.
- `__version__`: the version of the package.

Example:
    >>> from erasebench import evaluate, rates_frame
    >>> result = evaluate("my_model/", "church", probes="noise", limit=4)  # doctest: +SKIP
    >>> rates_frame(result)[["probe", "rate", "rate_low", "rate_high"]]  # doctest: +SKIP

Importing the package loads neither torch nor pandas; the functions load what they need.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from erasebench.version import __version__

if TYPE_CHECKING:
    import pandas as pd

    from erasebench.board.frames import outcomes_frame, rates_frame
    from erasebench.errors import ErasebenchError
    from erasebench.evaluation.plan.kept_images import KeptImages
    from erasebench.protocol import PROTOCOLS
    from erasebench.results.result import Result

__all__ = [
    "PROTOCOLS",
    "ErasebenchError",
    "Result",
    "__version__",
    "evaluate",
    "leaderboard_frame",
    "load_result",
    "outcomes_frame",
    "rates_frame",
]

_DEFINED_IN = {
    "PROTOCOLS": "erasebench.protocol",
    "ErasebenchError": "erasebench.errors",
    "Result": "erasebench.results.result",
    "outcomes_frame": "erasebench.board.frames",
    "rates_frame": "erasebench.board.frames",
}
"""Public names that are imported at their first use."""


def evaluate(
    checkpoint: str | Path,
    concept: str | Sequence[str] | None = None,
    *,
    probes: str | Sequence[str] = (),
    limit: int | None = None,
    protocol: str | None = None,
    output: str | Path | None = None,
    device: str = "cpu",
    images: KeptImages | None = None,
    batch_size: int | None = None,
    threads: int | None = None,
    dtype: str | None = None,
) -> Result:
    """Evaluates an erased checkpoint, or resumes an interrupted evaluation.

    Gives the result of `erasebench evaluate` with the same options. Missing models are downloaded
    first; progress goes to stderr; records, images and `result.json` go to the output folder.

    Example:
        >>> from erasebench import evaluate
        >>> result = evaluate("church.safetensors", probes="noise", limit=4)  # doctest: +SKIP
        >>> result.cells[0].probes[0].rate.value  # doctest: +SKIP

    Args:
        checkpoint: path of a pipeline, UNet, text encoder, LoRA, diff or manifest, or a Hub
            repository, `organisation/name[@revision][/folder]`.
        concept: erased concept, or several; None to read it from the diff's card or, for a
            manifest, to evaluate all its checkpoints.
        probes: names of probes, `retention` or `tracing`, or one; empty for the whole suite.
        limit: prompt indices per probe, at least 2; None for all.
        protocol: its name; None to detect it from the tensors.
        output: folder of the run; None for `runs/NAME`.
        device: e.g. `cpu` or `cuda:1`.
        images: which images are kept as files, `all`, `judged` or `none`; None for the default.
        batch_size: images per batch; None to fill the device.
        threads: CPU threads; None for all cores.
        dtype: dtype of the base's weights; None for the default.

    Returns:
        The result, as written to `result.json`.

    Raises:
        ErasebenchError: if the checkpoint, an option or a file is wrong, or a model is missing;
            its subclasses are in `erasebench.errors`. A pipeline in memory is rejected as well:
            save it first.
    """
    passed: object = checkpoint
    if not isinstance(passed, str | os.PathLike):
        from erasebench.errors import RequestError

        raise RequestError(
            f"checkpoint is a {type(passed).__name__}; evaluate() takes a path or a Hub id. "
            'Save the pipeline first, e.g. pipeline.save_pretrained("my_model"), then call '
            'evaluate("my_model", "church").'
        )
    from erasebench.evaluation.job import evaluation_job

    job = evaluation_job(
        checkpoint,
        concepts=concept or (),
        protocol=protocol,
        probes=probes,
        limit=limit,
        output=None if output is None else Path(output),
        device=device,
        images=images,
        batch_size=batch_size,
        threads=threads,
        dtype=dtype,
    )
    return job.run()


def load_result(path: str | Path) -> Result:
    """Reads a result file, of a run or of a leaderboard.

    Raises:
        ErasebenchError: if the file cannot be read or is invalid; the message names the field.
    """
    from erasebench.results.file import load_result

    return load_result(Path(path))


def leaderboard_frame(
    places: str | Path | Sequence[str | Path] = (), concept: str | None = None
) -> pd.DataFrame:
    """The rows of a leaderboard, in its order; the table of `erasebench table --csv`.

    A result file whose values do not follow from its outcomes is refused (a file that was checked
    before is not checked again). An unfinished run is left out with a warning.

    Args:
        places: result files, evaluations or leaderboards, or one; empty for `leaderboard/` in the
            working folder.
        concept: erased concept; None for all ranked concepts together.

    Returns:
        One row per submission. An estimate x (`score`, `robustness`, `retention`, `worst_known` and
        the rate of every ranked probe) has four columns: `x`, `x_low`, `x_high` (95 % interval),
        all shares, and `x_n`, the number of prompts. The other columns are `protocol`, `seed_set`,
        `place`, `name`, `method`, `declared_method`, `concepts`, `withdrawn`, `marks`, `verdict`,
        `destructive`, `disputed`, `no_verdict`, `worst_known_attack`, `worst_known_concept` and
        `worst_known_finder`. A missing value is NA, never 0.

    Raises:
        ErasebenchError: if there are no results, or a file is invalid.
    """
    from erasebench.board.entries import read_entries
    from erasebench.board.find_results import find_results
    from erasebench.board.frames import table_frame
    from erasebench.board.rows import rows_of
    from erasebench.disk import user_cache
    from erasebench.protocol import PROTOCOLS

    given = [places] if isinstance(places, str | os.PathLike) else places
    found = find_results([Path(place) for place in given], PROTOCOLS)
    for run in found.unended:
        warnings.warn(f"{run} is left out: this run is not finished.", stacklevel=2)
    return table_frame(rows_of(read_entries(found.results, cache=user_cache()), concept))


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Imports a public name at its first use (PEP 562)."""
        if name not in _DEFINED_IN:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_DEFINED_IN[name]), name)


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__
