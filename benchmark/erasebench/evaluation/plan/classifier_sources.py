"""Sources of a run's latent classifiers, if not the protocol's recipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from erasebench.errors import RequestError
from erasebench.evaluation.plan.selection import Selection
from erasebench.imagenet import Numbering
from erasebench.probes.registry import registered
from erasebench.protocol import Protocol

RELEASED = ".pt"
"""Suffix of the paper's released files, which do not name their concept."""


@dataclass(frozen=True)
class ClassifierSources:
    """The user's choices; the defaults stand for the protocol's recipe.

    Attributes:
        data: the training data set; None for the protocol's images.
        numbering: meaning of its label numbers; None to use the labels' names.
        given: concept and file of each classifier that needs no training; None for the concept
            named in the file.
    """

    data: str | None = None
    numbering: Numbering | None = None
    given: tuple[tuple[str | None, Path], ...] = ()

    @property
    def words(self) -> list[str]:
        """The command-line options, with file names instead of paths."""
        words = [] if self.data is None else ["--data", public_name(self.data)]
        if self.numbering is not None:
            words += ["--labels", self.numbering]
        for concept, path in self.given:
            words += ["--classifier", f"{concept}={path.name}" if concept else path.name]
        return words


def public_name(data: str) -> str:
    """A data set's name in a result: a folder or file without its path."""
    return Path(data).name if Path(data).exists() else data


def classifier_sources(
    protocol: Protocol,
    selection: Selection,
    data: str | None = None,
    numbering: Numbering | None = None,
    classifiers: tuple[str, ...] = (),
) -> ClassifierSources:
    """Checks the options without opening a file.

    Args:
        protocol: names its photographs, if it uses any.
        selection: the run's part of the suite.
        data: see `ClassifierSources`.
        numbering: see `ClassifierSources`.
        classifiers: each `FILE` or `CONCEPT=FILE`.

    Raises:
        RequestError: if options contradict each other, or would not be used.
    """
    if data is not None and protocol.photographs is None:
        raise RequestError(
            f"{protocol.name} trains its latent classifiers on pictograms, not on photographs. "
            "Leave --data out; use your own classifier with --classifier."
        )
    if numbering is not None and data is None:
        raise RequestError("--labels describes the labels of a data set: add --data.")
    guided = [name for name, probe in registered(protocol).items() if probe.guided]
    if (data or classifiers) and not set(guided).intersection(selection.probes):
        raise RequestError(
            "No selected probe uses a latent classifier. Leave --data and --classifier out, or "
            f"select {' or '.join(guided)}."
        )
    given = tuple(_given(text) for text in classifiers)
    for concept, _ in given:
        if concept is not None:
            check_erased(concept, selection)
    return ClassifierSources(data, numbering, given)


def check_erased(concept: str, selection: Selection) -> None:
    """Refuses a classifier of another concept.

    Raises:
        RequestError: if the concept is no erased concept of the run.
    """
    if concept not in selection.concepts:
        raise RequestError(
            f"--classifier names a file for {concept}, but the run erases "
            f"{', '.join(selection.concepts)}. Choose a file for these, or write CONCEPT=FILE."
        )


def _given(text: str) -> tuple[str | None, Path]:
    # A path may contain the sign.
    concept, sign, file = text.partition("=")
    if not sign or Path(text).exists():
        concept, file = "", text
    if not Path(file).is_file():
        raise RequestError(
            f"--classifier {text}: There is no such file. Use a latent classifier made by "
            "`erasebench classifier train`, or one that the paper's authors released."
        )
    if not concept and Path(file).suffix == RELEASED:
        raise RequestError(
            f"--classifier {text}: A released file does not name its concept. "
            f"Write CONCEPT=FILE, e.g. --classifier church={text}."
        )
    return concept or None, Path(file)
