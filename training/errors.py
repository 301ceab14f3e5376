"""The package's exceptions: what was wrong, and how to fix it."""


class HomeworkError(Exception):
    """Base of every error that a user can cause and fix.

    Args:
        message: What was wrong, where, what was expected and what was found.
        hint: What to do about it; printed on a line of its own.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class DataError(HomeworkError):
    """A data set, an index file or an image can't be used."""


class StudyError(HomeworkError):
    """A study file, preset, section, experiment or override is wrong."""


class RecordError(HomeworkError):
    """A record under `runs/` can't be read or written."""


class WeightsError(HomeworkError):
    """Pre-trained weights aren't available or don't fit the model."""


class DeviceError(HomeworkError):
    """The requested device isn't available."""
