"""A protocol's models on the Hub: downloaded, or known by their headers alone."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from functools import cached_property

from tqdm import tqdm

from erasebench.errors import DiskFullError, ProtocolError, TensorMismatchError, WrongBaseError
from erasebench.hub.client import Commit, RemoteFile, find_commit, list_files
from erasebench.hub.download_cache import CacheEntry
from erasebench.hub.errors import HubError, HubMissingError
from erasebench.hub.fetch import fetch_file
from erasebench.hub.headers import open_headers
from erasebench.protocol import PROTOCOLS, HubPin, Protocol
from erasebench.submission.base_tensors import BaseTensors, open_base
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.edit import Whole
from erasebench.submission.header import TENSORS
from erasebench.submission.match import alike_not_here, infer_protocol, mismatch, single_protocol
from erasebench.submission.tensor_names import PARTS


def fetch_models(protocol: Protocol) -> tuple[HubPin, ...]:
    """Downloads the models that a protocol pins on the Hub into the user's cache, if missing.

    A file is whole or missing: an interrupted download resumes with the first missing file. The Hub
    is not contacted if all are here. No model is loaded; digests are compared at loading.

    Returns:
        The models in the cache; none for a protocol whose models are bundled.

    Raises:
        HubMissingError: if the Hub no longer has the commit or a file.
        HubOfflineError: if a file is missing, and the Hub cannot be reached.
        HubError: if the Hub denies access, or a file differs from its digest.
        DiskFullError, UnwritableError: if a file cannot be written; whole files stay.
    """
    pins = tuple(pin for pin in protocol.models if isinstance(pin, HubPin))
    for pin in pins:
        if not pin.is_here:
            with CacheEntry(pin.folder).locked():
                _fetch(pin)
    return pins


def find_protocol(checkpoint: Checkpoint) -> Protocol:
    """The protocol whose base a checkpoint is an edit of, whether that base is here or not.

    Bases that are here are compared first, then the headers of the others, until one fits. The
    others of its architecture fit as well, except where a diff names one by its digest.

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
        alike = alike_not_here((fitting,))
        # A diff names its base by digest; other layouts name none.
        digest = checkpoint.diff.base if checkpoint.diff else None
        named = [one for one in alike if one.base.tensors_digest == digest]
        return single_protocol(checkpoint, named or alike)


def base_of(protocol: Protocol) -> BaseTensors:
    """The base of a protocol by its headers, from the Hub if the base is not here.

    For comparison only: tensors cannot be read from it.

    Raises:
        HubError: if the Hub cannot be reached, or lacks the pinned files.
        ProtocolError: if its folder lacks a part.
    """
    pin = protocol.base
    if not isinstance(pin, HubPin) or pin.is_here:
        return open_base(protocol)
    weights = (name for name in pin.files if name.endswith(TENSORS))
    listed = _listed(pin)
    files = [listed[name] for name in weights if name.partition("/")[0] in PARTS]
    entry = CacheEntry(pin.folder)
    with entry.locked():
        known = open_headers(_commit(pin), None, files, entry)
        tensors = {
            name: edit.entry for name, edit in known.tensors.items() if isinstance(edit, Whole)
        }
    return _RemoteBase(protocol.name, pin.folder, tensors, pin)


@dataclass(frozen=True)
class _RemoteBase(BaseTensors):
    """A base that is not here."""

    pin: HubPin

    @cached_property
    def digest(self) -> str:
        """The pinned digest.

        Raises:
            ProtocolError: if the protocol does not know it yet.
        """
        if not self.pin.digested:
            raise ProtocolError(
                self.pin.address,
                "A diff against this base names its digest, which is known once the base is "
                f"fetched: run `erasebench fetch --protocol {self.protocol}`.",
            )
        return self.pin.tensors_digest


def _fits(checkpoint: Checkpoint, protocol: Protocol) -> bool:
    try:
        return not mismatch(checkpoint, base_of(protocol)).count
    except HubError as error:
        tqdm.write(
            f"Not compared with the base of {protocol.name}, which was not fetched: {error}",
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
    entry = CacheEntry(pin.folder)
    with tqdm(desc=pin.source, total=size, unit="B", unit_scale=True) as progress:
        for name, file in missing.items():
            fetch_file(_commit(pin), name, file.sha256, entry)
            progress.update(file.size)


def _commit(pin: HubPin) -> Commit:
    return Commit(pin.source, str(pin.revision))


def _listed(pin: HubPin) -> dict[str, RemoteFile]:
    """The files of a pin as the Hub lists them at its commit."""
    commit = _commit(pin)
    find_commit(commit.repo, commit.digest)
    found = {file.path: file for file in list_files(commit, None)}
    lacking = [name for name in pin.files if name not in found]
    if lacking:
        raise HubMissingError(
            f"{pin.address}/{lacking[0]}",
            "The commit lacks this file of the protocol. Check HF_ENDPOINT, if it is set.",
        )
    return {name: found[name] for name in pin.files}
