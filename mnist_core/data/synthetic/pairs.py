"""Two digits of one hand, close together, as what is no digit: a number has to be taken apart before it is read.

A network that never sees two digits at once is often sure of one: it takes many a 20 or 08 whose ink touches for an 8.
Taught to doubt them, it says of each way to cut a number's ink whether the pieces are digits.
"""

import numpy as np

from mnist_core.data.stroke_files import Handwriting, draw_pen, redraw
from mnist_core.mnist import SIDE
from mnist_core.preprocessing.pipeline import prepare
from mnist_core.preprocessing.strokes import Strokes

# Between the digits there is so much, in heights of the taller one; less than nothing where they overlap.
GAPS = (-0.06, 0.1)
# Two that are narrower together, in heights, may be one digit: two strokes drawn beside each other are a 1 to many.
NARROWEST = 0.8
MOST_TRIES = 100


def paint_pairs(drawn: Handwriting, number: int, random: np.random.Generator) -> np.ndarray:
    """Paints pairs of digits, each pair by one writer, with other pens and bends; uint8 `[number, 28, 28]`.

    None at all where the writers' digits are too narrow to stand for two.
    """
    images = np.zeros((number, SIDE, SIDE), np.uint8)
    for image in images:
        if (pair := _draw_pair(drawn, random)) is None:
            return images[:0]
        image[:] = prepare(redraw(pair, random), draw_pen(random))
    return images


def _draw_pair(drawn: Handwriting, random: np.random.Generator) -> Strokes | None:
    """Two digits of a writer side by side; None where chance finds none that are wide enough."""
    for _ in range(MOST_TRIES):
        writer = drawn.writers[random.integers(len(drawn))]
        left, right = random.choice(np.flatnonzero(drawn.writers == writer), 2)
        pair = side_by_side(drawn.strokes[left], drawn.strokes[right], random.uniform(*GAPS))
        width, height = np.ptp(np.concatenate(pair), axis=0)
        if width >= NARROWEST * height:
            return pair
    return None


def side_by_side(left: Strokes, right: Strokes, gap: float) -> Strokes:
    """Puts one drawing to the right of another, their middles level, `gap` times the taller one's height apart."""
    (low, high), (other_low, other_high) = _box(left), _box(right)
    height = max(high[1] - low[1], other_high[1] - other_low[1])
    moved = np.array([high[0] + gap * height - other_low[0], (low + high - other_low - other_high)[1] / 2])
    return [*left, *(stroke + moved for stroke in right)]


def _box(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)
