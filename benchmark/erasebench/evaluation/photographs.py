"""Fetches the photographs that runs learn latent classifiers from, before any of them begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from erasebench.classifier_training.fetched import fetch_data_set, is_here
from erasebench.evaluation.classifiers import photographs_of
from erasebench.evaluation.request import Request
from erasebench.imagenet import IMAGENET_1K, IMAGENET_1K_SIZE


def fetch_photographs(requests: Sequence[Request]) -> list[Request]:
    """Fetches what the latent classifiers of some runs learn from, where it lacks.

    A data set is asked for once, and each run then opens the same commit without a network.

    Args:
        requests: of a row, or one.

    Returns:
        The same, with the commit of a data set on the Hub that was given.

    Raises:
        ClassifierFileError, CheckpointError: see `photographs_of`.
        NoExamplesError, HubError: see `fetch_data_set`.
    """
    fetched = {data: fetch_data_set(data) for one in requests if (data := _needed(one)) is not None}
    return [
        replace(one, sources=replace(one.sources, data=fetched[one.sources.data]))
        if one.sources.data in fetched
        else one
        for one in requests
    ]


def photographs_to_fetch(request: Request) -> str | None:
    """Says that a run fetches photographs first, and how large they are; None where it does not.

    Raises:
        ClassifierFileError, CheckpointError: see `photographs_of`.
    """
    data = _needed(request)
    if data is None or is_here(data):
        return None
    size = IMAGENET_1K_SIZE if data == IMAGENET_1K else "size unknown"
    return (
        f"Not included: downloading the photographs that latent classifiers are trained on, {data} "
        f"({size})."
    )


def _needed(request: Request) -> str | None:
    data, _ = photographs_of(request.protocol, request.selection, request.sources)
    return data
