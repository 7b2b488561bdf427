"""Failures that are to be expected, as one tree.

    ErasebenchError
    ├── UnknownNameError        nothing of this kind bears this name
    ├── CheckpointError         a checkpoint that is not an edit of its base
    │   ├── PickleRefusedError  a file that could run code when read
    │   ├── TensorMismatchError missing, unknown or misshaped tensors
    │   ├── NonFiniteError      tensors that hold NaN or infinity
    │   ├── EmptyDiffError      nothing differs from the base
    │   └── WrongBaseError      made against another base
    ├── SettingError            a value that a method's setting cannot have
    ├── DeviceError             a device that this machine does not have
    ├── RunFolderError          an output folder that cannot be used
    │   ├── RunFolderTakenError it holds another run
    │   └── RunLockedError      another process is at work in it
    ├── DiskFullError           no room left
    ├── ResultError             a result file that does not hold what it must
    └── ProtocolError           a protocol's own parts are not what it pins

The command line prints the message of any of these without a traceback and exits with 2; whatever
else is raised is a bug and keeps its traceback. A message says what was found, what is allowed and
what to do next. The attributes hold the same facts for programs.
"""

from __future__ import annotations

import difflib
from pathlib import Path

_SHOWN = 5
"""Names that a message lists before it counts the rest."""


class ErasebenchError(Exception):
    """Root of the tree; carries a message meant for people."""


class UnknownNameError(ErasebenchError):
    """Nothing of this kind bears this name.

    Attributes:
        kind: what was asked for, in the singular, e.g. `concept`.
        name: the name given.
        known: every name there is.
        nearest: the known name that looks most like it, or None.
    """

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        """Suggests the nearest name and lists all."""
        self.kind = kind
        self.name = name
        self.known = known
        self.nearest = next(iter(difflib.get_close_matches(name, known, n=1)), None)
        question = "" if self.nearest is None else f" Did you mean {self.nearest!r}?"
        super().__init__(f"Unknown {kind} {name!r}.{question} Known: {', '.join(known)}.")


class CheckpointError(ErasebenchError):
    """A checkpoint that is not an edit of its base.

    Attributes:
        path: the file or folder.
    """

    def __init__(self, path: Path, problem: str) -> None:
        """Puts the path before the problem, which says what was found, is allowed and helps."""
        self.path = path
        super().__init__(f"{path}: {problem}")


class PickleRefusedError(CheckpointError):
    """A file that could run code when read."""

    def __init__(self, path: Path) -> None:
        """Says how its author turns it into safetensors."""
        super().__init__(
            path,
            "This is a pickle, which can run code when it is read; only safetensors are read. "
            'Where you trust it, convert it: python -c "import torch; from safetensors.torch '
            f"import save_file; save_file(torch.load('{path}', weights_only=True), "
            f"'{path.with_suffix('.safetensors')}')\"",
        )


class TensorMismatchError(CheckpointError):
    """Missing, unknown or misshaped tensors.

    Attributes:
        missing: names that the base has and the checkpoint lacks.
        unknown: names that the base does not have.
        misshaped: (name, shape found, shape of the base).
        nearest: the base's name that looks most like the first unknown one, or None.
    """

    def __init__(
        self,
        path: Path,
        *,
        base: str = "the base",
        missing: tuple[str, ...] = (),
        unknown: tuple[str, ...] = (),
        misshaped: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...] = (),
        known: tuple[str, ...] = (),
    ) -> None:
        """Lists the first few of each kind and counts the rest.

        Args:
            path: the checkpoint.
            base: what it was compared with, in words.
            missing: see the class.
            unknown: see the class.
            misshaped: see the class.
            known: every name of the base.
        """
        self.missing = missing
        self.unknown = unknown
        self.misshaped = misshaped
        near = (difflib.get_close_matches(name, known, n=1) for name in unknown[:1])
        self.nearest = next((names[0] for names in near if names), None)
        hint = f"; nearest to {unknown[0]} is {self.nearest}" if self.nearest else ""
        shapes = tuple(
            f"{name} is {list(found)}, not {list(wanted)}" for name, found, wanted in misshaped
        )
        parts = [
            f"{len(names)} {what} ({_some(names)})"
            for what, names in (("missing", missing), ("unknown", unknown), ("misshaped", shapes))
            if names
        ]
        super().__init__(
            path,
            f"Its tensors are not those of {base}: {'; '.join(parts)}{hint}. "
            "Every tensor must have a name and shape of the base's UNet or text encoder; "
            "save the edited model with save_pretrained, or name the protocol of its base.",
        )


class NonFiniteError(CheckpointError):
    """Tensors that hold NaN or infinity.

    Attributes:
        names: the tensors.
    """

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        """Lists the first few."""
        self.names = names
        super().__init__(
            path,
            f"{len(names)} tensors hold NaN or infinity ({_some(names)}). "
            "Every value must be finite: the training has diverged, or fp16 has overflowed.",
        )


class EmptyDiffError(CheckpointError):
    """Nothing differs from the base."""

    def __init__(self, path: Path) -> None:
        """Says that an unchanged model is no submission."""
        super().__init__(
            path,
            "No tensor differs from the base, so nothing was erased. "
            "Check that the edited model was saved, and not the one it was loaded from.",
        )


class WrongBaseError(CheckpointError):
    """A diff that was made against another base.

    Attributes:
        found: digest of the base that the diff names.
        wanted: digest of the protocol's base.
    """

    def __init__(self, path: Path, found: str, wanted: str) -> None:
        """Names both bases by the start of their digests."""
        self.found = found
        self.wanted = wanted
        super().__init__(
            path,
            f"The diff was made against base {found[:12]}, this protocol's is {wanted[:12]}. "
            "Make it again from the protocol's base, or evaluate under the protocol it belongs to.",
        )


class SettingError(ErasebenchError):
    """A value that a method's setting cannot have.

    Attributes:
        setting: its name.
        value: the value given.
    """

    def __init__(self, setting: str, value: str, allowed: str) -> None:
        """Says what is allowed."""
        self.setting = setting
        self.value = value
        super().__init__(f"The setting {setting} cannot be {value!r}: {allowed}.")


class DeviceError(ErasebenchError):
    """A device that this machine does not have.

    Attributes:
        device: the device asked for.
        available: those there are.
    """

    def __init__(self, device: str, available: tuple[str, ...]) -> None:
        """Lists what can be given to --device."""
        self.device = device
        self.available = available
        super().__init__(
            f"There is no device {device!r} here. Give --device one of: {', '.join(available)}."
        )


class RunFolderError(ErasebenchError):
    """An output folder that cannot be used.

    Attributes:
        folder: the folder.
    """

    def __init__(self, folder: Path, problem: str) -> None:
        """Puts the folder before the problem."""
        self.folder = folder
        super().__init__(f"{folder}: {problem}")


class RunFolderTakenError(RunFolderError):
    """The folder holds another run.

    Attributes:
        differs: what tells the two runs apart, e.g. `checkpoint` or `batch_size`.
        found: its value in the folder.
        wanted: its value in the run that was asked for.
    """

    def __init__(self, folder: Path, *, differs: str, found: str, wanted: str) -> None:
        """Says in what the runs differ."""
        self.differs = differs
        self.found = found
        self.wanted = wanted
        super().__init__(
            folder,
            f"It holds another run: its {differs} is {found}, not {wanted}. "
            "Give another folder with --output, or remove this one.",
        )


class RunLockedError(RunFolderError):
    """Another process is at work in the folder."""

    def __init__(self, folder: Path) -> None:
        """Says to wait or to go elsewhere."""
        super().__init__(
            folder,
            "Another process is writing here. Wait until it ends, then run the same command "
            "again to go on from there, or give another folder with --output.",
        )


class DiskFullError(ErasebenchError):
    """No room left.

    Attributes:
        path: what could not be written.
    """

    def __init__(self, path: Path) -> None:
        """Says that nothing recorded is lost."""
        self.path = path
        super().__init__(
            f"The disk is full; {path} could not be written. What was recorded before is kept: "
            "free some space and run the same command again to go on from there."
        )


class ResultError(ErasebenchError):
    """A result file that does not hold what it must.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, problem: str) -> None:
        """Puts the path before the problem, which names the field and what it must hold."""
        self.path = path
        super().__init__(f"{path}: {problem}")


class ProtocolError(ErasebenchError):
    """A protocol's own parts are not what it pins.

    Attributes:
        protocol: its name.
    """

    def __init__(self, protocol: str, problem: str) -> None:
        """Puts the protocol before the problem."""
        self.protocol = protocol
        super().__init__(f"{protocol}: {problem}")


def _some(names: tuple[str, ...]) -> str:
    """The first few names, and how many more there are."""
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
