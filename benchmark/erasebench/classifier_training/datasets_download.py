"""Brings a data set on the Hub to where the datasets library keeps it."""

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
    """Whether a data set can be opened without asking the Hub.

    Args:
        data: as of `open_data_set`; a repository whose commit is not named must be asked for.
    """
    address = address_of(data)
    return address is None or address.revision in kept_copies(address.repo)


def fetch_data_set(data: str) -> str:
    """Fetches a data set whole where it is on the Hub, and is not kept here at the commit named.

    Args:
        data: as of `open_data_set`.

    Returns:
        What `open_data_set` then opens without asking the Hub: the same, a repository with its
        commit.

    Raises:
        NoExamplesError: if the repository holds no data set.
        HubOfflineError: if the Hub cannot be asked; says which commits are kept.
        HubError: if there is no such repository or revision, or the Hub does not let us in.
        DiskFullError, UnwritableError: if it cannot be kept.
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
            raise NoExamplesError(f"{data}: It was not fetched: {reason}. {FORMS}") from error
    return str(replace(address, revision=commit))


def _unasked(address: Address) -> str:
    """What to do where the Hub does not say what an address means, or give it."""
    kept = ", ".join(kept_copies(address.repo))
    if not kept:
        return (
            "There is no such folder or file here, no copy of a data set of this name on the Hub "
            "is kept, and the Hub cannot be asked. Check the path, or the network."
        )
    if address.revision is not None and COMMIT.matches(address.revision):
        return (
            f"The copy that is kept is of {kept}, and the Hub cannot be asked for the commit that "
            "was named. Fetch it where there is a network."
        )
    return (
        f"The Hub cannot be asked which commit that is. Kept is a copy of {kept}: name it as "
        f"{address.repo}@COMMIT, if it is meant."
    )
