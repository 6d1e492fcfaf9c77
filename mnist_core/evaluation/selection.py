"""Which of the judged images are looked at: those behind a cell, a total or a figure."""

import re
from dataclasses import dataclass

import numpy as np

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.formatting import count, several, with_article

_CHOICE = re.compile(r"([0-9]?)-([0-9]?)(-all)?")


@dataclass(frozen=True)
class Selection:
    """The images behind a cell (`actual` and `predicted`), a row or column (one of them), or all."""

    actual: int | None = None  # any digit if None
    predicted: int | None = None
    mistakes_only: bool = True

    @property
    def choice(self) -> str:
        """The short form that stands in what can be pressed: `4-9`, `4-`, `-9-all`."""
        digits = ("" if digit is None else str(digit) for digit in (self.actual, self.predicted))
        return "-".join(digits) + ("" if self.mistakes_only else "-all")

    @classmethod
    def from_choice(cls, choice: str) -> "Selection | None":
        """Reads the short form; None for any other text, since it comes back from a browser."""
        found = _CHOICE.fullmatch(choice)
        if found is None:
            return None
        actual, predicted = (int(digit) if digit else None for digit in found.groups()[:2])
        return cls(actual, predicted, found[3] is None)

    def covers(self, other: "Selection") -> bool:
        """Whether another selection is of the same cell, row or column, be it of all images or of the mistakes."""
        if (self.actual, self.predicted) == (None, None):
            return self == other
        return (self.actual, self.predicted) == (other.actual, other.predicted)

    def of(self, evaluation: Evaluation) -> np.ndarray:
        """The indices of these images, int64 `[M]`, the most confident first."""
        return evaluation.selected(self.actual, self.predicted, self.mistakes_only)

    def sentence(self, number: int) -> str:
        """`The 7 images of a 4 that are read as 9, the most confident first.`"""
        if self.actual is None and self.predicted is None:
            return self._sentence_of_all(number)
        if self.mistakes_only and self.actual is not None and self.actual == self.predicted:
            return f"{with_article(self.actual).capitalize()} that is read as {self.actual} is not a mistake."
        if not number:
            return f"There is no image {self._words(True)}."
        if number == 1:
            return f"The only image {self._words(True)}."
        return f"The {count(number)} images {self._words(False)}, the most confident first."

    def _sentence_of_all(self, number: int) -> str:
        if not self.mistakes_only:
            return f"All of {several(number, 'image')}, the most confident first."
        if not number:
            return "No mistakes: every image of this test set is read right."
        if number == 1:
            return "The only image that is read wrong."
        return f"All {count(number)} images that are read wrong. The most confident mistakes come first."

    def _words(self, one: bool) -> str:
        """`of a 4 that are read as 9`"""
        verb = "is" if one else "are"
        of = "" if self.actual is None else f"of {with_article(self.actual)} "
        if self.predicted is None:
            return f"{of}that {verb} read as another digit" if self.mistakes_only else of.strip()
        read = f"that {verb} read as {self.predicted}"
        if self.mistakes_only and self.actual is None:
            return f"{of}{read} but {verb} another digit"
        return f"{of}{read}"
