import numpy as np
import pytest
from scipy import ndimage

from mnist_core.preprocessing.ink import bounds, pen_width, tight_box, with_moved_outline
from mnist_core.preprocessing.strokes import paint
from tests.conftest import simple_strokes


def test_bounds_are_the_rows_and_columns_with_ink() -> None:
    ink = np.zeros((10, 12), bool)
    ink[2, 3] = ink[6, 9] = True
    assert bounds(ink) == (slice(2, 7), slice(3, 10))
    assert bounds(np.zeros((5, 5), np.uint8)) == (slice(0, 0), slice(0, 0))


def test_tight_box_cuts_exactly_to_the_ink() -> None:
    ink = np.zeros((10, 12), np.uint8)
    ink[2, 3], ink[6, 9] = 1, 255
    box = tight_box(ink)
    assert box.shape == (5, 7)
    assert box[0, 0] == 1
    assert box[-1, -1] == 255


def test_tight_box_of_nothing_is_empty() -> None:
    assert tight_box(np.zeros((5, 5), np.uint8)).size == 0


# --- The pen -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pen", [4, 10, 25, 40])
def test_the_width_of_a_pen_is_estimated(pen: int) -> None:
    for digit in (1, 3, 7, 8):
        ink = paint([stroke * 3 + 30 for stroke in simple_strokes(digit)], 340, 340, pen) > 127
        assert pen_width(ink) == pytest.approx(pen, rel=0.15, abs=0.5)
    assert pen_width(np.zeros((5, 5), bool)) == 0


def test_moving_the_outline_makes_a_line_wider_or_thinner_by_twice_as_much() -> None:
    ink = np.zeros((100, 60), bool)
    ink[20:80, 20:40] = True
    for change in (-7.5, -3, 0, 2.25, 6):
        moved = with_moved_outline(ink, change, 8)
        assert moved[50].sum() / 255 == pytest.approx(20 + 2 * change, abs=0.1)


def test_a_thin_line_does_not_vanish_when_a_thick_one_is_made_thinner() -> None:
    ink = np.zeros((160, 160), bool)
    ink[10:60, 10:150] = True
    ink[60:150, 120:126] = True  # the leg of a 7, much thinner than its bar
    moved = with_moved_outline(ink, -15, 8) > 127
    assert moved[30:140, 115:130].any(axis=1).all()
    assert ndimage.label(moved)[1] == 1
    assert moved.sum() < ink.sum()


def test_a_loop_does_not_close_when_the_pen_is_made_wider() -> None:
    rows, columns = np.mgrid[:100, :100]
    distance = np.hypot(rows - 50, columns - 50)
    ring = (distance < 20) & (distance > 12)
    moved = with_moved_outline(ring, 15, 8) > 127
    assert not moved[50, 50]
    assert moved.sum() > 1.3 * ring.sum()
    grain = ring.copy()
    grain[50, 66] = False  # a hole of one pixel does not count
    assert with_moved_outline(grain, 3, 8)[50, 66] == 255
