"""Compares a checkpoint's tensors with a base, by names and shapes. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from erasebench.errors import CheckpointError, TensorMismatchError, WrongBaseError
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.submission.base_tensors import BaseTensors, base_named, open_base
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.tensor_names import part_of


@dataclass(frozen=True)
class Mismatch:
    """Differences between a checkpoint's tensors and a base's.

    Attributes:
        missing: names of the base that the checkpoint lacks, in parts that it must give completely;
            a diff, a LoRA or a prompt filter may lack any.
        unknown: names that the base does not have.
        misshaped: (name, shape found, shape of the base).
    """

    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    misshaped: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]

    @property
    def count(self) -> int:
        """Number of tensors that do not match; 0 for an edit of the base."""
        return len(self.missing) + len(self.unknown) + len(self.misshaped)


def mismatch(checkpoint: Checkpoint, base: BaseTensors) -> Mismatch:
    """Compares names and shapes."""
    found = checkpoint.tensors
    parts = {part_of(name) for name in found} if checkpoint.has_whole_parts else set()
    return Mismatch(
        missing=tuple(
            name for name in sorted(base.tensors) if part_of(name) in parts and name not in found
        ),
        unknown=tuple(name for name in sorted(found) if name not in base.tensors),
        misshaped=tuple(
            (name, edit.shape, base.tensors[name].shape)
            for name, edit in sorted(found.items(), key=itemgetter(0))
            if name in base.tensors and edit.shape not in {None, base.tensors[name].shape}
        ),
    )


def check_match(checkpoint: Checkpoint, base: BaseTensors) -> None:
    """Rejects a checkpoint that is not an edit of a base.

    Raises:
        TensorMismatchError: if tensors are missing, unknown or misshaped.
        WrongBaseError: if it is a diff for another base.
    """
    found = mismatch(checkpoint, base)
    if found.count:
        raise TensorMismatchError(
            checkpoint.path,
            base=f"the base of {base.protocol}",
            missing=found.missing,
            unknown=found.unknown,
            misshaped=found.misshaped,
            known=tuple(base.tensors),
        )
    if not _made_against(checkpoint, base):
        assert checkpoint.diff is not None
        raise WrongBaseError(checkpoint.path, checkpoint.diff.base, base.digest)


def infer_protocol(
    checkpoint: Checkpoint, protocols: Iterable[Protocol] | None = None, option: str = "--protocol"
) -> Protocol:
    """The protocol whose base a checkpoint is an edit of.

    Args:
        checkpoint: only its headers are compared.
        protocols: those that come into question, at least one; None for all: bases that are here
            are compared, and of the others those of a fitting one's architecture fit as well.
        option: what names the protocol on the command line, for messages.

    Raises:
        TensorMismatchError, WrongBaseError: if it is an edit of none; says how far it is from the
            nearest.
        CheckpointError: if it fits several; names them.
    """
    every = protocols is None
    if protocols is None:
        protocols = [protocol for protocol in PROTOCOLS.values() if protocol.base.is_here]
    bases = {protocol: open_base(protocol) for protocol in protocols}
    fitting = [
        protocol
        for protocol, base in bases.items()
        if not mismatch(checkpoint, base).count and _made_against(checkpoint, base)
    ]
    if not fitting:
        check_match(
            checkpoint, min(bases.values(), key=lambda base: mismatch(checkpoint, base).count)
        )
    # A diff that fits names its base by digest; names and shapes fit all of an architecture.
    if every and checkpoint.diff is None:
        fitting += alike_not_here(fitting)
    return single_protocol(checkpoint, fitting, option)


def base_for(checkpoint: Checkpoint, word: str | None) -> BaseTensors:
    """The base of a checkpoint.

    Args:
        checkpoint: an edit of it.
        word: a protocol or the folder of a base; None to detect the protocol from the tensors.

    Raises:
        CheckpointError, ProtocolError: see `base_named` and `infer_protocol`.
    """
    if word is not None:
        return base_named(word)
    return open_base(infer_protocol(checkpoint, option="--base"))


def alike_not_here(fitting: Sequence[Protocol]) -> list[Protocol]:
    """Protocols whose bases are not here, and have the architecture of one that fits."""
    architectures = {protocol.architecture for protocol in fitting}
    return [
        protocol
        for protocol in PROTOCOLS.values()
        if protocol.architecture in architectures and not protocol.base.is_here
    ]


def single_protocol(
    checkpoint: Checkpoint, fitting: Sequence[Protocol], option: str = "--protocol"
) -> Protocol:
    """The protocol that fits a checkpoint, where one alone does.

    Raises:
        CheckpointError: if several do; names them.
    """
    if len(fitting) > 1:
        names = ", ".join(protocol.name for protocol in fitting)
        raise CheckpointError(
            checkpoint.path,
            f"Its tensors fit the bases of several protocols: {names}. Name one with {option}.",
        )
    return fitting[0]


def _made_against(checkpoint: Checkpoint, base: BaseTensors) -> bool:
    """Whether a diff names this base; other layouts name none."""
    return checkpoint.diff is None or checkpoint.diff.base == base.digest
