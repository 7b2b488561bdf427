"""The model card: every measured bar of the bundled models, and their training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tabulate import tabulate

from erasebench.pictogram.account import Account, read_account
from erasebench.pictogram.bars import Bar
from erasebench.protocol import Protocol

READING = (
    "Values are shares of n images in percent, with the 95 % Wilson interval. Drawings are held "
    "out; generated images use seeds that no evaluation uses. Bars marked own were set after a "
    "first measurement, to keep the level reached, the others before it."
)
"""Legend of the values."""

_HEADERS = ("measured", "% [95 % interval]", "n", "bar")


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
                tabulate(_rows(self.bars), _HEADERS, disable_numparse=True),
                READING,
                tabulate(self._made_of(), tablefmt="plain", disable_numparse=True),
            )
        )

    def as_markdown(self) -> str:
        """The card as a documentation page."""
        cleared = sum(bar.cleared for bar in self.bars)
        summary = (
            f"Quality of the bundled models of {self.protocol}, measured on the weights in the "
            f"package. {cleared} of {len(self.bars)} bars are cleared."
        )
        made_of = [(name, f"`{value}`") for name, value in self._made_of()]
        return "\n\n".join(
            (
                "# Model card",
                summary,
                READING,
                tabulate(_rows(self.bars), _HEADERS, "github", disable_numparse=True),
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
        pictures = self.account.pictures
        return [
            ("seed", str(self.account.seed)),
            ("training images", f"{pictures.count}"),
            ("SHA-256 of the training images", pictures.sha256),
            *((f"{part}, training time", f"{s.seconds} s") for part, s in self.account.stages.items()),
            *((f"{name}, digest of tensors", digest) for name, digest in self.digests.items()),
            *self.account.libraries.items(),
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


def _rows(bars: tuple[Bar, ...]) -> list[tuple[object, ...]]:
    return [
        (
            bar.name,
            "{:.1f} [{:.1f}, {:.1f}]".format(
                *(100 * share for share in (bar.estimate.value, bar.estimate.low, bar.estimate.high))
            ),
            bar.estimate.n,
            f"{bar.wanted}{'' if bar.cleared else ', missed'}",
        )
        for bar in bars
    ]
