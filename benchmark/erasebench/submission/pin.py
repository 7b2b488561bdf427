"""Whether a protocol's own models are those that it pins."""

from __future__ import annotations

from pathlib import Path

from erasebench.errors import ProtocolError
from erasebench.protocol import ModelPin
from erasebench.submission.digest import files_digest, model_digest


def pin_of(folder: Path, source: str | None = None) -> ModelPin:
    """A model's pin as the model lies in a folder.

    Args:
        folder: of the model.
        source: how the pin names it; None for the folder's own path.

    Raises:
        FileNotFoundError: if the folder holds no model.
    """
    return ModelPin(
        source=str(folder) if source is None else source,
        revision=None,
        tensors_digest=model_digest(folder),
        files_digest=files_digest(folder),
    )


def check_pins(*pins: ModelPin) -> None:
    """Refuses a model that is not the pinned one; reads every file once.

    Raises:
        ProtocolError: if one is missing or differs; names it.
    """
    for pin in pins:
        try:
            found = pin_of(pin.folder, pin.source)
        except FileNotFoundError as error:
            raise ProtocolError(
                pin.source, "This model is missing. Install the package again."
            ) from error
        for what, own, pinned in (
            ("tensors", found.tensors_digest, pin.tensors_digest),
            ("configs or tokenizer files", found.files_digest, pin.files_digest),
        ):
            if own != pinned:
                raise ProtocolError(
                    pin.source,
                    f"Its {what} are not those that the protocol pins ({own[:12]}, not "
                    f"{pinned[:12]}): figures made with them would be of another protocol. "
                    "Install the package again.",
                )
