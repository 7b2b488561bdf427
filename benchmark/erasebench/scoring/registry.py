"""Every kind of judge, by the name that a pin bears."""

from __future__ import annotations

from collections.abc import Callable

import torch

from erasebench.errors import UnknownNameError
from erasebench.protocol import JudgePin
from erasebench.protocol.pins import CLASSIFIER
from erasebench.scoring.classifier import load_classifier
from erasebench.scoring.judge import Judge

JUDGES: dict[str, Callable[[JudgePin, torch.device], Judge]] = {CLASSIFIER: load_classifier}
"""Kind of judge → function that loads one from its pin's folder. A new kind is one entry."""


def load_judge(pin: JudgePin, device: torch.device) -> Judge:
    """Loads a pinned judge or selector of any kind.

    Raises:
        UnknownNameError: if there is no such kind; suggests the nearest.
        ProtocolError: if the folder does not hold the pinned model, or it cannot judge.
    """
    if pin.kind not in JUDGES:
        raise UnknownNameError("kind of judge", pin.kind, tuple(JUDGES))
    return JUDGES[pin.kind](pin, device)
