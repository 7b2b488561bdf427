"""Every erasure method by name. A new one is a module, its settings and an entry here. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from erasebench.errors import UnknownNameError
from erasebench.methods.settings import EsdSettings, Settings, UceSettings

if TYPE_CHECKING:
    import torch

    from erasebench.methods.erasure import Erasure

    Erases = Callable[[Erasure, "_Settings"], dict[str, torch.Tensor]]

_Settings = TypeVar("_Settings", bound=Settings)


@dataclass(frozen=True)
class Method(Generic[_Settings]):
    """An erasure method, described without loading it.

    Attributes:
        name: identifier in commands, cards and tables.
        summary: one sentence for lists.
        changes: the tensors that it edits, in words.
        load: loads torch, and returns the function that erases. It takes the erasure and the
            settings, and returns the changed tensors by canonical name, in the pipeline's dtype.
        paper: its settings in the paper or its released code.
        tuned: protocol's name → settings tuned for it.
    """

    name: str
    summary: str
    changes: str
    load: Callable[[], Erases[_Settings]]
    paper: _Settings
    tuned: Mapping[str, _Settings] = field(default_factory=dict)

    def settings(self, protocol: str) -> _Settings:
        """Its settings for a protocol, by name: those tuned for it, else the paper's."""
        return self.tuned.get(protocol, self.paper)


def _esd_x() -> Erases[EsdSettings]:
    from erasebench.methods.esd import erase_from_cross_attention

    return erase_from_cross_attention


def _esd_u() -> Erases[EsdSettings]:
    from erasebench.methods.esd import erase_from_the_rest

    return erase_from_the_rest


def _uce() -> Erases[UceSettings]:
    from erasebench.methods.uce import erase

    return erase


_ESD_X_PICTOGRAM = EsdSettings(steps=50, learning_rate=2e-4, batch=4, wording="prompt")
_ESD_U_PICTOGRAM = EsdSettings(steps=200, learning_rate=1e-4, batch=4, wording="prompt")
# Things that are not concepts: scored concepts are not preserved by name.
_PRESERVED = "apple bottle cake cat cup guitar heart ladder mushroom scissors star windmill"
_UCE_PICTOGRAM = UceSettings(
    damping=20,
    preserve=tuple(f"a picture of a {thing}" for thing in _PRESERVED.split()),
    wording="prompt",
)

METHODS: dict[str, Method[Any]] = {
    method.name: method
    for method in (
        Method[EsdSettings](
            name="esd_x",
            summary="Trains the noise prediction for the concept to point away from the concept.",
            changes="the UNet's cross-attention",
            load=_esd_x,
            paper=EsdSettings(),
            tuned={"pictogram-v1": _ESD_X_PICTOGRAM},
        ),
        Method[EsdSettings](
            name="esd_u",
            summary="The same training on layers that also act without a prompt.",
            changes="the UNet except cross-attention, time embedding and output",
            load=_esd_u,
            paper=EsdSettings(),
            tuned={"pictogram-v1": _ESD_U_PICTOGRAM},
        ),
        Method[UceSettings](
            name="uce",
            summary="Gives the concept's tokens the keys and values of the empty prompt.",
            changes="the UNet's cross-attention keys and values",
            load=_uce,
            paper=UceSettings(),
            tuned={"pictogram-v1": _UCE_PICTOGRAM},
        ),
    )
}
"""Every method by name, in the order of tables."""


def method_named(name: str) -> Method[Any]:
    """The method of this name.

    Raises:
        UnknownNameError: if there is none; suggests the nearest.
    """
    if name not in METHODS:
        raise UnknownNameError("method", name, tuple(METHODS))
    return METHODS[name]
