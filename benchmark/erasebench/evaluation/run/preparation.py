"""Prepares the probes of a plan, target by target: tokens, classifiers, searched prompts."""

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
from erasebench.evaluation.run.models import LoadedModels
from erasebench.evaluation.run.run_folder import START_AGAIN
from erasebench.optimisation.base_pictures import PictureStore
from erasebench.optimisation.tries import PromptTry, SelectorVerdict, best_of
from erasebench.probes.context import Context
from erasebench.probes.inpainting import source_key
from erasebench.results.preparation import Preparations, Search
from erasebench.results.record import Trial
from erasebench.submission.tensors import digest_of

PREPARED = "prepared"
"""Folder of preparations in a run's folder; removed at the end of the run."""

TOKENS = "tokens"
"""Folder of learned tokens in a run's folder, by target; it stays."""

MAKING = "making.json"
"""File of a run's preparations."""


@dataclass(frozen=True)
class Prepared:
    """The needs of trajectories besides the weights, which are in the pipeline.

    Attributes:
        sources: the base's images to inpaint, by the key in trajectories.
        classifiers: latent classifiers, by the name in guides.
        prompts: (probe, target, prompt index) → the prompt that a search found.
    """

    sources: Mapping[str, npt.NDArray[np.uint8]]
    classifiers: Mapping[str, LatentClassifier]
    prompts: Mapping[tuple[str, str, int], str]

    def trajectory(self, plan: Plan, trial: Trial) -> Trajectory:
        """A trial's trajectory, with the prompt that was found for it, if any."""
        planned = plan.trajectories[trial]
        found = self.prompts.get((trial.probe, trial.target, trial.prompt_index))
        return planned if found is None else planned.asking(found)


def prepare(
    plan: Plan,
    folder: Path,
    models: LoadedModels,
    store: PictureStore,
    took: Callable[[str, float], None],
) -> Prepared:
    """Prepares a plan's probes before the first image is generated.

    Finished preparations of an earlier process are reused, and unfinished ones resumed.

    Args:
        plan: names probes and targets.
        folder: the run's folder, claimed and locked.
        models: generate and judge.
        store: of the base's images.
        took: called with each prepared probe and its time in seconds.

    Raises:
        DiskFullError: if progress cannot be stored.
        RunFolderError: if a file is damaged, or a classifier is not the one that the run started
            with.
    """
    sources: dict[str, npt.NDArray[np.uint8]] = {}
    classifiers: dict[str, LatentClassifier] = {}
    searches: list[Search] = []
    for name, target in plan.probe_targets:
        probe, began = plan.probes[name], perf_counter()
        concept, indices = CONCEPTS[target], plan.indices(name, target)
        pictures = {
            kind: store.pictures(kind, concept, indices, models) for kind in probe.base_pictures
        }
        if "source" in pictures:
            keys = [source_key(concept, index) for index in indices]
            sources |= dict(zip(keys, pictures["source"], strict=True))
        own = folder / PREPARED / target / name
        own.mkdir(parents=True, exist_ok=True)
        made = probe.prepare(
            Context(
                protocol=plan.protocol,
                pipeline=models.pipeline,
                noise=models.noise,
                target=concept,
                subject=plan.subject,
                encoder_edited=plan.encoder_edited,
                indices=indices,
                folder=own,
                pictures=pictures,
                look=partial(_look, models, concept),
                classifier=partial(classifier_of, models),
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
    models: LoadedModels, target: Concept, trajectories: Sequence[Trajectory]
) -> list[SelectorVerdict]:
    return models.selected(models.pictures(trajectories), target)


def keep_tokens(folder: Path) -> None:
    """Moves learned tokens to `tokens/TARGET`, where they stay after the run.

    They are a few kilobytes and complete the prompts in the records.

    Args:
        folder: the run's folder; unchanged if its tokens were moved before.

    Raises:
        DiskFullError, UnwritableError: if they cannot be moved; each stays in one of both places.
    """
    for token in sorted((folder / PREPARED).glob("*/*/*.safetensors")):
        target = token.parents[1].name
        kept = folder / TOKENS / target / token.name
        with writing(kept):
            kept.parent.mkdir(parents=True, exist_ok=True)
            token.replace(kept)


def read_preparations(folder: Path) -> Preparations:
    """A run's preparations.

    Raises:
        RunFolderError: if their file is damaged or missing.
    """
    try:
        return Preparations.model_validate_json((folder / MAKING).read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise RunFolderError(folder, f"{MAKING} is damaged or missing. {START_AGAIN}") from error


def check_classifiers(folder: Path, bases: Iterable[Path]) -> None:
    """Refuses a base that was measured with other latent classifiers than a run.

    Args:
        folder: the run's folder.
        bases: folders of the base's runs.

    Raises:
        RunFolderError: if one was; names the folders to remove.
    """
    own = read_preparations(folder).classifiers
    for base in bases:
        for name, digest in read_preparations(base).classifiers.items():
            if own.get(name, digest) != digest:
                raise RunFolderError(
                    folder,
                    f"Its latent classifier of {name} is not the one that the original model was "
                    f"measured with in {base}: part of the user's cache was removed. Remove both "
                    "folders and run the same command again; both models are then measured with "
                    "the same classifier.",
                )


def _keep(
    folder: Path, classifiers: Mapping[str, LatentClassifier], searches: list[Search]
) -> None:
    making = Preparations(
        classifiers={name: digest_of(one.state_dict()) for name, one in classifiers.items()},
        searches=tuple(searches),
    )
    path = folder / MAKING
    if path.exists() and read_preparations(folder).classifiers != making.classifiers:
        raise RunFolderError(
            folder,
            "The run started with other latent classifiers than those in the user's cache, which "
            f"was emptied since. {START_AGAIN}",
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
