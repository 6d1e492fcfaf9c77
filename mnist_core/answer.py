"""What the lab says honestly to one drawing, taken as one digit."""

from dataclasses import dataclass

import numpy as np

from mnist_core.calibration import Calibration
from mnist_core.layers import CLASSES
from mnist_core.phrases import confidence, with_article


@dataclass(frozen=True)
class Answer:
    """What the lab says to one drawing, taken as one digit.

    Attributes:
        verdict: One of `VERDICTS`.
        sentence: The same for people.
        digit: The most probable digit, whatever the verdict is; None only where there is nothing to classify.
        probability: Its calibrated probability; 0 where there is none.
        probabilities: All ten, or ten zeros.
    """

    verdict: str
    sentence: str
    digit: int | None = None
    probability: float = 0.0
    probabilities: tuple[float, ...] = (0.0,) * CLASSES

    @property
    def shown(self) -> str:
        """What is given as the answer: the digit, or `–` where the lab gives none."""
        return str(self.digit) if self.verdict in ("digit", "unsure") else "–"


VERDICTS = ("digit", "unsure", "not a digit", "more than one digit", "too little ink", "nothing drawn")
NOTHING_DRAWN = Answer("nothing drawn", "Nothing drawn yet.")
NO_INK = Answer("nothing drawn", "No ink found in this picture; use a darker pen or a plain background.")
TOO_LITTLE_INK = Answer("too little ink", "Too little ink to read; draw the digit larger.")


def judge(probabilities: np.ndarray, calibration: Calibration) -> Answer:
    """Gives the verdict on calibrated probabilities float `[10]`."""
    second, first = (int(digit) for digit in np.argsort(probabilities)[-2:])
    one, other = float(probabilities[first]), float(probabilities[second])
    values = tuple(float(value) for value in probabilities)
    if one + other < calibration.two:
        return Answer("not a digit", f"Not a digit, it seems; {with_article(first)} comes nearest.", first, one, values)
    if one < calibration.sure:
        sentence = f"Unsure: {first} ({confidence(one)}) or {second} ({confidence(other)})."
        return Answer("unsure", sentence, first, one, values)
    sentence = f"{with_article(first).capitalize()}, {confidence(one)} sure."
    return Answer("digit", sentence, first, one, values)
