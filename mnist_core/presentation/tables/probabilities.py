"""Ten probabilities as bars that are drawn again with each movement of a pen: HTML, which costs next to nothing."""

from collections.abc import Sequence
from typing import NamedTuple

from mnist_core.formatting import confidence
from mnist_core.language import N_, gettext
from mnist_core.presentation.markup import part

PROBABILITY_BARS_SHOW = N_("Ten bars, one for each digit: how probable it is; the most probable is marked")
LEAST_SAID = 0.01  # next to nothing needs no number beside its bar


class _Bar(NamedTuple):
    share: str  # of the full length
    words: str
    is_highest: bool


def probability_table(probabilities: Sequence[float], digit: int | None) -> str:
    """HTML of ten bars; that of `digit`, the most probable one, is coloured and marked."""
    bars = [
        _Bar(f"{one:.3f}", _words(one, number == digit), number == digit) for number, one in enumerate(probabilities)
    ]
    return part("probabilities.html", "shown", bars, gettext(PROBABILITY_BARS_SHOW))


def _words(probability: float, is_highest: bool) -> str:
    return confidence(probability) if is_highest or probability >= LEAST_SAID else ""
