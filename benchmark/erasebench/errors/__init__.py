"""Expected failures, as one tree.

    ErasebenchError
    ├── UnknownNameError        an unknown name of a concept, probe, protocol, …
    ├── RequestError            an invalid request
    ├── PathError               a failure at a path
    │   ├── CheckpointError         a checkpoint that is not an edit of its base
    │   │   ├── PickleRefusedError      a file that can run code when read
    │   │   ├── TensorMismatchError     missing, unknown or misshaped tensors
    │   │   ├── NonFiniteError          tensors with NaN or infinity
    │   │   ├── EmptyDiffError          no difference from the base
    │   │   └── WrongBaseError          made for another base
    │   ├── ResultError             an invalid result file
    │   └── SeasonError             an invalid season file
    ├── ManifestError           an invalid manifest (in manifest.errors)
    │   └── UnpinnedError           without commits and files
    ├── HubError                a failed or unexpected answer of the Hub (in hub.errors)
    │   ├── HubAccessError          gated or private, and access denied
    │   ├── HubMissingError         no such repository, commit or file
    │   ├── HubOfflineError         not downloaded, and the Hub cannot be reached
    │   └── HubChangedError         a file with another digest than pinned
    ├── GithubError             a failed or unexpected answer of GitHub (in github.client)
    ├── NotSubmittedError       a change that is not exactly one manifest (in github.client)
    ├── SettingError            an invalid value of a method's setting
    ├── PromptTooLongError      more tokens than the text encoder reads
    ├── DivergedError           a training whose loss is NaN or infinite
    ├── OverflowedError         weights that produce NaN or infinity
    ├── DeviceError             a device that this machine does not have
    ├── NoExamplesError         a data set without the concept (in classifier_training.data_set)
    ├── LabelsError             labels of unknown meaning (in classifier_training.labelling)
    ├── NoPhotographsError      a folder without labelled photographs (in pictogram.photographs)
    ├── ClassifierFileError     not a latent classifier (in diffusion.latent_classifier_file)
    ├── ReleasedClassifierError not a released one (in diffusion.released_classifier)
    ├── RunFolderError          an output folder that cannot be used
    │   ├── RunFolderTakenError     it holds another run
    │   └── RunLockedError          another process uses it
    ├── DiskFullError           no space left
    ├── UnwritableError         a path that cannot be written
    ├── CalibrationError        this machine does not reproduce the reference of the base
    └── ProtocolError           a model that differs from the protocol's pin

The command line prints the message of any of these without a traceback and exits with 2; other
exceptions are bugs and keep their traceback. A message says what was found, what is allowed and
what to do next. The attributes hold the same facts for programs.
"""

from __future__ import annotations

from erasebench.errors.base import ErasebenchError, PathError, RequestError, UnknownNameError
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
    "PathError",
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
