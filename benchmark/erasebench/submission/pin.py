"""Whether a protocol's own models are those that it pins."""

from __future__ import annotations

from pathlib import Path

from erasebench.disk import replace_file
from erasebench.errors import ProtocolError
from erasebench.protocol import HubPin, ModelPin, Protocol
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

    A model whose digests nobody has written into the protocol yet must be what it was when it was
    first used here.

    Raises:
        ProtocolError: if one is missing or differs; names it.
    """
    for pin in pins:
        if not pin.is_here:
            raise ProtocolError(
                pin.address,
                "This model was not fetched yet. Where there is a network, run "
                "`erasebench fetch --protocol` with the name of its protocol.",
            )
        remedy = _remedy(pin)
        try:
            found = pin_of(pin.folder, pin.source)
        except FileNotFoundError as error:
            raise ProtocolError(pin.source, f"This model is missing. {remedy}") from error
        tensors, files, whose = pin.tensors_digest, pin.files_digest, "that the protocol pins"
        if isinstance(pin, HubPin) and not pin.digested:
            tensors, files = _first_use(pin, found)
            whose = "of its first use here"
        for what, own, pinned in (
            ("tensors", found.tensors_digest, tensors),
            ("configs or tokenizer files", found.files_digest, files),
        ):
            if own != pinned:
                raise ProtocolError(
                    pin.source,
                    f"Its {what} are not those {whose} ({own[:12]}, not {pinned[:12]}): figures "
                    f"made with them would be of another protocol. {remedy}",
                )


def known_tensors(pin: ModelPin) -> str:
    """Digest of a model's tensors: the one that the protocol pins, or that of its first use here.

    Args:
        pin: of a model that was checked by `check_pins`.
    """
    if isinstance(pin, HubPin) and not pin.digested:
        tensors, _ = _known_digests(pin)
        return tensors
    return pin.tensors_digest


def unverified(protocol: Protocol) -> dict[str, str]:
    """What is to be written into a protocol: the digests that it lacks, as they were found here.

    Args:
        protocol: whose models were checked by `check_pins`.

    Returns:
        Address of the model → `TENSORS_DIGEST FILES_DIGEST`; empty where all are written.
    """
    return {
        pin.address: " ".join(_known_digests(pin))
        for pin in protocol.models
        if isinstance(pin, HubPin) and not pin.digested
    }


def _first_use(pin: HubPin, found: ModelPin) -> tuple[str, str]:
    """The digests that a model had when it was first used; now, where it never was."""
    path = _first_use_file(pin)
    if not path.exists():
        replace_file(path, f"{found.tensors_digest} {found.files_digest}\n".encode())
    return _known_digests(pin)


def _known_digests(pin: HubPin) -> tuple[str, str]:
    """Of tensors and of files, as they were written down at first use."""
    tensors, files = _first_use_file(pin).read_text(encoding="utf-8").split()
    return tensors, files


def _first_use_file(pin: HubPin) -> Path:
    return pin.folder.with_name(f"{pin.folder.name}.digests")


def _remedy(pin: ModelPin) -> str:
    if isinstance(pin, HubPin):
        return f"Remove {pin.folder}*, and fetch it again with `erasebench fetch --protocol`."
    return "Install the package again."
