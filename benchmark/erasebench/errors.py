"""Failures that are to be expected, as one tree.

    ErasebenchError
    ├── UnknownNameError        nothing of this kind bears this name
    ├── RequestError            something that cannot be asked for in this way
    ├── CheckpointError         a checkpoint that is not an edit of its base
    │   ├── PickleRefusedError  a file that could run code when read
    │   ├── TensorMismatchError missing, unknown or misshaped tensors
    │   ├── NonFiniteError      tensors that hold NaN or infinity
    │   ├── EmptyDiffError      nothing differs from the base
    │   └── WrongBaseError      made against another base
    ├── ManifestError           a manifest that does not hold what it must (in hub.errors)
    │   └── UnpinnedError       nobody has looked up its commits and files yet
    ├── HubError                what the Hub does not give, or not as promised (in hub.errors)
    │   ├── HubAccessError      gated or private, and closed to whoever asks
    │   ├── HubMissingError     no such repository, commit or file
    │   ├── HubOfflineError     not fetched yet, and the Hub cannot be asked
    │   └── HubChangedError     a file that is not the one that its digest names
    ├── SettingError            a value that a method's setting cannot have
    ├── PromptTooLongError      more tokens than the text encoder reads
    ├── DivergedError           a training whose loss is no number any more
    ├── OverflowedError         weights that give NaN or infinity for a picture
    ├── DeviceError             a device that this machine does not have
    ├── RunFolderError          an output folder that cannot be used
    │   ├── RunFolderTakenError it holds another run
    │   └── RunLockedError      another process is at work in it
    ├── DiskFullError           no room left
    ├── UnwritableError         a place in which nothing can be written
    ├── ResultError             a result file that does not hold what it must
    ├── CalibrationError        this machine does not draw the base as the references have it
    └── ProtocolError           a protocol's own parts are not what it pins

The command line prints the message of any of these without a traceback and exits with 2; whatever
else is raised is a bug and keeps its traceback. A message says what was found, what is allowed and
what to do next. The attributes hold the same facts for programs.
"""

from __future__ import annotations

import difflib
import shlex
from pathlib import Path

_SHOWN = 5
"""Names that a message lists before it counts the rest."""

_LONGEST = 80
"""Letters that a message shows of anything out of a file."""


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


class RequestError(ErasebenchError):
    """Something that cannot be asked for in this way; the message says what to change."""


class CheckpointError(ErasebenchError):
    """A checkpoint that is not an edit of its base.

    Attributes:
        path: the file or folder.
    """

    def __init__(self, path: Path, problem: str) -> None:
        """Puts the path before the problem, which says what was found, is allowed and helps."""
        self.path = path
        super().__init__(f"{_printed(path)}: {problem}")


class PickleRefusedError(CheckpointError):
    """A file that could run code when read."""

    def __init__(self, path: Path) -> None:
        """Says how its author turns it into safetensors."""
        files = (_printed(path), _printed(path.with_suffix(".safetensors")))
        super().__init__(
            path,
            "This is a pickle, which can run code when it is read; only safetensors are read. "
            'Where you trust it, convert it: python -c "import sys, torch; '
            "from safetensors.torch import save_file; "
            f'save_file(torch.load(sys.argv[1], weights_only=True), sys.argv[2])" '
            f"{shlex.join(files)}",
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
        hint = f"; nearest to {_short(unknown[0])} is {self.nearest}" if self.nearest else ""
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


class PromptTooLongError(ErasebenchError):
    """A prompt with more tokens than the text encoder reads; the tail would be dropped.

    Attributes:
        prompt: the prompt.
    """

    def __init__(self, prompt: str, tokens: int, limit: int) -> None:
        """Counts the tokens with their start and end."""
        self.prompt = prompt
        super().__init__(
            f"The prompt {prompt!r} has {tokens} tokens with its start and end, and the text "
            f"encoder reads {limit}. Shorten it."
        )


class DivergedError(ErasebenchError):
    """A training whose loss is no number any more.

    Attributes:
        update: the update at which that was seen, from 0.
    """

    def __init__(self, update: int) -> None:
        """Says what usually helps."""
        self.update = update
        super().__init__(
            f"The training has diverged: at update {update} its loss is NaN or infinite. "
            "Where the command has a learning rate, give a lower one with --set learning_rate=…; "
            "a probe's is fixed, and weights on which it diverges are broken."
        )


class OverflowedError(ErasebenchError):
    """Weights that are finite and yet give NaN or infinity: there is no picture to judge."""

    def __init__(self, what: str) -> None:
        """Says what overflowed, and that nothing was judged, since nothing was drawn."""
        super().__init__(
            f"{what} holds NaN or infinity, so there is no picture to judge. Values have grown too "
            "large for the precision that they run in: train with a lower learning rate, or clip "
            "the gradients."
        )


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
        super().__init__(f"{_printed(folder)}: {problem}")


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
            f"It holds another run: {differs} {found}, not {wanted}. "
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
            f"The disk is full; {_printed(path)} could not be written. What was recorded before "
            "is kept: free some space and run the same command again to go on from there."
        )


class UnwritableError(ErasebenchError):
    """A place in which nothing can be written.

    Attributes:
        path: what could not be written.
        reason: the system's words, e.g. `Permission denied`.
    """

    def __init__(self, path: Path, reason: str) -> None:
        """Says how another place is chosen."""
        self.path = path
        self.reason = reason
        super().__init__(
            f"{_printed(path)} cannot be written: {reason}. Make it writable, or choose another "
            "place: with --output, and for the cache with XDG_CACHE_HOME."
        )


class ResultError(ErasebenchError):
    """A result file that does not hold what it must.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, problem: str) -> None:
        """Puts the path before the problem, which names the field and what it must hold."""
        self.path = path
        super().__init__(f"{_printed(path)}: {problem}")


class CalibrationError(ErasebenchError):
    """The unedited base's pictures are not recognised here as they were when references were made.

    Attributes:
        found: recognised share here.
        low, high: the interval of the stored share.
        n: pictures.
    """

    def __init__(self, *, found: float, low: float, high: float, n: int) -> None:
        """Tells both and where to look."""
        self.found = found
        self.low = low
        self.high = high
        self.n = n
        super().__init__(
            f"Of {n} pictures that the unedited base drew here, the judge recognises "
            f"{100 * found:.0f} %; by the protocol's references it is {100 * low:.0f} to "
            f"{100 * high:.0f} %. Something else than the submission differs: compare driver and "
            "versions of torch, diffusers and transformers with constraints.txt, or evaluate "
            "with --device cpu."
        )


class ProtocolError(ErasebenchError):
    """A protocol's own parts are not what it pins.

    Attributes:
        part: the model or file, as the protocol names it.
    """

    def __init__(self, part: str, problem: str) -> None:
        """Puts the part before the problem."""
        self.part = part
        super().__init__(f"{part}: {problem}")


def quoted(found: object) -> str:
    """Something out of a file, as it may stand in a message: in one line, and short."""
    return _short(repr(found))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _printed(path: Path) -> str:
    """A path, quoted where its own letters would disturb a terminal."""
    return str(path) if str(path).isprintable() else repr(str(path))


def _some(names: tuple[str, ...]) -> str:
    """The first few names, and how many more there are."""
    rest = len(names) - _SHOWN
    return ", ".join(map(_short, names[:_SHOWN])) + (f" and {rest} more" if rest > 0 else "")
