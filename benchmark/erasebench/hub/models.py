"""The models of a protocol that lie on the Hub: fetched whole, or known by their headers alone."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from functools import cached_property

from tqdm import tqdm

from erasebench.disk import room_for
from erasebench.errors import DiskFullError, ProtocolError, TensorMismatchError, WrongBaseError
from erasebench.hub.cache import Shelf
from erasebench.hub.client import RemoteFile, find_commit, list_files
from erasebench.hub.errors import HubError, HubMissingError
from erasebench.hub.fetch import bring
from erasebench.hub.headers import open_headers
from erasebench.protocol import PROTOCOLS, HubPin, Protocol
from erasebench.submission.base import BaseTensors, open_base
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.edit import Whole
from erasebench.submission.match import infer_protocol, mismatch, not_here_like, only_one
from erasebench.submission.names import PARTS, part_of


def fetch_models(protocol: Protocol) -> tuple[HubPin, ...]:
    """Brings the models that a protocol pins on the Hub into the user's cache, where they lack.

    A file is whole, or it is not there: a fetch that was broken off goes on with the first file
    that is missing. The Hub is not asked where none is. No model is loaded; whoever loads one
    compares its digests.

    Returns:
        What lies in the cache; nothing of a protocol whose models are bundled.

    Raises:
        HubMissingError: if the Hub no longer has the commit or a file.
        HubOfflineError: if a file is missing, and the Hub cannot be asked.
        HubError: if the Hub does not let us in, or gives another file than it promised.
        DiskFullError, UnwritableError: if a file cannot be written; whole files stay.
    """
    pins = tuple(pin for pin in protocol.models if isinstance(pin, HubPin))
    for pin in pins:
        if not pin.is_here:
            with Shelf(pin.folder).held():
                _fetch(pin)
    return pins


def find_protocol(checkpoint: Checkpoint) -> Protocol:
    """The protocol whose base a checkpoint is an edit of, whether that base was fetched or not.

    Bases that are here are compared first; of the others the headers are asked for, until one
    fits. The others of its architecture fit as well, except where a diff names one by its digest.

    Raises:
        CheckpointError: see `infer_protocol`.
    """
    try:
        return infer_protocol(checkpoint)
    except (TensorMismatchError, WrongBaseError):
        elsewhere = (one for one in PROTOCOLS.values() if not one.base.is_here)
        fitting = next((one for one in elsewhere if _fits(checkpoint, one)), None)
        if fitting is None:
            raise
        alike = not_here_like((fitting,))
        named = [one for one in alike if _is_named(one, checkpoint)]
        return only_one(checkpoint, named or alike)


def base_of(protocol: Protocol) -> BaseTensors:
    """The base of a protocol by its headers, which are asked for where it was not fetched.

    What it gives is to be compared with, and not to be read from.

    Raises:
        HubError: if the Hub cannot be asked, or has not what is pinned.
        ProtocolError: if its folder lacks a part.
    """
    pin = protocol.base
    if not isinstance(pin, HubPin) or pin.is_here:
        return open_base(protocol)
    files = [file for name, file in _listed(pin).items() if _is_edited(name)]
    place = Shelf(pin.folder)
    with place.held():
        known = open_headers(pin.source, str(pin.revision), None, files, place)
        tensors = {
            name: edit.entry for name, edit in known.tensors.items() if isinstance(edit, Whole)
        }
    return _Outline(protocol.name, pin.folder, tensors, pin)


@dataclass(frozen=True)
class _Outline(BaseTensors):
    """A base of which no tensor is here."""

    pin: HubPin

    @cached_property
    def digest(self) -> str:
        """The pinned one: there is nothing that it could be taken of.

        Raises:
            ProtocolError: if the protocol does not know it yet.
        """
        if not self.pin.digested:
            raise ProtocolError(
                self.pin.address,
                "What is made against this base names its digest, which is known once the base "
                f"was fetched: run `erasebench fetch --protocol {self.protocol}`.",
            )
        return self.pin.tensors_digest


def _is_edited(name: str) -> bool:
    return name.endswith(".safetensors") and part_of(name.replace("/", ".")) in PARTS


def _is_named(protocol: Protocol, checkpoint: Checkpoint) -> bool:
    """Whether a diff names a protocol's base by its digest; other layouts name none."""
    return checkpoint.diff is not None and checkpoint.diff.base == protocol.base.tensors_digest


def _fits(checkpoint: Checkpoint, protocol: Protocol) -> bool:
    try:
        return not mismatch(checkpoint, base_of(protocol)).count
    except HubError as error:
        tqdm.write(
            f"It was not compared with the base of {protocol.name}, which was not fetched: {error}",
            file=sys.stderr,
        )
        return False


def _fetch(pin: HubPin) -> None:
    missing = {
        name: file for name, file in _listed(pin).items() if not (pin.folder / name).is_file()
    }
    size = sum(file.size for file in missing.values())
    if shutil.disk_usage(pin.folder.parent).free < size:
        raise DiskFullError(pin.folder)
    place = Shelf(pin.folder)
    with tqdm(desc=pin.source, total=size, unit="B", unit_scale=True) as progress:
        for name, file in missing.items():
            with room_for(pin.folder):
                bring(pin.source, str(pin.revision), name, file.sha256, place)
            progress.update(file.size)


def _listed(pin: HubPin) -> dict[str, RemoteFile]:
    """The files of a pin as the Hub lists them at its commit."""
    revision = str(pin.revision)
    find_commit(pin.source, revision)
    found = {file.path: file for file in list_files(pin.source, revision, None)}
    lacking = [name for name in pin.files if name not in found]
    if lacking:
        raise HubMissingError(
            f"{pin.address}/{lacking[0]}",
            "The commit has no such file, and the protocol needs it. Check HF_ENDPOINT, if it is "
            "set.",
        )
    return {name: found[name] for name in pin.files}
