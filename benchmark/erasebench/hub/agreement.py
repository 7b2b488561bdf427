"""Whether a checkpoint is what whoever named it says that it is."""

from __future__ import annotations

from erasebench.errors import quoted
from erasebench.hub.errors import HubError
from erasebench.submission.checkpoint import Checkpoint


def check_layout(place: str, found: str, said: str) -> None:
    """Refuses a checkpoint that is given in another way than its manifest says.

    Args:
        place: its address.
        found: the layout that its headers show.
        said: the layout in the manifest.

    Raises:
        HubError: if they differ.
    """
    if found != said:
        raise HubError(place, f"It is given as {found}, and layout says {said}.")


def check_concept(place: str, checkpoint: Checkpoint, concept: str) -> None:
    """Refuses a diff whose card names another concept than its manifest does.

    Args:
        place: its address.
        checkpoint: known by its headers.
        concept: that the manifest names it for.

    Raises:
        HubError: if they differ; a card may also name none.
    """
    if checkpoint.concept is not None and checkpoint.concept != concept:
        raise HubError(
            place,
            f"Its card says that {quoted(checkpoint.concept)} was erased, and it is named for "
            f"{concept}. Name it for that concept, or make the diff again with the right one.",
        )
