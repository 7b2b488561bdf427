"""The model card: every bar of the bundled models, with what they were made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tabulate import tabulate

from erasebench.pictogram.account import Account, read_account
from erasebench.pictogram.bars import Bar
from erasebench.protocol import Protocol

READING = (
    "Every figure is a share of n pictures, in percent, with its 95 % interval by Wilson. Drawings "
    "are held-out ones; generated pictures start from seeds that no evaluation uses. A bar marked "
    "own was set after a first measurement, to hold what was reached; the others were set before."
)
"""What the numbers mean."""

_HEADERS = ("bar", "%", "95 % interval", "n", "wanted", "")


@dataclass(frozen=True)
class Card:
    """What is told of a protocol's bundled models.

    Attributes:
        protocol: its name.
        account: seed, pictures, times.
        digests: digest of each model's tensors, as the protocol pins it and loading checked it.
        bars: what was measured.
    """

    protocol: str
    account: Account
    digests: Mapping[str, str]
    bars: tuple[Bar, ...]

    @property
    def cleared(self) -> bool:
        """Whether every bar is."""
        return all(bar.cleared for bar in self.bars)

    def as_text(self) -> str:
        """For the terminal."""
        return "\n\n".join(
            (
                tabulate(_rows(self.bars), _HEADERS, disable_numparse=True),
                READING,
                tabulate(self._made_of(), tablefmt="plain", disable_numparse=True),
            )
        )

    def as_markdown(self) -> str:
        """As a page of documentation."""
        missed = sum(not bar.cleared for bar in self.bars)
        verdict = f"{missed} are missed" if missed else "all are cleared"
        summary = (
            f"What the models of {self.protocol} can do, measured from the weights that are in the "
            f"package. Of {len(self.bars)} bars {verdict}."
        )
        made_of = [(what, f"`{told}`") for what, told in self._made_of()]
        return "\n\n".join(
            (
                "# Model card",
                summary,
                READING,
                tabulate(_rows(self.bars), _HEADERS, "github", disable_numparse=True),
                "## What they were made from",
                tabulate(made_of, ("what", "value"), "github", disable_numparse=True),
                "`erasebench pictogram card --markdown FILE` wrote this page.\n",
            )
        )

    def as_json(self) -> str:
        """For programs."""
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
            ("training pictures", f"{pictures.count}"),
            ("their SHA-256", pictures.sha256),
            *((f"{part}, trained in", f"{s.seconds} s") for part, s in self.account.stages.items()),
            *((f"{name}, digest of tensors", digest) for name, digest in self.digests.items()),
            *self.account.libraries.items(),
        ]


def card_of(protocol: Protocol, bars: tuple[Bar, ...]) -> Card:
    """Puts what was measured of a protocol's bundled models beside what they were made from."""
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
            f"{100 * bar.estimate.value:.1f}",
            f"{100 * bar.estimate.low:.1f} to {100 * bar.estimate.high:.1f}",
            bar.estimate.n,
            bar.wanted,
            "" if bar.cleared else "missed",
        )
        for bar in bars
    ]
