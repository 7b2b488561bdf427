"""What goes wrong while something is computed, and on what."""

from __future__ import annotations

from erasebench.errors.root import ErasebenchError


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
