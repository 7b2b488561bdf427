"""A checkpoint that is not an edit of its base."""

from __future__ import annotations

import difflib
import shlex
from pathlib import Path

from erasebench.errors.base import PathError
from erasebench.errors.wording import printed, short, some


class CheckpointError(PathError):
    """A checkpoint that is not an edit of its base."""


class PickleRefusedError(CheckpointError):
    """A file that can run code when read; the message gives a command that converts it.

    Attributes:
        pickles: all pickles that the checkpoint needs; the first is the error's path.
    """

    def __init__(
        self, path: Path, folder: Path | None = None, others: tuple[Path, ...] = ()
    ) -> None:
        """Makes the command.

        Args:
            path: the pickle.
            folder: the given folder, if any; the command then works on a copy.
            others: further pickles in it that are needed.
        """
        if folder is None:
            start = ""
            files = [(path, Path(path.with_suffix(".safetensors").name))]
        else:
            own = Path(f"{folder.resolve().name}-safetensors")
            # In a Hub cache files are links; elsewhere a link may lead anywhere.
            cached = any(place.name == "snapshots" for place in folder.resolve().parents)
            copy = ["cp", "-rL" if cached else "-r", "--", printed(folder), printed(own)]
            start = f"{shlex.join(copy)} && "
            copies = [own / file.relative_to(folder) for file in (path, *others)]
            files = [(file, file.with_suffix(".safetensors")) for file in copies]
        self.pickles = (path, *others)
        super().__init__(
            path,
            "This is a pickle, which can run code when it is read; only safetensors are read. "
            f"If you trust it, convert it: {start}{conversion(files)}",
        )


def conversion(files: list[tuple[Path, Path]]) -> str:
    """A command that converts pickles to safetensors; of a training checkpoint, its `state_dict`.

    Args:
        files: each pickle and its safetensors file.
    """
    words = [printed(file) for pair in files for file in pair]
    return (
        'python -c "import sys, torch; from safetensors.torch import save_file; '
        "load = lambda path: torch.load(path, map_location='cpu', weights_only=True); "
        "own = lambda found: found.get('state_dict', found); "
        "[save_file({name: value.clone().contiguous() for name, value in "
        "own(load(old)).items() if torch.is_tensor(value)}, new) "
        f'for old, new in zip(sys.argv[1::2], sys.argv[2::2])]" {shlex.join(words)}'
    )


class TensorMismatchError(CheckpointError):
    """Missing, unknown or misshaped tensors.

    Attributes:
        missing: names that the base has and the checkpoint lacks.
        unknown: names that the base does not have.
        misshaped: (name, shape found, shape of the base).
        nearest: the base's name most similar to the first unknown one, or None.
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
        """Lists the first few names of each kind and counts the rest.

        Args:
            path: the checkpoint.
            base: the base that it was compared with, as text.
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
        hint = f"; nearest to {short(unknown[0])} is {self.nearest}" if self.nearest else ""
        shapes = tuple(
            f"{name} is {list(found)}, not {list(wanted)}" for name, found, wanted in misshaped
        )
        parts = [
            f"{len(names)} {what} ({some(names)})"
            for what, names in (("missing", missing), ("unknown", unknown), ("misshaped", shapes))
            if names
        ]
        super().__init__(
            path,
            f"The tensors do not match {base}: {'; '.join(parts)}{hint}. Every tensor must have a "
            "name and shape of the base's UNet or text encoder. Save the edited model with "
            "save_pretrained, or choose its protocol with --protocol.",
        )


class NonFiniteError(CheckpointError):
    """Tensors with NaN or infinity.

    Attributes:
        names: the tensors.
    """

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(
            path,
            f"{len(names)} tensors contain NaN or infinity ({some(names)}); all values must be "
            "finite. Train with a lower learning rate, or save in a wider dtype than fp16.",
        )


class EmptyDiffError(CheckpointError):
    """A checkpoint equal to its base."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            "No tensor differs from the base, so nothing was erased. Check that you saved the "
            "edited model and not the original.",
        )


class WrongBaseError(CheckpointError):
    """A diff that was made for another base.

    Attributes:
        found: digest of the base that the diff names.
        wanted: digest of the protocol's base.
    """

    def __init__(self, path: Path, found: str, wanted: str) -> None:
        self.found = found
        self.wanted = wanted
        super().__init__(
            path,
            f"The diff was made for base {found[:12]}, but this protocol's base is {wanted[:12]}. "
            "Make it again from this base, or choose its own protocol.",
        )
