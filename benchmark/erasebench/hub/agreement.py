"""Checks that a checkpoint agrees with its manifest and with the options of a command."""

from __future__ import annotations

from erasebench.errors import RequestError, quoted
from erasebench.hub.errors import HubError
from erasebench.protocol import Protocol
from erasebench.submission.checkpoint import Checkpoint


def agreed_protocol(
    name: str, declared: Protocol | None, wanted: Protocol | None
) -> Protocol | None:
    """The protocol that a manifest or an option names; None if neither does.

    Args:
        name: of the manifest, for the message.
        declared: the protocol whose base the manifest names.
        wanted: the protocol of the option.

    Raises:
        RequestError: if the two differ.
    """
    if declared is not None and wanted is not None and wanted != declared:
        raise RequestError(
            f"{name} is for {declared.name}, but --protocol is {wanted.name}. Leave out --protocol."
        )
    return declared or wanted


def check_layout(place: str, found: str, declared: str) -> None:
    """Rejects a checkpoint whose layout differs from its manifest.

    Args:
        place: its address.
        found: the layout according to its headers.
        declared: the layout in the manifest.

    Raises:
        HubError: if they differ.
    """
    if found != declared:
        raise HubError(
            place, f"The layout is {found}, but the manifest says {declared}. Correct `layout`."
        )


def check_concept(place: str, checkpoint: Checkpoint, concept: str) -> None:
    """Rejects a diff whose card names another concept than its manifest.

    Args:
        place: its address.
        checkpoint: known by its headers.
        concept: the concept in the manifest.

    Raises:
        HubError: if they differ; a card may also name none.
    """
    if checkpoint.concept is not None and checkpoint.concept != concept:
        raise HubError(
            place,
            f"The diff's card says {quoted(checkpoint.concept)}, but the checkpoint is listed for "
            f"{concept}. List it for the card's concept, or make the diff again.",
        )
