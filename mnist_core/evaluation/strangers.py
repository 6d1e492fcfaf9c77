"""How a shipped model judges people of places that it never learned from, and never was calibrated by."""

from dataclasses import dataclass
from typing import Self

from mnist_core.errors import InputError
from mnist_core.files.records import NewerError, Record
from mnist_core.language import gettext
from mnist_core.runs.run import Run

FILE_NAME = "strangers.json"


@dataclass(frozen=True)
class Strangers(Record):
    """What was measured when the model was released, on drawings by hand."""

    places: int  # where they were written
    digits: int  # how many digits
    doubted: float  # share of them that is given as unsure or as no digit
    signs: int  # how many letters and signs, without those that look like a digit
    caught: float  # share of them that is not given as a digit, nor as a number

    def __post_init__(self) -> None:
        counted = self.places > 0 and self.digits > 0 and self.signs > 0
        if not (counted and 0 <= self.doubted <= 1 and 0 <= self.caught <= 1):
            raise InputError(
                gettext("What strangers' drawings showed must be counts above 0 and shares between 0 and 1.")
            )

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """What came with a run; None where nothing did, or it is damaged."""
        try:
            return cls.load(run.folder / FILE_NAME)
        except NewerError:
            raise
        except InputError:
            return None
