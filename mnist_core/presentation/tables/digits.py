"""The digits of one drawing as HTML in which each can be pressed, to say what it was."""

from collections.abc import Sequence

from mnist_core.inference.reading import Part
from mnist_core.language import gettext
from mnist_core.presentation.markup import render
from mnist_core.presentation.pictures import source


def digits_table(digits: Sequence[Part], kept: Sequence[str], chosen: int | None = None) -> str:
    """Pictures that can be pressed, in rows that wrap; what is pressed reports the digit's place, from 0.

    Args:
        digits: In reading order.
        kept: As what each was kept, in words such as `a 7`; empty where it was not.
        chosen: The place of the one whose label is asked for.
    """
    shown = [
        {
            "choice": str(place),
            "source": source(digit.image),
            "sentence": digit.answer.sentence,
            "kept": words,
            "label": _label(place + 1, digit.answer.sentence, words),
            "current": place == chosen,
        }
        for place, (digit, words) in enumerate(zip(digits, kept, strict=True))
    ]
    return render("digits.html", digits=shown)


def _label(place: int, sentence: str, kept: str) -> str:
    if kept:
        return gettext("Digit {place}. {sentence} Kept as {digit}.", place=place, sentence=sentence, digit=kept)
    return gettext("Digit {place}. {sentence}", place=place, sentence=sentence)
