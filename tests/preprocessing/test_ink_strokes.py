import numpy as np
import pytest

from mnist_core.preprocessing import ink_strokes
from mnist_core.preprocessing.strokes import paint
from tests.conftest import simple_strokes


def inked(*strokes: list[list[float]], pen: float = 8) -> np.ndarray:
    return paint([np.array(stroke, np.float64) for stroke in strokes], 120, 120, pen, 2)


def test_a_line_is_one_stroke_from_end_to_end() -> None:
    (stroke,) = ink_strokes.trace(inked([[20, 20], [20, 100]]))
    assert np.ptp(stroke[:, 0]) < 3
    assert np.ptp(stroke[:, 1]) == pytest.approx(80, abs=6)


def test_where_lines_cross_each_goes_on_straight() -> None:
    strokes = ink_strokes.trace(inked([[20, 20], [100, 100]], [[100, 20], [20, 100]]))
    assert len(strokes) == 2
    assert all((np.ptp(stroke, axis=0) > 70).all() for stroke in strokes)


def test_a_ring_comes_back_to_where_it_began() -> None:
    angles = np.linspace(0, 2 * np.pi, 60)
    ring = (60 + 40 * np.stack([np.cos(angles), np.sin(angles)], axis=1)).tolist()
    strokes = ink_strokes.trace(inked(ring))
    points = np.concatenate(strokes)
    assert len(strokes) == 1
    assert np.linalg.norm(strokes[0][0] - strokes[0][-1]) < 6
    radius = np.linalg.norm(points - points.mean(axis=0), axis=1)
    assert radius.min() > 34 and radius.max() < 46


def test_a_loop_that_the_pen_has_filled_is_opened() -> None:
    stem: list[list[float]] = [[60, 20], [60, 60]]
    rubbed: list[list[float]] = [[60 + x, 75 + y] for x in range(-14, 15, 4) for y in (-8, 8)]
    strokes = ink_strokes.trace(inked(stem, rubbed))
    below = [stroke[stroke[:, 1] > 45] for stroke in strokes]
    assert max(np.ptp(part[:, 0]) for part in below if len(part)) > 15


def test_a_touch_of_the_pen_is_a_point() -> None:
    assert np.concatenate(ink_strokes.trace(inked([[60, 60], [60, 60]]))).shape[1] == 2


@pytest.mark.parametrize("digit", range(10))
def test_painted_again_a_digit_is_where_it_was(digit: int) -> None:
    ink = paint([stroke + 10 for stroke in simple_strokes(digit)], 120, 120, 9, 2)
    box = ink[ink.any(axis=1)][:, ink.any(axis=0)]
    again = paint(ink_strokes.trace(ink), box.shape[1], box.shape[0], 9, 2)
    both = (box >= 128) & (again >= 128)
    assert both.sum() > 0.8 * ((box >= 128) | (again >= 128)).sum()
