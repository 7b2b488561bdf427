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
    ├── GithubError             what GitHub does not give, or not as it must (in github.errors)
    ├── NotSubmittedError       a change that is not one manifest alone (in github.errors)
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
    ├── SeasonError             a season's file that does not hold what it must
    ├── CalibrationError        this machine does not draw the base as the references have it
    └── ProtocolError           a protocol's own parts are not what it pins

The command line prints the message of any of these without a traceback and exits with 2; whatever
else is raised is a bug and keeps its traceback. A message says what was found, what is allowed and
what to do next. The attributes hold the same facts for programs.
"""

from __future__ import annotations

from erasebench.errors.asking import RequestError, UnknownNameError
from erasebench.errors.checkpoint import (
    CheckpointError,
    EmptyDiffError,
    NonFiniteError,
    PickleRefusedError,
    TensorMismatchError,
    WrongBaseError,
)
from erasebench.errors.computing import (
    DeviceError,
    DivergedError,
    OverflowedError,
    PromptTooLongError,
    SettingError,
)
from erasebench.errors.files import (
    CalibrationError,
    DiskFullError,
    ProtocolError,
    ResultError,
    RunFolderError,
    RunFolderTakenError,
    RunLockedError,
    SeasonError,
    UnwritableError,
)
from erasebench.errors.root import ErasebenchError
from erasebench.errors.wording import quoted

__all__ = [
    "CalibrationError",
    "CheckpointError",
    "DeviceError",
    "DiskFullError",
    "DivergedError",
    "EmptyDiffError",
    "ErasebenchError",
    "NonFiniteError",
    "OverflowedError",
    "PickleRefusedError",
    "PromptTooLongError",
    "ProtocolError",
    "RequestError",
    "ResultError",
    "RunFolderError",
    "RunFolderTakenError",
    "RunLockedError",
    "SeasonError",
    "SettingError",
    "TensorMismatchError",
    "UnknownNameError",
    "UnwritableError",
    "WrongBaseError",
    "quoted",
]
