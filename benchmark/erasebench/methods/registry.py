"""Every erasure method by name. A new one is a module, its settings and an entry here. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, cast

from erasebench.errors import UnknownNameError
from erasebench.methods.settings import EsdSettings, Settings, UceSettings

if TYPE_CHECKING:
    import torch

    from erasebench.methods.erasure import Erasure


@dataclass(frozen=True)
class Method:
    """What is known of a method without loading it.

    Attributes:
        name: identifier in commands, cards and tables.
        summary: one sentence for lists.
        changes: which tensors it edits, in words.
        function: `module:function` of what does it.
        paper: its settings in the paper or its released code.
        tuned: its settings for a protocol, by the protocol's name, where it has some of its own.
    """

    name: str
    summary: str
    changes: str
    function: str
    paper: Settings
    tuned: Mapping[str, Settings] = field(default_factory=dict)

    def settings(self, protocol: str) -> Settings:
        """Its settings for the protocol of a name: those tuned for it, else the paper's."""
        return self.tuned.get(protocol, self.paper)

    def load(self) -> Callable[[Erasure, Settings], dict[str, torch.Tensor]]:
        """What does it: takes the erasure and the settings, returns the changed tensors.

        The tensors are by canonical name, in the pipeline's dtype. Loads torch.
        """
        module, _, function = self.function.partition(":")
        return cast(
            "Callable[[Erasure, Settings], dict[str, torch.Tensor]]",
            getattr(import_module(module), function),
        )


_ESD_X_PICTOGRAM = EsdSettings(steps=50, learning_rate=2e-4, batch=4, wording="prompt")
_ESD_U_PICTOGRAM = EsdSettings(steps=200, learning_rate=1e-4, batch=4, wording="prompt")
# Things that are no concept: what is scored is not preserved by name.
_PRESERVED = "apple bottle cake cat cup guitar heart ladder mushroom scissors star windmill"
_UCE_PICTOGRAM = UceSettings(
    damping=20,
    preserve=tuple(f"a picture of a {thing}" for thing in _PRESERVED.split()),
    wording="prompt",
)

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            name="esd_x",
            summary="Trains the prediction for the concept past that for the empty prompt.",
            changes="the UNet's cross-attention",
            function="erasebench.methods.esd:erase_from_cross_attention",
            paper=EsdSettings(),
            tuned={"pictogram-v1": _ESD_X_PICTOGRAM},
        ),
        Method(
            name="esd_u",
            summary="The same training, of the weights that work without a prompt as well.",
            changes="the UNet but for cross-attention, time embedding and output",
            function="erasebench.methods.esd:erase_from_the_rest",
            paper=EsdSettings(),
            tuned={"pictogram-v1": _ESD_U_PICTOGRAM},
        ),
        Method(
            name="uce",
            summary="Gives the concept's tokens the keys and values of the empty prompt's.",
            changes="the UNet's cross-attention keys and values",
            function="erasebench.methods.uce:erase",
            paper=UceSettings(),
            tuned={"pictogram-v1": _UCE_PICTOGRAM},
        ),
    )
}
"""Every method by name, in the order of tables."""


def method_named(name: str) -> Method:
    """The method of this name.

    Raises:
        UnknownNameError: if there is none; suggests the nearest.
    """
    if name not in METHODS:
        raise UnknownNameError("method", name, tuple(METHODS))
    return METHODS[name]
