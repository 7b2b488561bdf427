"""Erases a concept with a method and writes the diff."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

import torch
from pydantic import Field

from erasebench.concepts import Concept
from erasebench.diffusion.device import device_named
from erasebench.diffusion.pipeline import load_base
from erasebench.disk import replace_file, unfinished, writing
from erasebench.errors import NonFiniteError, RequestError
from erasebench.frozen_model import FrozenModel
from erasebench.methods.checkpoints import Checkpoints, checkpoints_folder
from erasebench.methods.erasure import Erasure
from erasebench.methods.registry import METHODS, Method
from erasebench.methods.settings import Settings
from erasebench.protocol import Protocol
from erasebench.submission.base_tensors import open_base
from erasebench.submission.card import Card
from erasebench.submission.formats.diff_writer import write_diff
from erasebench.submission.tensors import digest_of
from erasebench.version import __version__

_Settings = TypeVar("_Settings", bound=Settings)


class Erased(FrozenModel):
    """The card of an erasure."""

    method: str = Field(description="The erasure method.")
    concept: str = Field(description="The concept erased.")
    protocol: str = Field(description="The protocol whose base was edited.")
    base_digest: str = Field(description="Digest of that base's tensors.")
    seed: int = Field(description="Seed of everything random.")
    settings: dict[str, str] = Field(description="The method's settings.")
    erasebench: str = Field(description="Version of this package.")
    tensors: int = Field(description="Tensors changed.")
    values: int = Field(description="Numbers in them.")
    tensors_digest: str = Field(description="Digest of the changed tensors.")


def erase(
    method: Method[_Settings],
    protocol: Protocol,
    concept: Concept,
    settings: _Settings,
    output: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
    threads: int | None = None,
    checkpoints: int | None = None,
) -> Erased:
    """Erases a concept from a protocol's base; writes the diff and the card that is returned.

    A training that was killed resumes when the same erasure is requested again.

    Args:
        method: the erasure method.
        protocol: its base is edited.
        concept: what is erased.
        settings: of the method.
        output: the diff's file; the card gets its name with the ending `.card.json`.
        seed: of everything random.
        device: where to compute.
        threads: CPU threads; None for torch's own choice.
        checkpoints: number of diffs along the training, evenly spaced, the last equal to the
            output, in a folder of the output's name with the ending `.checkpoints`. None for none.

    Raises:
        RequestError: if there are no such checkpoints, since the method does not train, takes
            fewer updates, or kept none; no diff is written.
        DeviceError: if the machine lacks the device.
        UnwritableError: if the output's folder cannot be written.
        DivergedError: if a training's loss is not finite.
        NonFiniteError: if an edited tensor is not finite; nothing is written.
        DiskFullError: if there is no room.
    """
    updates = () if checkpoints is None else checkpoint_updates(method.name, settings, checkpoints)
    where = device_named(device)
    if threads is not None:
        torch.set_num_threads(threads)
    base = open_base(protocol)
    asked = Card(
        method=method.name,
        concept=concept.name,
        settings={
            **settings.as_words(),
            "seed": str(seed),
            "protocol": protocol.name,
            "erasebench": __version__,
        },
    )
    training = f"{base.digest} {asked.model_dump_json()} {where} {updates}"
    identity = hashlib.sha256(training.encode()).hexdigest()
    progress = output.with_name(f".{output.name}.{identity[:12]}.progress")
    # Fails now rather than after the training.
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        unfinished(output).touch()
        unfinished(output).unlink()

    along = None
    if updates:
        along = Checkpoints(checkpoints_folder(output), updates, base.digest, asked)
        if not progress.exists():
            along.remove_all()
    erasure = Erasure(protocol, load_base(protocol, where), concept, seed, progress, along)
    changed = method.load()(erasure, settings)
    broken = tuple(name for name, tensor in changed.items() if not tensor.isfinite().all())
    if broken:
        raise NonFiniteError(output, broken)
    if along is not None:
        if missing := along.missing():
            raise RequestError(
                f"{method.name} trains, and there is no checkpoint after {missing[0]} updates in "
                f"{along.folder}. If the folder was changed during the training, remove the "
                "progress file next to the output and erase again. Otherwise the method does not "
                "call `erasure.keep` after each update with what it would return then, as one that "
                "trains must; leave --checkpoints out."
            )
        along.keep(updates[-1], changed)

    erased = Erased(
        method=method.name,
        concept=concept.name,
        protocol=protocol.name,
        base_digest=base.digest,
        seed=seed,
        settings=settings.as_words(),
        erasebench=__version__,
        tensors=len(changed),
        values=sum(tensor.numel() for tensor in changed.values()),
        tensors_digest=digest_of(changed),
    )
    write_diff(output, changed, base.digest, asked)
    replace_file(card_path(output), f"{erased.model_dump_json(indent=2)}\n".encode())
    progress.unlink(missing_ok=True)
    return erased


def checkpoint_updates(name: str, settings: Settings, count: int) -> tuple[int, ...]:
    """Numbers of updates after which evenly spaced checkpoints are written, the end included.

    Args:
        name: of the method, for messages.
        settings: of the method; say how many updates it takes.
        count: how many checkpoints.

    Raises:
        RequestError: if the method does not train, or takes fewer updates than that.
    """
    if settings.updates is None:
        training = ", ".join(
            other.name for other in METHODS.values() if other.paper.updates is not None
        )
        raise RequestError(
            f"{name} finds its edit in one step, so there are no checkpoints along a training. "
            f"Leave --checkpoints out, or erase with one of: {training}."
        )
    if count > settings.updates:
        raise RequestError(
            f"A training of {settings.updates} updates has no {count} checkpoints. "
            f"Give --checkpoints {settings.updates} at most, or more updates with --set steps=N."
        )
    return tuple(settings.updates * number // count for number in range(1, count + 1))


def card_path(output: Path) -> Path:
    """File of a diff's readable card."""
    return output.with_suffix(".card.json")
