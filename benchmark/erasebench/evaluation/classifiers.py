"""The latent classifier of a concept, for the probes that guide by it."""

from __future__ import annotations

from erasebench.classifier_training.drawn import DrawnExamples
from erasebench.classifier_training.stored import stored_classifier
from erasebench.concepts import Concept
from erasebench.diffusion.classifier_file import load_classifier
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.evaluation.apparatus import Apparatus


def classifier_of(apparatus: Apparatus, concept: Concept) -> LatentClassifier:
    """A concept's classifier out of the user's cache; it is trained now if it is not there yet.

    Args:
        apparatus: holds the base that encodes what it is trained on.
        concept: an object.

    Raises:
        DiskFullError, UnwritableError: if it cannot be kept.
    """
    protocol, pipeline = apparatus.protocol, apparatus.pipeline
    recipe = protocol.classifier
    examples = DrawnExamples(concept, protocol.image_size, recipe.positives, recipe.negatives)
    stored = stored_classifier(protocol, pipeline, examples, recipe=recipe, cache=apparatus.cache)
    classifier, _ = load_classifier(stored.path, pipeline, protocol.base.tensors_digest)
    return classifier
