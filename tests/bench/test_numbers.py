import io

import numpy as np
from PIL import Image

from mnist_core.bench.numbers import GAPS, as_picture, rows_of_digits
from mnist_core.data.stroke_files import Handwriting
from tests.conftest import simple_strokes


def handwriting() -> Handwriting:
    labels = np.arange(10)
    return Handwriting(labels, labels % 2, tuple(simple_strokes(digit) for digit in range(10)))


def test_numbers_are_the_same_each_time_and_of_one_writer() -> None:
    drawn = handwriting()
    rows = list(rows_of_digits(drawn, 8, GAPS["apart"]))
    for (strokes, number), (again, same) in zip(rows, rows_of_digits(drawn, 8, GAPS["apart"]), strict=True):
        assert number == same
        np.testing.assert_array_equal(np.concatenate(strokes), np.concatenate(again))
        assert len({int(digit) % 2 for digit in number}) == 1
    assert [len(number) for _, number in rows] == [2, 3, 4, 5] * 2


def test_a_number_is_painted_whole_dark_on_light() -> None:
    picture = np.asarray(Image.open(io.BytesIO(as_picture(simple_strokes(8), np.random.default_rng(0)))))
    assert picture[0].min() == picture[:, 0].min() == 255
    assert 60 <= np.ptp(np.flatnonzero((picture < 128).any(axis=1))) <= 240
