"""Strokes of several digits, taken apart by the boxes of the digits."""

import numpy as np

from mnist_core.preprocessing.segmentation import Box
from mnist_core.preprocessing.stroke_pieces import pieces_within

LEFT, RIGHT = Box(0, 0, 100, 200), Box(120, 0, 220, 200)


def line(start: tuple[float, float], end: tuple[float, float], points: int = 21) -> np.ndarray:
    return np.linspace(start, end, points)


def test_each_box_gets_its_own_strokes() -> None:
    strokes = [line((10, 10), (90, 190)), line((130, 10), (130, 190)), line((50, 0), (50, 50))]
    left, right = pieces_within(strokes, [LEFT, RIGHT])
    assert [one is other for one, other in zip(left, (strokes[0], strokes[2]), strict=True)] == [True, True]
    assert right[0] is strokes[1] and len(right) == 1


def test_a_stroke_that_reaches_a_little_into_its_neighbour_stays_whole() -> None:
    stroke = line((10, 100), (125, 100))
    assert [len(found) for found in pieces_within([stroke], [LEFT, RIGHT])] == [1, 0]


def test_a_stroke_through_two_digits_is_cut_between_them() -> None:
    stroke = line((10, 100), (210, 100), 41)
    (left,), (right,) = pieces_within([stroke], [LEFT, RIGHT])
    assert left[:, 0].max() <= 110 <= right[:, 0].min()
    assert len(left) + len(right) == 41
