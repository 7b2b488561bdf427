"""A process that goes the whole way from an address to scored records, and says what it took.

The Hub's address is read where the client is imported, and the most memory that a process had is
known of whole processes alone. So it is one of its own:
`python -m tests.sd14.process SIZE DTYPE FOLDER` writes `FOLDER/report.json`.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import torch
from diffusers import DDIMScheduler

from erasebench.diffusion.device import DTYPES
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.latent_classifier_file import save_latent_classifier
from erasebench.disk import user_cache
from erasebench.evaluation.base.needs import picture_store
from erasebench.evaluation.plan.request import Compute, request
from erasebench.evaluation.run.loading import load
from erasebench.evaluation.run.run import run
from erasebench.evaluation.run.run_folder import claim, working_in
from erasebench.hub.checkpoint_argument import read_checkpoint_argument
from erasebench.hub.protocol_models import fetch_models, find_protocol
from erasebench.stats.outcomes import outcomes_of
from erasebench.submission.checkpoint import open_checkpoint
from tests.sd14.published import ERASED
from tests.sd14.sizes import SIZES

PROBES = (
    "standard_prompt",
    "noise",
    "diffusion_completion_1",
    "inpainting_crop",
    "classifier_guidance",
    "textual_inversion",
    "unlearn_diff_atk",
)


class Stages:
    """What each stage of the way took."""

    def __init__(self) -> None:
        """Nothing was done yet."""
        self.took: dict[str, dict[str, float]] = {}

    @contextmanager
    def stage(self, name: str):  # noqa: ANN201  (a context manager)
        """Times a stage, by the clock and by the processor, and looks at the memory after it."""
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self.took[name] = {
            "seconds": round(time.perf_counter() - wall, 1),
            "processor_seconds": round(time.process_time() - processor, 1),
            "peak_gb": round(peak_bytes() / 1e9, 2),
        }
        sys.stderr.write(f"{name} {self.took[name]}\n")


def peak_bytes() -> int:
    """The most memory that this process has had."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def untrained(base: Path, concept: str, path: Path) -> str:
    """Writes a classifier of the right shape; training one is the business of another test."""
    unet = json.loads((base / "unet" / "config.json").read_text())
    shape = (unet["in_channels"], unet["sample_size"], unet["sample_size"])
    alphas = DDIMScheduler.from_pretrained(base / "scheduler").alphas_cumprod
    with torch.random.fork_rng():
        save_latent_classifier(path, LatentClassifier(shape, alphas), concept, None)
    return str(path)


def go(size: str, dtype: str, folder: Path) -> dict[str, object]:
    """Fetches, loads, prepares, draws and judges."""
    assert dtype in DTYPES
    protocol = SIZES[size].protocol
    stages = Stages()
    with stages.stage("fetch"):
        (found,) = read_checkpoint_argument(ERASED, (), user_cache())
        inferred = find_protocol(open_checkpoint(found.path)).name
        fetched = [pin.address for pin in fetch_models(protocol)]
    classifier = untrained(protocol.base.folder, found.concepts[0], folder / "own.safetensors")
    asked = request(
        found.path,
        concepts=found.concepts,
        probes=PROBES,
        protocol=protocol,
        folder=folder / "run",
        # A processor gains nothing from larger batches, and each row of a call takes 0.7 GB.
        compute=Compute(batch_size=1, dtype=dtype),
        classifiers=(classifier,),
        name=found.name,
        address=found.address,
    )
    with working_in(asked.folder):
        with stages.stage("load"):
            loaded = load(asked, user_cache(), photographs=None)
            claim(asked.folder, loaded.spec)
        store = picture_store(loaded.spec, asked.selection.indices(protocol.prompts), user_cache())
        with stages.stage("run"):
            log = run(loaded.plan, loaded.spec, asked.folder, loaded.models, store, found.name)
    records = log.records()
    return {
        "inferred": inferred,
        "fetched": fetched,
        "stages": stages.took,
        "peak_bytes": peak_bytes(),
        "environment": loaded.spec.environment.model_dump(),
        "weight_change": loaded.weight_change.model_dump(),
        "records": [record.model_dump(mode="json") for record in records],
        "outcomes": [outcome.model_dump() for outcome in outcomes_of(records)],
    }


def main() -> None:
    """See the module."""
    size, dtype, folder = sys.argv[1:]
    report = go(size, dtype, Path(folder))
    Path(folder, "report.json").write_text(json.dumps(report))


if __name__ == "__main__":
    main()
