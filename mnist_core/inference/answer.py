"""What the lab says honestly to one drawing, taken as one digit."""

from dataclasses import dataclass, replace

import numpy as np

from mnist_core.formatting import confidence, with_article
from mnist_core.inference.calibration import DIGIT_VERDICTS, Calibration, two_best
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES

# What is no digit resembles its most probable one where that has so much; below, all ten are much alike.
LEAST_OF_NEAREST = 0.4
# A second digit is a rival where it has at least half of what the first leaves. What is no digit has all ten alike:
# where no second one stands out, that is the doubt.
LEAST_OF_SECOND = 0.5


@dataclass(frozen=True)
class Answer:
    """What the lab says to one drawing, taken as one digit."""

    verdict: str  # one of `VERDICTS`
    sentence: str  # the same for people
    # The most probable digit, whatever the verdict is; None only where there is nothing to classify.
    digit: int | None = None
    probability: float = 0.0  # its calibrated probability; 0 where there is none
    probabilities: tuple[float, ...] = (0.0,) * CLASSES  # all ten, or ten zeros

    @classmethod
    def of(cls, probabilities: np.ndarray, calibration: Calibration) -> "Answer":
        """Answers with calibrated probabilities float `[10]`."""
        row = probabilities[np.newaxis]
        first, second = (int(digits[0]) for digits in two_best(row))
        one, other = float(probabilities[first]), float(probabilities[second])
        verdict = str(DIGIT_VERDICTS[calibration.verdicts(row)[0]])
        sentence = {
            "digit": gettext("{digit}, {sure} sure.", digit=_beginning(with_article(first)), sure=confidence(one)),
            "unsure": _unsure(first, one, second, other),
            "not a digit": gettext("Not a digit, it seems. It looks most like {digit}.", digit=with_article(first)),
        }[verdict]
        if verdict == "not a digit" and one < LEAST_OF_NEAREST:
            sentence = gettext("Not a digit, it seems.")
        return cls(verdict, sentence, first, one, tuple(probabilities.tolist()))

    def spoken(self) -> "Answer":
        """The same, where its sentence is a constant, in the language that is spoken."""
        return replace(self, sentence=gettext(self.sentence))

    @property
    def shown(self) -> str:
        """What is given as the answer: the digit, or `–` where the lab gives none."""
        return str(self.digit) if self.verdict in ("digit", "unsure") else "–"


def _unsure(first: int, one: float, second: int, other: float) -> str:
    if other < (1 - one) * LEAST_OF_SECOND:
        return gettext("Unsure: {first} ({one}), or no digit at all.", first=first, one=confidence(one))
    return gettext(
        "Unsure: {first} ({one}) or {second} ({other}).",
        first=first,
        one=confidence(one),
        second=second,
        other=confidence(other),
    )


def _beginning(words: str) -> str:
    """Words as they begin a sentence."""
    return words[:1].upper() + words[1:]


VERDICTS = (*DIGIT_VERDICTS, "more than one digit", "too little ink", "nothing drawn")
NOTHING_DRAWN = Answer("nothing drawn", N_("Nothing drawn yet."))
NO_INK = Answer("nothing drawn", N_("No ink found in this picture; use a darker pen or a plain background."))
TOO_LITTLE_INK = Answer("too little ink", N_("Too little ink to read; draw the digit larger."))
