"""What a network says to a drawing, as one piece of HTML: it is made anew after each stroke of everybody who draws."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mnist_core.language import gettext
from mnist_core.presentation.markup import part
from mnist_core.presentation.pictures import figure
from mnist_core.presentation.tables.probabilities import probability_table

SIZE_OF_SEEN = 140  # pixels


class Said(NamedTuple):
    """Who answers, and what."""

    title: str  # `The shipped model says`
    shown: str  # in a few large letters
    sentence: str
    limit: str = ""  # what this model cannot do, in a sentence; empty where there is nothing to say


class OneDigit(NamedTuple):
    """What the network was shown, uint8 `[28, 28]`, and what it answered: ten probabilities, and the digit, if any."""

    image: np.ndarray
    probabilities: Sequence[float]
    digit: int | None


def answer(said: Said, one: OneDigit | None = None, other: Said | None = None, strokes: int | None = None) -> str:
    """HTML of an answer.

    Args:
        said: What is said, and by whom.
        one: The digit; None where there is none, or several.
        other: What another model says to the same.
        strokes: To how many strokes of a drawing. Who answers while the pen moves looks there whether the lab has, too.
    """
    from markupsafe import Markup

    picture = bars = Markup()
    if one:
        picture = Markup(figure(one.image, gettext("What the network sees"), SIZE_OF_SEEN))
        bars = Markup(probability_table(one.probabilities, one.digit))
    digit = one.digit if one else None
    about = ("" if number is None else number for number in (strokes, digit))
    return part("answer.html", "shown", said, other, picture, bars, *about)
