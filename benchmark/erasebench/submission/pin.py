"""Whether a protocol's own models are those that it pins."""

from __future__ import annotations

from erasebench.errors import ProtocolError
from erasebench.protocol import ModelPin, Protocol
from erasebench.submission.digest import model_digest


def check_pins(protocol: Protocol, *pins: ModelPin) -> None:
    """Refuses a model whose tensors are not the pinned ones; reads every file once.

    Args:
        protocol: whose models they are.
        pins: the models about to be loaded.

    Raises:
        ProtocolError: if one is missing or differs; names it.
    """
    for pin in pins:
        try:
            found = model_digest(pin.folder)
        except FileNotFoundError as error:
            raise ProtocolError(
                protocol.name, f"its model {pin.source} is missing; install the package again"
            ) from error
        if found != pin.tensors_digest:
            raise ProtocolError(
                protocol.name,
                f"its model {pin.source} has tensors of digest {found[:12]}, and "
                f"{pin.tensors_digest[:12]} is pinned; figures made with it would be of another "
                "protocol. Install the package again",
            )
