import numpy as np
from scipy import ndimage

from mnist_core.data.synthetic.rare_styles import STYLES, paint_styles, smooth


def test_every_style_is_painted_and_every_digit_has_one() -> None:
    images, labels = paint_styles(len(STYLES) * 3, np.random.default_rng(0))
    assert images.shape == (len(STYLES) * 3, 28, 28) and images.dtype == np.uint8
    np.testing.assert_array_equal(np.unique(labels), np.arange(10))
    assert all(image.max() == 255 for image in images)
    assert len({image.tobytes() for image in images}) == len(images)
    assert paint_styles(0, np.random.default_rng(0))[0].shape == (0, 28, 28)


def enclosed(image: np.ndarray) -> int:
    """How many places without ink the ink encloses."""
    return int(ndimage.label(np.pad(image < 64, 1, constant_values=True))[1]) - 1


def test_a_style_keeps_the_loops_of_its_digit_but_for_those_that_are_about_them() -> None:
    loops = {0: 1, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 1, 7: 0, 8: 2, 9: 1}
    images, _ = paint_styles(len(STYLES) * 24, np.random.default_rng(1))
    kept = {
        index: np.mean([enclosed(image) == loops[digit] for image in images[index :: len(STYLES)]])
        for index, (digit, _) in enumerate(STYLES)
    }
    # Lines may touch by chance, and the loop of a 2 be open. A slash parts what a 0 encloses, and one 4 is the usual
    # one, which is closed.
    assert [STYLES[index][0] for index, share in kept.items() if share < 0.5] == [0, 0, 0, 0, 4]


def test_one_way_to_write_a_seven_is_crossed() -> None:
    (stem, (bar,)), *_ = [style for digit, style in STYLES if digit == 7 and len(style) == 2]
    heights = [y for piece in stem for _, y in piece]
    (left, y), (right, _) = bar
    assert left < right and min(heights) < y < max(heights)


def test_a_curve_goes_through_its_points_and_two_points_are_a_line() -> None:
    points = np.array([[0.0, 0], [0.5, 1], [1, 0]])
    curve = smooth(points, 49)
    for point in points:
        assert np.linalg.norm(curve - point, axis=1).min() < 0.03
    np.testing.assert_array_equal(smooth(points[:2]), points[:2])
