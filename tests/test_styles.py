import numpy as np

from mnist_core.styles import STYLES, paint_styles, smooth


def test_every_style_is_painted_and_every_digit_has_one() -> None:
    images, labels = paint_styles(len(STYLES) * 3, np.random.default_rng(0))
    assert images.shape == (len(STYLES) * 3, 28, 28) and images.dtype == np.uint8
    np.testing.assert_array_equal(np.unique(labels), np.arange(10))
    assert all(image.max() == 255 for image in images)
    assert len({image.tobytes() for image in images}) == len(images)
    assert paint_styles(0, np.random.default_rng(0))[0].shape == (0, 28, 28)


def test_a_crossed_seven_has_a_bar_and_an_open_four_a_gap() -> None:
    crossed = next(style for digit, style in STYLES if digit == 7)
    assert len(crossed) == 2
    images, labels = paint_styles(len(STYLES), np.random.default_rng(1))
    first_four = images[np.flatnonzero(labels == 4)[0]]
    # From above, the way to the bar between the two arms is free.
    middle = first_four[6:10, 12:16]
    assert (middle == 0).any()


def test_a_curve_goes_through_its_points_and_two_points_are_a_line() -> None:
    points = np.array([[0.0, 0], [0.5, 1], [1, 0]])
    curve = smooth(points, 49)
    for point in points:
        assert np.linalg.norm(curve - point, axis=1).min() < 0.03
    np.testing.assert_array_equal(smooth(points[:2]), points[:2])
