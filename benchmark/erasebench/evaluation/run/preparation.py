"""What the probes of a plan make before they ask, target by target, each thing once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from erasebench.concepts import CONCEPTS, Concept
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.trajectory import Trajectory
from erasebench.disk import replace_file, writing
from erasebench.errors import RunFolderError
from erasebench.evaluation.plan.plan import Plan
from erasebench.evaluation.run.latent_classifiers import classifier_of
from erasebench.evaluation.run.models import Apparatus
from erasebench.evaluation.run.run_folder import START_AGAIN
from erasebench.optimisation.base_pictures import PictureStore
from erasebench.optimisation.tries import PromptTry, SelectorVerdict, best_of
from erasebench.probes.context import Context
from erasebench.probes.inpainting import source_key
from erasebench.results.preparation import Making, Search
from erasebench.results.record import Trial
from erasebench.submission.tensors import digest_of

PREPARED = "prepared"
"""Folder of all that is made, inside a run's folder; gone when the run is done."""

TOKENS = "tokens"
"""Folder of the tokens that were learned, by target, inside a run's folder; it stays."""

MAKING = "making.json"
"""What a run made, beside its records."""


@dataclass(frozen=True)
class Prepared:
    """What trajectories need beside the weights, which lie in the pipeline.

    Attributes:
        sources: the base's pictures that are filled in, by the key that trajectories name.
        classifiers: latent classifiers, by the name that guides bear.
        prompts: (probe, target, prompt index) → the prompt that was found.
    """

    sources: Mapping[str, npt.NDArray[np.uint8]]
    classifiers: Mapping[str, LatentClassifier]
    prompts: Mapping[tuple[str, str, int], str]

    def trajectory(self, plan: Plan, trial: Trial) -> Trajectory:
        """What is drawn for a trial, with the prompt that was found for it, if one was."""
        planned = plan.trajectory(trial)
        found = self.prompts.get((trial.probe, trial.target, trial.prompt_index))
        return planned if found is None else planned.asking(found)


def prepare(
    plan: Plan,
    folder: Path,
    apparatus: Apparatus,
    store: PictureStore,
    took: Callable[[str, float], None],
) -> Prepared:
    """Makes everything that a plan's probes need before the first picture is drawn.

    What an earlier process made is found again; what it left half done goes on.

    Args:
        plan: whose probes and targets.
        folder: the run's folder, claimed and locked.
        apparatus: draws and judges.
        store: gives the base's pictures.
        took: called with each probe that needs a preparation, and the seconds that it took.

    Raises:
        DiskFullError: if progress cannot be kept.
        RunFolderError: if something kept is damaged, or a classifier is not the one with which
            the run began.
    """
    sources: dict[str, npt.NDArray[np.uint8]] = {}
    classifiers: dict[str, LatentClassifier] = {}
    searches: list[Search] = []
    for name, target in plan.asked:
        probe, began = plan.probes[name], perf_counter()
        concept, indices = CONCEPTS[target], plan.indices(name, target)
        pictures = {
            kind: store.pictures(kind, concept, indices, apparatus) for kind in probe.base_pictures
        }
        if "source" in pictures:
            keys = [source_key(concept, index) for index in indices]
            sources |= dict(zip(keys, pictures["source"], strict=True))
        own = folder / PREPARED / target / name
        own.mkdir(parents=True, exist_ok=True)
        made = probe.prepare(
            Context(
                protocol=plan.protocol,
                pipeline=apparatus.pipeline,
                noise=apparatus.noise,
                target=concept,
                subject=plan.subject,
                encoder_edited=plan.encoder_edited,
                indices=indices,
                folder=own,
                pictures=pictures,
                look=partial(_look, apparatus, concept),
                classifier=partial(classifier_of, apparatus),
            )
        )
        if made is None:
            continue
        classifiers |= made.classifiers
        searches += [_search(name, target, *found) for found in made.tries.items()]
        took(name, perf_counter() - began)
    _keep(folder, classifiers, searches)
    prompts = {(one.probe, one.target, one.prompt_index): one.prompt for one in searches}
    return Prepared(sources, classifiers, prompts)


def _look(
    apparatus: Apparatus, target: Concept, trajectories: Sequence[Trajectory]
) -> list[SelectorVerdict]:
    return apparatus.selected(apparatus.pictures(trajectories), target)


def keep_tokens(folder: Path) -> None:
    """Moves learned tokens out of what is gone when the run is done, to `tokens/TARGET`.

    They are a few kilobytes, and say to anyone what the subject was asked by.

    Args:
        folder: the run's folder; one whose tokens were moved before is left as it is.

    Raises:
        DiskFullError, UnwritableError: if they cannot be moved; each is in one place or the other.
    """
    for token in sorted((folder / PREPARED).glob("*/*/*.safetensors")):
        target = token.parents[1].name
        kept = folder / TOKENS / target / token.name
        with writing(kept):
            kept.parent.mkdir(parents=True, exist_ok=True)
            token.replace(kept)


def read_making(folder: Path) -> Making:
    """What a run had made before it drew its pictures.

    Raises:
        RunFolderError: if that is damaged or gone.
    """
    try:
        return Making.model_validate_json((folder / MAKING).read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise RunFolderError(folder, f"{MAKING} is damaged or gone. {START_AGAIN}") from error


def check_classifiers(folder: Path, bases: Iterable[Path]) -> None:
    """Refuses a base that was measured with other latent classifiers than a run.

    Args:
        folder: the run's.
        bases: folders of the base's runs.

    Raises:
        RunFolderError: if one was; says which folders are to be removed.
    """
    own = read_making(folder).classifiers
    for base in bases:
        for name, digest in read_making(base).classifiers.items():
            if own.get(name, digest) != digest:
                raise RunFolderError(
                    folder,
                    f"The run has another latent classifier of {name} than the unedited base was "
                    f"measured with, in {base}: the user's cache was emptied in part. Remove both "
                    "folders and run the same command again; base and submission are measured "
                    "anew, with one classifier.",
                )


def _keep(
    folder: Path, classifiers: Mapping[str, LatentClassifier], searches: list[Search]
) -> None:
    making = Making(
        classifiers={name: digest_of(one.state_dict()) for name, one in classifiers.items()},
        searches=tuple(searches),
    )
    path = folder / MAKING
    if path.exists() and read_making(folder).classifiers != making.classifiers:
        raise RunFolderError(
            folder,
            "The run began with other latent classifiers than there are now: the user's cache was "
            f"emptied. {START_AGAIN}",
        )
    replace_file(path, f"{making.model_dump_json(indent=2)}\n".encode())


def _search(probe: str, target: str, prompt_index: int, tries: Sequence[PromptTry]) -> Search:
    found = best_of(tries)
    return Search(
        probe=probe,
        target=target,
        prompt_index=prompt_index,
        prompt=found.prompt,
        tries=len(tries),
        update=found.update,
        plain_success=tries[0].success,
        success=found.success,
        probability=found.probability,
    )
