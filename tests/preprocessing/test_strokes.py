import math

import numpy as np
import pytest
from scipy import ndimage

from mnist_core.preprocessing.pipeline import from_strokes
from mnist_core.preprocessing.strokes import check_strokes, is_speck, paint, scale_strokes
from tests.conftest import simple_strokes


def test_the_pen_is_two_and_a_half_pixels_wide() -> None:
    for length in (30, 100, 900):
        upright = scale_strokes([np.array([[5, 5], [5, 5 + length]], float)])
        level = scale_strokes([np.array([[5, 5], [5 + length, 5]], float)])
        assert upright.shape == (20, 3)
        assert level.shape == (3, 20)
        assert upright[2:-2].sum(axis=1) / 255 == pytest.approx(2.5, abs=0.05)
        assert level[:, 2:-2].sum(axis=0) / 255 == pytest.approx(2.5, abs=0.05)
    slanted = scale_strokes([np.array([[0, 0], [100, 100]], float)])
    # Across a stroke at 45°, the ink of a row is √2 times as long.
    assert slanted[4:-4].sum(axis=1) / 255 == pytest.approx(2.5 * math.sqrt(2), abs=0.2)


def test_a_touch_of_the_pen_is_a_speck_and_a_digit_is_none() -> None:
    assert is_speck([])
    assert is_speck([np.array([[50.0, 50.0], [53.0, 54.0]])])
    assert not is_speck([np.array([[50.0, 50.0], [50.0, 90.0]])])
    assert not is_speck([np.array([[50.0, 50.0]]), np.array([[90.0, 50.0]])])


@pytest.mark.parametrize("radius", [6, 9, 12, 25])
@pytest.mark.parametrize("oversampling", [1, 2, 8])
def test_a_thick_bent_stroke_has_no_cracks(radius: int, oversampling: int) -> None:
    angle = np.linspace(0, math.pi, 7)  # a U of few points, bent tighter than the pen is wide at small radii
    bend = np.stack([100 + radius * np.cos(angle), 100 - radius * np.sin(angle)], axis=1)
    legs = [[100 + radius, 180.0]], [[100 - radius, 180.0]]
    ink = paint([np.vstack([legs[0], bend, legs[1]])], 200, 200, 24, oversampling) > 0
    assert ink.sum() > 2000
    holes = ndimage.binary_fill_holes(ink) & ~ink
    assert holes.sum() == 0


def test_sharp_corners_have_no_cracks() -> None:
    random_numbers = np.random.default_rng(0)
    for _ in range(20):
        turn, start = random_numbers.uniform(0.1, 2.9), random_numbers.uniform(0, 6)
        ends = [(150 + 80 * math.cos(start + side), 150 + 80 * math.sin(start + side)) for side in (0, turn)]
        ink = paint([np.array([ends[0], (150, 150), ends[1]])], 300, 300, 40, 1) > 0
        assert not (ndimage.binary_fill_holes(ink) & ~ink).any()
        # The outside of the corner is round: a whole disc of the pen stands on it.
        rows, columns = np.mgrid[:300, :300]
        assert ink[(rows - 150) ** 2 + (columns - 150) ** 2 < 18**2].all()


def test_check_strokes_reads_lists_and_leaves_out_empty_strokes() -> None:
    strokes = check_strokes([[[1, 2], [3, 4.5]], [], [[7, 8]]])
    assert [stroke.tolist() for stroke in strokes] == [[[1.0, 2.0], [3.0, 4.5]], [[7.0, 8.0]]]
    assert all(stroke.dtype == np.float64 for stroke in strokes)


def test_strokes_at_the_limits_are_still_read() -> None:
    assert len(check_strokes([[[1, 1]]] * 500)) == 500
    points = np.random.default_rng(0).uniform(-100_000, 100_000, (20_000, 2))
    stages = from_strokes(check_strokes([points.tolist()]))
    assert stages is not None
    assert stages.image.shape == (28, 28)


def test_touches_of_the_pen_anywhere_on_the_canvas_are_specks() -> None:
    for corner in (0, 20, 150, 300):
        one, two = np.array([[0.0, 0.0], [8.0, 6.0]]) + corner, np.array([[30.0, 0.0], [31.0, 2.0]]) + corner
        assert is_speck([one], on_canvas=True) and is_speck([one, two], on_canvas=True)
        assert not is_speck([one, np.array([[0.0, 0.0], [0.0, 40.0]])], on_canvas=True)


def test_a_small_unit_is_no_speck() -> None:
    digit = [stroke / 100 for stroke in simple_strokes(3)]
    assert not is_speck(digit)
    assert is_speck([np.array([[100.0, 100.0], [101.0, 100.0]])]) and is_speck([])
