"""The latent classifiers of a run: loaded from files, or trained once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from erasebench.classifier_training.classifier_cache import stored_classifier
from erasebench.classifier_training.data_set import TRAINING, DataSet, open_data_set
from erasebench.classifier_training.datasets_download import fetch_data_set, is_here
from erasebench.classifier_training.examples import drawn_examples
from erasebench.classifier_training.photo_examples import photographed_examples
from erasebench.concepts import Concept
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.latent_classifier_file import (
    ClassifierFileError,
    check_schedule,
    concept_of,
    load_latent_classifier,
)
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.released_classifier import read_released
from erasebench.errors import RequestError
from erasebench.evaluation.plan.classifier_sources import RELEASED, ClassifierSources, check_erased
from erasebench.evaluation.plan.request import Request
from erasebench.evaluation.plan.selection import Selection
from erasebench.evaluation.run.models import LoadedModels
from erasebench.imagenet import IMAGENET_1K, IMAGENET_1K_SIZE
from erasebench.protocol import Protocol
from erasebench.submission.pin import known_tensors


def classifier_of(models: LoadedModels, concept: Concept) -> LatentClassifier:
    """A concept's classifier: from the user's file, or from the cache, where it is trained first.

    Args:
        models: hold the base, which encodes the training images.
        concept: an object.

    Raises:
        NoExamplesError: if the data set does not show the concept.
        DiskFullError, UnwritableError: if it cannot be stored.
    """
    if concept.name in models.given:
        return models.given[concept.name]
    protocol, pipeline = models.protocol, models.pipeline
    recipe = protocol.classifier
    if protocol.photographs is not None:
        assert models.photographs is not None
        examples = photographed_examples(
            concept, protocol.image_size, models.photographs, negatives=recipe.negatives
        )
    else:
        examples = drawn_examples(concept, protocol.image_size, recipe.positives, recipe.negatives)
    stored = stored_classifier(protocol, pipeline, examples, recipe=recipe, cache=models.cache)
    classifier, _ = load_latent_classifier(stored.path, pipeline, known_tensors(protocol.base))
    return classifier


def open_photographs(
    protocol: Protocol, selection: Selection, sources: ClassifierSources
) -> DataSet | None:
    """The photographs that a run's classifiers are trained on; None if it needs none.

    Checks that they show the concepts, before any model is loaded. Opens no connection; see
    `fetch_photographs`.

    Args:
        protocol: names its photographs, if it uses any.
        selection: the run's part of the suite.
        sources: of latent classifiers.

    Raises:
        NoExamplesError, LabelsError, UnknownNameError: if the data set cannot be used.
        ClassifierFileError, CheckpointError: if a classifier file is invalid.
        HubOfflineError: if it was not downloaded.
    """
    data, trained = photographs_of(protocol, selection, sources)
    if data is None:
        return None
    found = open_data_set(data, TRAINING, sources.numbering)
    for name in trained:
        photographed_examples(protocol.concept(name), protocol.image_size, found)
    return found


def photographs_of(
    protocol: Protocol, selection: Selection, sources: ClassifierSources
) -> tuple[str | None, tuple[str, ...]]:
    """The data set that a run needs, None without one, and the concepts to train on it.

    Args:
        protocol: names its photographs, if it uses any.
        selection: the run's part of the suite.
        sources: of latent classifiers.

    Raises:
        ClassifierFileError, CheckpointError: if a classifier file is invalid.
    """
    if protocol.photographs is None:
        return None, ()
    given = {concept or concept_of(path) for concept, path in sources.given}
    trained = tuple(name for name in selection.guided(protocol) if name not in given)
    return (sources.data or protocol.photographs) if trained else None, trained


def load_given(
    sources: ClassifierSources, selection: Selection, pipeline: LoadedPipeline, base: str
) -> Mapping[str, LatentClassifier]:
    """Loads the user's classifier files, by concept, on the pipeline's device.

    Args:
        sources: names the files.
        selection: the run's part of the suite.
        pipeline: of the base, whose latents they must fit.
        base: digest of the base's tensors.

    Raises:
        RequestError: if one is for no erased concept of the run, or two are for the same.
        ReleasedClassifierError, ClassifierFileError, CheckpointError: if one cannot be read, or is
            for another base.
    """
    found: dict[str, LatentClassifier] = {}
    for concept, path in sources.given:
        if path.suffix == RELEASED and concept is not None:
            name, classifier = concept, read_released(path, pipeline.latent_shape)
            check_schedule(path, classifier, pipeline)
            classifier = classifier.to(pipeline.device)
        else:
            classifier, header = load_latent_classifier(path, pipeline, base)
            name = header.concept
            if concept not in (None, name):
                raise ClassifierFileError(path, f"It recognises {name}, not {concept}.")
        check_erased(name, selection)
        if name in found:
            raise RequestError(f"--classifier names two files for {name}. Name one.")
        found[name] = classifier
    return found


def fetch_photographs(requests: Sequence[Request]) -> list[Request]:
    """Downloads missing training photographs of latent classifiers.

    Each data set is downloaded once, and all runs then open the same commit without a network.

    Args:
        requests: one, or those of a row.

    Returns:
        The same requests, with the commit of each data set on the Hub.

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
    """A line about the photographs that a run downloads first; None if it downloads none.

    Raises:
        ClassifierFileError, CheckpointError: see `photographs_of`.
    """
    data = _needed(request)
    if data is None or is_here(data):
        return None
    size = IMAGENET_1K_SIZE if data == IMAGENET_1K else "size unknown"
    return (
        f"Not included: download of the training photographs of latent classifiers, {data} "
        f"({size})."
    )


def _needed(request: Request) -> str | None:
    data, _ = photographs_of(request.protocol, request.selection, request.sources)
    return data
