"""What was read: one digit, or several in rows, and signs among them."""

import itertools
from dataclasses import dataclass

import numpy as np

from mnist_core.inference.answer import Answer
from mnist_core.preprocessing.pipeline import Stages
from mnist_core.preprocessing.segmentation import Box

UNREADABLE = "?"
DIGIT, SIGN = "digit", "sign"


@dataclass(frozen=True)
class Part:
    """One digit of several, or a sign among them."""

    box: Box  # where it lies on the canvas or in the picture
    image: np.ndarray  # what the model sees of it, uint8 `[28, 28]`; empty for a sign, of which no model is asked
    answer: Answer
    row: int = 0  # which row of the sheet it stands in, from the top
    kind: str = DIGIT  # or `SIGN`
    sign: str = ""  # which sign it is, one of `signs.NAMES`; empty for a digit
    hangs_together: bool = False  # whether it meets its neighbours, or was cut from them
    is_cut: bool = False  # whether it was cut from its neighbours, in a picture or of strokes that touch
    pen: float = 0.0  # how wide the pen is there, of which half lies on each side of the box

    @property
    def shown(self) -> str:
        """What is given as the answer: the sign, the digit, or `?` where the lab gives none."""
        return self.sign or (UNREADABLE if self.answer.shown == "–" else self.answer.shown)


@dataclass(frozen=True)
class Reading:
    """What the lab says to a drawing."""

    answer: Answer  # the answer to the drawing taken as one; its verdict says if it is several digits
    stages: Stages | None = None  # its way to 28×28, taken as one; None where there is no ink
    # The digits, and signs among them, where there are several: row by row from the top, from left to right; else empty
    parts: tuple[Part, ...] = ()

    @property
    def digits(self) -> tuple[Part, ...]:
        """The parts that are digits, in reading order."""
        return tuple(part for part in self.parts if part.kind == DIGIT)

    @property
    def rows(self) -> tuple[tuple[Part, ...], ...]:
        """The parts of each row, from top to bottom; empty where there are not several."""
        return tuple(tuple(row) for _, row in itertools.groupby(self.parts, lambda part: part.row))

    @property
    def numbers(self) -> tuple[str, ...]:
        """The number that each row forms, from top to bottom, signs included and `?` for what is no digit."""
        return tuple("".join(part.shown for part in row) for row in self.rows)

    @property
    def number(self) -> str:
        """The numbers of all rows, separated by a space; empty where there are not several digits."""
        return " ".join(self.numbers)

    @property
    def shown(self) -> str:
        """What is given as the answer: a digit, a number, numbers separated by a space, or `–`."""
        return self.number or self.answer.shown


def is_given(reading: Reading) -> bool:
    """Whether every digit of it is given without a doubt."""
    if reading.parts:
        return all(part.answer.verdict == "digit" for part in reading.digits)
    return reading.answer.verdict == "digit"
