"""Downloads a data set from the Hub into the cache of the datasets library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import datasets
from datasets import load_dataset_builder
from datasets.exceptions import DatasetsError

from erasebench.classifier_training.data_set import FORMS, NoExamplesError, address_of
from erasebench.classifier_training.datasets_cache import kept_copies
from erasebench.disk import writing
from erasebench.hub.address import Address
from erasebench.hub.client import find_data_set, hub_errors
from erasebench.hub.errors import HubOfflineError
from erasebench.manifest.patterns import COMMIT


def is_here(data: str) -> bool:
    """Whether a data set can be opened without network.

    Args:
        data: see `open_data_set`; a repository without a commit needs the network.
    """
    address = address_of(data)
    return address is None or address.revision in kept_copies(address.repo)


def fetch_data_set(data: str) -> str:
    """Downloads a data set that is on the Hub and not yet in the cache at this commit.

    Args:
        data: see `open_data_set`.

    Returns:
        The argument for `open_data_set`: `data`, with the commit if it is a repository.

    Raises:
        NoExamplesError: if the repository has no data set.
        HubOfflineError: if the Hub cannot be reached; lists the downloaded commits.
        HubError: if there is no such repository or revision, or no access to it.
        DiskFullError, UnwritableError: if it cannot be stored.
    """
    address = address_of(data)
    if address is None or is_here(data):
        return data
    try:
        commit = find_data_set(address.repo, address.revision)
    except HubOfflineError as error:
        raise HubOfflineError(data, _unasked(address)) from error
    if commit not in kept_copies(address.repo):
        kept = Path(datasets.config.HF_DATASETS_CACHE)
        try:
            with hub_errors(f"datasets/{address.repo}", data), writing(kept):
                load_dataset_builder(address.repo, revision=commit).download_and_prepare()
        except (OSError, ValueError, DatasetsError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
            raise NoExamplesError(f"{data}: It was not downloaded: {reason}. {FORMS}") from error
    return str(replace(address, revision=commit))


def _unasked(address: Address) -> str:
    """What to do if the Hub cannot be reached."""
    kept = ", ".join(kept_copies(address.repo))
    if not kept:
        return (
            "No such local folder or file, no downloaded data set of this name, and the Hub cannot "
            "be reached. Check the path or the network."
        )
    if address.revision is not None and COMMIT.matches(address.revision):
        return (
            f"The downloaded copy is of {kept}, and the Hub cannot be reached for the requested "
            "commit. Download it where there is a network."
        )
    return (
        f"The Hub cannot be asked for the commit. Downloaded: {kept}. To use it, give "
        f"{address.repo}@COMMIT."
    )
