"""Which of the judged images are looked at: those behind a cell, a total or a figure."""

import re
from dataclasses import dataclass

import numpy as np

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.formatting import count, with_article
from mnist_core.language import gettext, ngettext

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
            sentence = gettext(
                "{digit} that is read as {number} is not a mistake.",
                digit=with_article(self.actual),
                number=self.actual,
            )
            return sentence[0].upper() + sentence[1:]
        which = self._which(number)
        if not number:
            return gettext("There is no image {which}.", which=which)
        if number == 1:
            return gettext("The only image {which}.", which=which)
        return gettext("The {number} images {which}, the most confident first.", number=count(number), which=which)

    def _sentence_of_all(self, number: int) -> str:
        if not self.mistakes_only:
            return gettext(
                "All of {images}, the most confident first.",
                images=ngettext("{number} image", "{number} images", number, number=count(number)),
            )
        if not number:
            return gettext("No mistakes: every image of this test set is read right.")
        if number == 1:
            return gettext("The only image that is read wrong.")
        return gettext(
            "All {number} images that are read wrong. The most confident mistakes come first.", number=count(number)
        )

    def _which(self, number: int) -> str:
        """`of a 4 that are read as 9`; of no image as of one."""
        actual, number = "" if self.actual is None else with_article(self.actual), max(number, 1)
        if self.predicted is None:
            if not self.mistakes_only:
                return ngettext("of {actual}", "of {actual}", number, actual=actual)
            return ngettext(
                "of {actual} that is read as another digit",
                "of {actual} that are read as another digit",
                number,
                actual=actual,
            )
        if actual:
            return ngettext(
                "of {actual} that is read as {digit}",
                "of {actual} that are read as {digit}",
                number,
                actual=actual,
                digit=self.predicted,
            )
        if self.mistakes_only:
            return ngettext(
                "that is read as {digit} but is another digit",
                "that are read as {digit} but are another digit",
                number,
                digit=self.predicted,
            )
        return ngettext("that is read as {digit}", "that are read as {digit}", number, digit=self.predicted)
