"""The latent classifiers of a run: loaded, or trained once on images that are fetched first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

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
from erasebench.evaluation.plan.classifier_sources import RELEASED, ClassifierSources, check_asked
from erasebench.evaluation.plan.request import Request
from erasebench.evaluation.plan.selection import Selection
from erasebench.evaluation.run.models import Apparatus
from erasebench.imagenet import IMAGENET_1K, IMAGENET_1K_SIZE
from erasebench.protocol import Protocol
from erasebench.submission.pin import known_tensors


def classifier_of(apparatus: Apparatus, concept: Concept) -> LatentClassifier:
    """A concept's classifier: the one that was given, or one out of the user's cache.

    It is trained now if it is not there yet.

    Args:
        apparatus: holds the base that encodes what it is trained on.
        concept: an object.

    Raises:
        NoExamplesError: if the data set does not show the concept.
        DiskFullError, UnwritableError: if it cannot be kept.
    """
    if concept.name in apparatus.given:
        return apparatus.given[concept.name]
    protocol, pipeline = apparatus.protocol, apparatus.pipeline
    recipe = protocol.classifier
    if protocol.photographs is not None:
        assert apparatus.photographs is not None
        examples = photographed_examples(
            concept, protocol.image_size, apparatus.photographs, negatives=recipe.negatives
        )
    else:
        examples = drawn_examples(concept, protocol.image_size, recipe.positives, recipe.negatives)
    stored = stored_classifier(protocol, pipeline, examples, recipe=recipe, cache=apparatus.cache)
    classifier, _ = load_latent_classifier(stored.path, pipeline, known_tensors(protocol.base))
    return classifier


def open_photographs(
    protocol: Protocol, selection: Selection, sources: ClassifierSources
) -> DataSet | None:
    """The photographs that classifiers of a run are trained on; None where none is trained on any.

    Whether they show a concept is found before any model is loaded. The Hub is not asked: what lies
    there was fetched before; see `fetch_photographs`.

    Args:
        protocol: whose pictures are drawn, or photographs.
        selection: what is run.
        sources: what was asked for.

    Raises:
        NoExamplesError, LabelsError, UnknownNameError: if the data set does not serve.
        ClassifierFileError, CheckpointError: if a file that was given is no classifier's.
        HubOfflineError: if it was not fetched.
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
    """Which photographs a run needs, and for which concepts; None where it needs none.

    Args:
        protocol: whose pictures are drawn, or photographs.
        selection: what is run.
        sources: what was asked for.

    Raises:
        ClassifierFileError, CheckpointError: if a file that was given is no classifier's.
    """
    if protocol.photographs is None:
        return None, ()
    given = {concept or concept_of(path) for concept, path in sources.given}
    trained = tuple(name for name in selection.guided(protocol) if name not in given)
    return (sources.data or protocol.photographs) if trained else None, trained


def load_given(
    sources: ClassifierSources, selection: Selection, pipeline: LoadedPipeline, base: str
) -> Mapping[str, LatentClassifier]:
    """Loads the classifiers that were given, by concept, on the pipeline's device.

    Args:
        sources: names the files.
        selection: what is run.
        pipeline: the base, for whose latents they must be.
        base: digest of the base's tensors.

    Raises:
        RequestError: if one is for what is not asked for, or two are for one concept.
        ReleasedClassifierError, ClassifierFileError, CheckpointError: if one cannot be read, or is
            for another base.
    """
    found: dict[str, LatentClassifier] = {}
    for concept, path in sources.given:
        name, classifier = _load(concept, path, pipeline, base)
        check_asked(name, selection)
        if name in found:
            raise RequestError(f"--classifier gives two for {name}. Give one.")
        found[name] = classifier
    return found


def _load(
    concept: str | None, path: Path, pipeline: LoadedPipeline, base: str
) -> tuple[str, LatentClassifier]:
    if path.suffix == RELEASED and concept is not None:
        classifier = read_released(path, pipeline.latent_shape)
        check_schedule(path, classifier, pipeline)
        return concept, classifier.to(pipeline.device)
    classifier, header = load_latent_classifier(path, pipeline, base)
    if concept not in {None, header.concept}:
        raise ClassifierFileError(path, f"It recognises {header.concept}, not {concept}.")
    return header.concept, classifier


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
