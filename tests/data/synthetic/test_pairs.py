import numpy as np
import pytest

from mnist_core.data.stroke_files import Handwriting
from mnist_core.data.synthetic.pairs import GAPS, NARROWEST, _draw_pair, paint_pairs, side_by_side
from mnist_core.preprocessing.strokes import Strokes

# A ring, a line with a foot, an upright line.
RING = [np.array([[0.0, 0], [4, 0], [4, 6], [0, 6], [0, 0]])]
FOOT = [np.array([[2.0, 0], [2, 9]]), np.array([[0.0, 9], [5, 9]])]
LINE = [np.array([[1.0, 0], [1, 9]])]


def handwriting(*drawings: tuple[int, int, Strokes]) -> Handwriting:
    labels, writers, strokes = zip(*drawings, strict=True)
    return Handwriting(np.array(labels), np.array(writers), strokes)


def test_pairs_are_painted_each_in_another_way_and_alike_by_the_same_chance() -> None:
    drawn = handwriting((0, 1, RING), (1, 1, FOOT), (0, 2, RING))
    images = paint_pairs(drawn, 20, np.random.default_rng(0))
    assert images.shape == (20, 28, 28) and images.dtype == np.uint8
    assert all(image.max() == 255 for image in images)
    assert len({image.tobytes() for image in images}) == 20
    np.testing.assert_array_equal(images, paint_pairs(drawn, 20, np.random.default_rng(0)))


@pytest.mark.parametrize("gap", [-0.06, 0.0, 0.1])
def test_two_digits_stand_as_far_apart_as_said_with_their_middles_level(gap: float) -> None:
    *_, right = side_by_side(FOOT, [stroke + 100 for stroke in RING], gap)
    assert right[:, 0].min() == pytest.approx(5 + 9 * gap)
    assert right[:, 1].min() + right[:, 1].max() == pytest.approx(9)
    assert np.ptp(right, axis=0).tolist() == [4, 6]


def test_a_pair_is_by_one_writer_and_never_so_narrow_that_it_may_be_one_digit() -> None:
    # Two lines are a 1 drawn twice to many; the second writer's digit is ten times as large.
    drawn = handwriting((1, 1, LINE), (0, 1, RING), (0, 2, [10 * stroke for stroke in RING]))
    random = np.random.default_rng(1)
    for _ in range(60):
        pair = _draw_pair(drawn, random)
        assert pair is not None and len(pair) == 2
        width, height = np.ptp(np.concatenate(pair), axis=0)
        assert width >= NARROWEST * height
        of_the_second = [np.ptp(stroke, axis=0)[1] == 60 for stroke in pair]
        assert all(of_the_second) or not any(of_the_second)
    assert GAPS[0] < 0 < GAPS[1]


def test_writers_whose_digits_are_all_narrow_make_no_pairs() -> None:
    drawn = handwriting((1, 1, LINE), (1, 1, LINE))
    assert paint_pairs(drawn, 5, np.random.default_rng(0)).shape == (0, 28, 28)
