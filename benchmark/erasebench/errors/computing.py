"""Failures of computations, settings and devices."""

from __future__ import annotations

from erasebench.errors.base import ErasebenchError


class SettingError(ErasebenchError):
    """An invalid value of a method's setting.

    Attributes:
        setting: its name.
        value: the value given.
    """

    def __init__(self, setting: str, value: str, allowed: str) -> None:
        self.setting = setting
        self.value = value
        super().__init__(f"The setting {setting} is {value!r}: {allowed}.")


class PromptTooLongError(ErasebenchError):
    """A prompt with more tokens than the text encoder reads; the tail would be dropped.

    Attributes:
        prompt: the prompt.
    """

    def __init__(self, prompt: str, tokens: int, limit: int) -> None:
        self.prompt = prompt
        super().__init__(
            f"The prompt {prompt!r} has {tokens} tokens including start and end, but the text "
            f"encoder reads {limit}. Shorten it."
        )


class DivergedError(ErasebenchError):
    """A training whose loss is NaN or infinite.

    Attributes:
        update: the update at which it was noticed, from 0.
    """

    def __init__(self, update: int) -> None:
        self.update = update
        super().__init__(
            f"The training diverged: its loss is NaN or infinite at update {update}. For `erase`, "
            "lower the learning rate with --set learning_rate=…. The learning rate of a probe is "
            "fixed; if a probe diverges, the weights are broken."
        )


class OverflowedError(ErasebenchError):
    """Finite weights that produce NaN or infinity, so there is no image to judge."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} contains NaN or infinity, so there is no image to judge. Values are too large "
            "for the precision: train with a lower learning rate, or clip the gradients."
        )


class DeviceError(ErasebenchError):
    """A device that this machine does not have.

    Attributes:
        device: the requested device.
        available: the devices of this machine.
    """

    def __init__(self, device: str, available: tuple[str, ...]) -> None:
        self.device = device
        self.available = available
        super().__init__(
            f"This machine has no device {device!r}. Choose --device from: {', '.join(available)}."
        )
