"""Sweeps a method's settings on the validation concept: recovery rate and retention of each.

    .venv/bin/python benchmark/tuning/methods.py esd_x \
        --vary learning_rate=1e-4,2e-4 --vary steps=50,100,200 --json esd_x.json

For every combination the concept is erased from the base, and the selector's rate is measured on
the concept's prompt (`left`, every prompt index) and on the prompts of the retention objects
(`kept`, ten each), with separate seeds. Neither ranked concepts nor the judge nor seeds of a score
are used. The first row is the base.

The rule: among settings with at most 10 % recovery the one with the highest retention; ties: lowest
recovery, then fewest steps.

Trainings that differ only in `steps` are one training, measured at several steps.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tabulate import tabulate

from erasebench.concepts import CONCEPTS, Concept
from erasebench.diffusion.device import device_named
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import BASE, Trajectory
from erasebench.methods.erasure import Erasure
from erasebench.methods.registry import method_named
from erasebench.methods.settings import Settings
from erasebench.protocol import Protocol, protocol_named
from erasebench.scoring.judge import Judge
from erasebench.scoring.registry import load_judge

SWEPT = "swept"
"""Name of the measured weights."""

SEEDS = "method sweep"
"""Seed set of the images, used for nothing else."""


@dataclass(frozen=True)
class Row:
    """Result of one combination of settings.

    Attributes:
        settings: the varied settings; empty for the base.
        left: recovery rate of the concept, by the selector.
        kept: recognised share of the retention objects, pooled.
        kept_by_concept: the same per concept.
        seconds: wall time of the erasure.
    """

    settings: dict[str, str]
    left: float
    kept: float
    kept_by_concept: dict[str, float]
    seconds: float


def main() -> None:
    """Parses, sweeps, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("method")
    parser.add_argument("--vary", action="append", default=[], metavar="NAME=VALUE,VALUE…")
    parser.add_argument("--concept", default="gas_pump")
    parser.add_argument("--protocol", default="pictogram-v1")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, dest="output", help="file for the rows")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    protocol = protocol_named(given.protocol)
    concept = CONCEPTS[given.concept]
    device = device_named(given.device)
    selector = load_judge(protocol.selector, device)
    method = method_named(given.method)

    rows = [_look(protocol, load_base(protocol, device), selector, concept, BASE, {}, 0.0)]
    with tempfile.TemporaryDirectory() as folder:
        for overrides in _combinations(given.vary):
            settings = method.settings(protocol.name).with_overrides(overrides)
            started = time.perf_counter()
            pipeline = load_base(protocol, device)
            progress = Path(folder) / _training_name(settings)
            changed = method.load()(Erasure(protocol, pipeline, concept, 0, progress), settings)
            pipeline.add_weights(SWEPT, changed)
            varied = dict(override.split("=", 1) for override in overrides)
            seconds = time.perf_counter() - started
            rows.append(_look(protocol, pipeline, selector, concept, SWEPT, varied, seconds))
            print(rows[-1], file=sys.stderr)
            if given.output is not None:
                sweep = {
                    "base": protocol.base.tensors_digest,
                    "method": method.name,
                    "concept": concept.name,
                    "rows": [asdict(row) for row in rows],
                }
                given.output.write_text(json.dumps(sweep, indent=2) + "\n")
    print(_table(rows))


def _combinations(vary: Sequence[str]) -> list[tuple[str, ...]]:
    """All combinations of the values, as overrides; steps vary fastest, in rising order."""
    axes = []
    for axis in sorted(vary, key=lambda axis: axis.startswith("steps=")):
        name, _, values = axis.partition("=")
        in_order = sorted(values.split(","), key=int) if name == "steps" else values.split(",")
        axes.append([f"{name}={value}" for value in in_order])
    return list(itertools.product(*axes))


def _training_name(settings: Settings) -> str:
    """A key that is equal for settings that differ only in `steps`."""
    words = settings.as_words()
    words.pop("steps", None)
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def _look(
    protocol: Protocol,
    pipeline: LoadedPipeline,
    selector: Judge,
    concept: Concept,
    weights: str,
    settings: dict[str, str],
    seconds: float,
) -> Row:
    """Generates and classifies images of the concept and of the retention objects."""
    others = [one for name in protocol.retention if (one := CONCEPTS[name]).kind == "object"]
    asked = [(concept, index) for index in range(protocol.prompts)]
    asked += [(other, i) for other in others for i in range(protocol.retention_prompts)]
    drawn = sample(
        pipeline,
        protocol,
        NoiseSource(protocol.name, SEEDS),
        [Trajectory(one.prompt, weights, prompt_start(index)) for one, index in asked],
        {},
    )
    hits = selector.judge(drawn.pictures, [one for one, _ in asked]).top1
    rate = {
        one.name: float(hits[[own == one for own, _ in asked]].mean()) for one in (concept, *others)
    }
    left = rate.pop(concept.name)
    return Row(settings, left, sum(rate.values()) / len(rate), rate, seconds)


def _table(rows: Sequence[Row]) -> str:
    return tabulate(
        [
            {
                "settings": " ".join(f"{k}={v[:40]}" for k, v in row.settings.items()) or "(base)",
                "left": f"{row.left:.0%}",
                "kept": f"{row.kept:.0%}",
                **{name: f"{share:.0%}" for name, share in row.kept_by_concept.items()},
                "seconds": f"{row.seconds:.0f}",
            }
            for row in rows
        ],
        headers="keys",
    )


if __name__ == "__main__":
    main()
