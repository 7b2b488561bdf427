"""Where a run takes its latent classifiers from, if not from the protocol's recipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from erasebench.errors import RequestError
from erasebench.evaluation.plan.selection import Selection
from erasebench.imagenet import Numbering
from erasebench.probes.registry import registered
from erasebench.protocol import Protocol

RELEASED = ".pt"
"""Files of the paper's authors end so; they do not say which concept they are for."""


@dataclass(frozen=True)
class ClassifierSources:
    """What was asked for; nothing of it where all classifiers are made by the recipe.

    Attributes:
        data: the data set that classifiers are trained on; None for the protocol's pictures.
        numbering: what its label numbers count; None for what their names say.
        given: concept and file of each classifier that is not to be trained; None for the concept
            that the file names.
    """

    data: str | None = None
    numbering: Numbering | None = None
    given: tuple[tuple[str | None, Path], ...] = ()

    @property
    def words(self) -> list[str]:
        """The options that ask for it, with the names of files alone."""
        words = [] if self.data is None else ["--data", shown(self.data)]
        if self.numbering is not None:
            words += ["--labels", self.numbering]
        for concept, path in self.given:
            words += ["--classifier", f"{concept}={path.name}" if concept else path.name]
        return words


def shown(data: str) -> str:
    """How a data set is called in a result: a folder or file by its name, without its place."""
    return Path(data).name if Path(data).exists() else data


def classifier_sources(
    protocol: Protocol,
    selection: Selection,
    data: str | None = None,
    numbering: Numbering | None = None,
    classifiers: tuple[str, ...] = (),
) -> ClassifierSources:
    """Checks what is asked for, as far as that can be done without opening anything.

    Args:
        protocol: whose pictures are drawn, or photographs.
        selection: what is run.
        data: see `ClassifierSources`.
        numbering: see `ClassifierSources`.
        classifiers: each `FILE` or `CONCEPT=FILE`.

    Raises:
        RequestError: if it cannot be asked for in this way, or would not be used.
    """
    if data is not None and protocol.photographs is None:
        raise RequestError(
            f"The pictures of {protocol.name} are drawn, so its latent classifiers learn from no "
            "photographs. Leave --data out; one of your own is given with --classifier."
        )
    if numbering is not None and data is None:
        raise RequestError("--labels says what the labels of a data set count: give it --data.")
    guided = [name for name, probe in registered(protocol).items() if probe.guided]
    if (data or classifiers) and not set(guided).intersection(selection.probes):
        raise RequestError(
            "No probe that is run uses a latent classifier. Leave --data and --classifier out, or "
            f"run {' or '.join(guided)}."
        )
    given = tuple(_given(text) for text in classifiers)
    for concept, _ in given:
        if concept is not None:
            check_asked(concept, selection)
    return ClassifierSources(data, numbering, given)


def check_asked(concept: str, selection: Selection) -> None:
    """Refuses a classifier of what is not asked for.

    Raises:
        RequestError: if the concept is none of those that were erased.
    """
    if concept not in selection.concepts:
        raise RequestError(
            f"--classifier gives one for {concept}, and what is asked for is "
            f"{', '.join(selection.concepts)}. Give one for that, or write CONCEPT=FILE."
        )


def _given(text: str) -> tuple[str | None, Path]:
    # A path may hold the sign; a file that is there is meant.
    concept, sign, file = text.partition("=")
    if not sign or Path(text).exists():
        concept, file = "", text
    if not Path(file).is_file():
        raise RequestError(
            f"--classifier {text}: There is no such file. Give a latent classifier as "
            "`erasebench classifier train` makes it, or one that the paper's authors released."
        )
    if not concept and Path(file).suffix == RELEASED:
        raise RequestError(
            f"--classifier {text}: A released file does not say what it recognises. "
            f"Write CONCEPT=FILE, e.g. --classifier church={text}."
        )
    return concept or None, Path(file)
