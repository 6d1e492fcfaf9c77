"""A digit without a pointer: the keys that the pen passes, typed → strokes on the canvas.

The keys 1 to 9 stand as on a telephone, 1 2 3 on top. Nine places that everybody knows are enough for all ten digits,
can be said aloud, and need neither sight nor a steady hand: any keyboard, switch or speech input that types will do.
"""

import itertools

import numpy as np

from mnist_core.errors import InputError
from mnist_core.language import gettext
from mnist_core.preprocessing.strokes import CANVAS_SIDE, Strokes

# The keys that write each digit, 0 to 9; one way of many.
EXAMPLES = ("26842", "28", "12679", "13597", "146 39", "314597", "247864", "137", "5315975", "6214569")
MOST_KEYS = 100
# Where the keys stand, in pixels of the canvas; handwritten digits are taller than wide.
COLUMNS = (0.25 * CANVAS_SIDE, 0.50 * CANVAS_SIDE, 0.75 * CANVAS_SIDE)
ROWS = (0.15 * CANVAS_SIDE, 0.50 * CANVAS_SIDE, 0.85 * CANVAS_SIDE)
POINTS_A_KEY = 8


def strokes_from_keys(text: str) -> Strokes:
    """Writes a digit by the keys that the pen passes; between them the line bends smoothly, as a hand does.

    A space lifts the pen: `137` is a seven, `146 39` a four. A key that comes twice in a row, as a shaking hand types
    it, counts once. Returns arrays float64 `[points, 2]`, in pixels of the canvas, none for an empty text; raises
    InputError where the text holds something else, a stroke of a single key, or too many keys.
    """
    if len(text) > MOST_KEYS:
        raise InputError(
            gettext(
                "That is more than {most_keys} keys; type those of one digit, such as {examples} for a 7.",
                most_keys=MOST_KEYS,
                examples=EXAMPLES[7],
            )
        )
    if unknown := next((character for character in text if character not in "123456789 "), ""):
        raise InputError(
            gettext(
                "The key {unknown!r} is not one of 1 to 9; type those of one digit, such as {examples} for a 7.",
                unknown=unknown,
                examples=EXAMPLES[7],
            )
        )
    return [_bend(np.array(places)) for places in _places(text)]


def _places(text: str) -> list[list[tuple[float, float]]]:
    strokes = []
    for number, keys in enumerate(text.split(), 1):
        passed = [divmod(int(key) - 1, 3) for key, _ in itertools.groupby(keys)]
        if len(passed) < 2:
            raise InputError(
                gettext(
                    "Stroke {number} never leaves the key {keys}; a space lifts the pen, so type the keys "
                    "of a stroke without one, such as {examples} for a 7.",
                    number=number,
                    keys=keys[0],
                    examples=EXAMPLES[7],
                )
            )
        strokes.append([(COLUMNS[column], ROWS[row]) for row, column in passed])
    return strokes


def _bend(places: np.ndarray) -> np.ndarray:
    """Leads a smooth line through places `[keys, 2]`; one that ends where it began is a loop without a corner.

    The method: E. Catmull and R. Rom, "A class of local interpolating splines", 1974. The slope at a place is half of
    the way from the one before to the one after; the ends have only themselves beyond them.
    """
    first, last = (places[-2], places[1]) if (places[0] == places[-1]).all() else (places[0], places[-1])
    slopes = (np.vstack([places[1:], last]) - np.vstack([first, places[:-1]])) / 2
    t = np.linspace(0, 1, POINTS_A_KEY, endpoint=False)[:, np.newaxis]
    # Hermite's four weights: of the two ends of a piece and of the slopes there.
    start, end, leaving, arriving = 2 * t**3 - 3 * t**2 + 1, 3 * t**2 - 2 * t**3, t**3 - 2 * t**2 + t, t**3 - t**2
    pieces = [
        start * places[key] + end * places[key + 1] + leaving * slopes[key] + arriving * slopes[key + 1]
        for key in range(len(places) - 1)
    ]
    return np.vstack([*pieces, places[-1:]])
