"""The model card: every measured bar of the bundled models, and their training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from tabulate import tabulate

from erasebench.pictogram.bars import Bar
from erasebench.protocol import Protocol

ACCOUNT = "recipe.json"
"""File name, in the folder of the models."""

READING = (
    "Values are shares of n images in % [95 % Wilson interval], each with its threshold. Drawings "
    "are held out; generated images use seeds that no evaluation uses. Thresholds were set before "
    "the first measurement; those marked own were set after it, to keep the level reached."
)
"""Legend of the values."""

_HEADERS = ("measured", "% [95 % interval]", "n", "threshold")

_SIDE_BY_SIDE = {
    "classifier test": ("judge, ", "selector, "),
    "images of": ("generated, ", "empty prompt shows "),
}
"""Bars that the page shows as columns: heading of the rows, and beginnings of the bars' names."""


class _Account(BaseModel):
    """Immutable; fields of the recipe that are not published are ignored."""

    model_config = ConfigDict(frozen=True)


class StageAccount(_Account):
    """One trained part, without its settings, which differ from part to part."""

    seconds: int = Field(ge=0, description="Time spent in optimiser steps.")


class PicturesAccount(_Account):
    """The training images."""

    count: int = Field(ge=1, description="Examples 0 to count - 1 of the source.")
    sha256: str = Field(description="Digest of images, captions, things and styles, hex.")


class Account(_Account):
    """Training of a set of models: the published part of `recipe.json`."""

    seed: int = Field(description="Seed of all random numbers.")
    pictures: PicturesAccount = Field(description="The training images.")
    stages: dict[str, StageAccount] = Field(description="The trained parts by name, in order.")
    libraries: dict[str, str] = Field(description="Library versions by name.")


def read_account(weights: Path) -> Account:
    """Reads the record in the folder of the models."""
    return Account.model_validate_json((weights / ACCOUNT).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Card:
    """Quality and origin of a protocol's bundled models.

    Attributes:
        protocol: its name.
        account: seed, training images and times.
        digests: digest of each model's tensors, pinned by the protocol and checked by loading.
        bars: the measured values.
    """

    protocol: str
    account: Account
    digests: Mapping[str, str]
    bars: tuple[Bar, ...]

    @property
    def cleared(self) -> bool:
        """Whether every bar is cleared."""
        return all(bar.cleared for bar in self.bars)

    def as_text(self) -> str:
        """The card as text for the terminal."""
        return "\n\n".join(
            (
                tabulate(map(_row, self.bars), _HEADERS, disable_numparse=True),
                READING,
                tabulate(self._made_of(), tablefmt="plain", disable_numparse=True),
            )
        )

    def as_markdown(self) -> str:
        """The card as a documentation page."""
        cleared = sum(bar.cleared for bar in self.bars)
        summary = (
            f"Quality of the bundled models of {self.protocol}: {cleared} of {len(self.bars)} "
            "thresholds are met."
        )
        made_of = [(name, f"`{value}`") for name, value in self._made_of()]
        return "\n\n".join(
            (
                "# Model card",
                summary,
                READING,
                *_page_tables(self.bars),
                "## Training",
                tabulate(made_of, ("property", "value"), "github", disable_numparse=True),
                "`erasebench pictogram card --markdown FILE` generates this page.\n",
            )
        )

    def as_json(self) -> str:
        """The card as JSON."""
        bars = [
            {**asdict(bar), "estimate": bar.estimate.model_dump(), "cleared": bar.cleared}
            for bar in self.bars
        ]
        made_of = {**self.account.model_dump(), "digests": dict(self.digests)}
        return json.dumps({"protocol": self.protocol, **made_of, "bars": bars}, indent=2)

    def _made_of(self) -> list[tuple[str, str]]:
        made = self.account
        return [
            ("seed", f"{made.seed}"),
            ("training images", f"{made.pictures.count}"),
            ("SHA-256 of the training images", made.pictures.sha256),
            ("training time", ", ".join(f"{p} {s.seconds} s" for p, s in made.stages.items())),
            *((f"{name}, digest of tensors", digest) for name, digest in self.digests.items()),
            (
                "libraries",
                ", ".join(f"{name} {version}" for name, version in made.libraries.items()),
            ),
        ]


def card_of(protocol: Protocol, bars: tuple[Bar, ...]) -> Card:
    """Combines the measured bars of a protocol's bundled models with their training."""
    pins = {
        "base": protocol.base,
        "judge": protocol.judge.model,
        "selector": protocol.selector.model,
        "scorer": protocol.clip,
    }
    return Card(
        protocol=protocol.name,
        account=read_account(protocol.base.folder.parent),
        digests={name: pin.tensors_digest for name, pin in pins.items()},
        bars=bars,
    )


def _row(bar: Bar) -> tuple[object, ...]:
    value, low, high = (100 * e for e in (bar.estimate.value, bar.estimate.low, bar.estimate.high))
    threshold = bar.wanted if bar.cleared else f"{bar.wanted}, missed"
    return bar.name, f"{value:.1f} [{low:.1f}, {high:.1f}]", bar.estimate.n, threshold


def _page_tables(bars: tuple[Bar, ...]) -> list[str]:
    tables: list[tuple[list[tuple[object, ...]], tuple[str, ...]]] = []
    listed = list(bars)
    for heading, columns in _SIDE_BY_SIDE.items():
        cells = {
            (bar.name.removeprefix(column), column): bar
            for column in columns
            for bar in bars
            if bar.name.startswith(column)
        }
        listed = [bar for bar in listed if bar not in cells.values()]
        rows: list[tuple[object, ...]] = [
            (name.replace("_", " "), *(_cell(cells.get((name, column))) for column in columns))
            for name in dict.fromkeys(name for name, _ in cells)
        ]
        tables.append((rows, (heading, *(column.strip(" ,") for column in columns))))
    tables.append(([_row(bar) for bar in listed], _HEADERS))
    return [tabulate(r, h, "github", disable_numparse=True) for r, h in tables if r]


def _cell(bar: Bar | None) -> str:
    if bar is None:
        return ""
    _, estimate, n, threshold = _row(bar)
    return f"{estimate} of {n}, {threshold}"
