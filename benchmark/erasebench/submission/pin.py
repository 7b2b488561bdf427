"""Checks a protocol's models against their pins."""

from __future__ import annotations

from pathlib import Path

from erasebench.disk import replace_file
from erasebench.errors import ProtocolError
from erasebench.protocol import HubPin, ModelPin, Protocol
from erasebench.submission.digest import files_digest, model_digest

_PINNED = ("tensors", "configs or tokenizer files")
"""What the two digests of a pin are of."""


def pin_of(folder: Path, source: str | None = None) -> ModelPin:
    """The pin of a model in a folder.

    Args:
        folder: of the model.
        source: name in the pin; None for the folder's path.

    Raises:
        FileNotFoundError: if the folder contains no model.
    """
    return ModelPin(
        source=str(folder) if source is None else source,
        revision=None,
        tensors_digest=model_digest(folder),
        files_digest=files_digest(folder),
    )


def check_pins(*pins: ModelPin) -> None:
    """Rejects models that differ from their pins; reads every file once.

    A model without pinned digests must be unchanged since its first use on this machine.

    Raises:
        ProtocolError: if a model is missing or differs.
    """
    for pin in pins:
        if not pin.is_here:
            raise ProtocolError(
                pin.address,
                "The model is not downloaded yet. Run (online): erasebench fetch --protocol NAME",
            )
        remedy = _remedy(pin)
        try:
            found = pin_of(pin.folder, pin.source)
        except FileNotFoundError as error:
            raise ProtocolError(pin.source, f"The model is missing. {remedy}") from error
        own = found.tensors_digest, found.files_digest
        whose = "pinned by the protocol"
        if isinstance(pin, HubPin) and not pin.digested:
            whose = "of its first use on this machine"
            if not _first_use_file(pin).exists():
                replace_file(_first_use_file(pin), f"{' '.join(own)}\n".encode())
        for what, one, pinned in zip(_PINNED, own, _known_digests(pin), strict=True):
            if one != pinned:
                raise ProtocolError(
                    pin.source,
                    f"The {what} differ from those {whose} ({one[:12]}, not {pinned[:12]}), so the "
                    f"results would not be comparable. {remedy}",
                )


def known_tensors(pin: ModelPin) -> str:
    """Digest of a model's tensors: pinned by the protocol, or of its first use here.

    Args:
        pin: of a model checked by `check_pins`.
    """
    return _known_digests(pin)[0]


def unverified(protocol: Protocol) -> dict[str, str]:
    """Digests that a protocol does not pin yet, as found on this machine.

    Args:
        protocol: with models checked by `check_pins`.

    Returns:
        Address of the model → `TENSORS_DIGEST FILES_DIGEST`; empty if all are pinned.
    """
    return {
        pin.address: " ".join(_known_digests(pin))
        for pin in protocol.models
        if isinstance(pin, HubPin) and not pin.digested
    }


def _known_digests(pin: ModelPin) -> tuple[str, str]:
    """Digests of tensors and of files: pinned by the protocol, or stored at first use."""
    if not isinstance(pin, HubPin) or pin.digested:
        return pin.tensors_digest, pin.files_digest
    tensors, files = _first_use_file(pin).read_text(encoding="utf-8").split()
    return tensors, files


def _first_use_file(pin: HubPin) -> Path:
    return pin.folder.with_name(f"{pin.folder.name}.digests")


def _remedy(pin: ModelPin) -> str:
    if isinstance(pin, HubPin):
        return f"Remove {pin.folder}* and download it again with `erasebench fetch --protocol`."
    return "Install the package again."
