"""Pictures that are not digits."""

import numpy as np
import pytest

from mnist_core.data.dataset import Dataset
from mnist_core.data.stroke_files import as_bytes
from mnist_core.data.synthetic import non_digits


@pytest.mark.parametrize("kind", non_digits.KINDS)
def test_each_kind_makes_varied_prepared_pictures(kind: str, simple_dataset: Dataset) -> None:
    images, labels = simple_dataset.train_images, simple_dataset.train_labels
    pictures, kinds = non_digits.make((kind,), 12, 3, images, labels)
    assert pictures.shape == (12, 28, 28)
    assert pictures.dtype == np.uint8
    assert (kinds == 0).all()
    assert all(picture.max() > 100 for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) > 6


def test_the_seed_decides_and_kinds_share_equally(simple_dataset: Dataset) -> None:
    digits = simple_dataset.train_images, simple_dataset.train_labels
    kinds = ("scribbles", "letters", "halves of digits")
    first, which = non_digits.make(kinds, 9, 1, *digits)
    np.testing.assert_array_equal(first, non_digits.make(kinds, 9, 1, *digits)[0])
    assert not np.array_equal(first, non_digits.make(kinds, 9, 2, *digits)[0])
    np.testing.assert_array_equal(np.bincount(which), [3, 3, 3])
    assert non_digits.make(kinds, 0, 1, *digits)[0].shape == (0, 28, 28)


def test_kinds_that_measure_are_not_fitted() -> None:
    assert len(non_digits.KINDS) == len(non_digits.FITTED) + len(non_digits.HELD_OUT)
    for letter in non_digits.CAPITALS:
        printed = {non_digits._glyph(font, letter).tobytes() for font in non_digits.FONTS}
        assert not printed & {non_digits._glyph(font, letter).tobytes() for font in non_digits.OTHER_FONTS}
        written = {as_bytes(non_digits._hand(font, letter)) for font in non_digits.HANDS}
        assert not written & {as_bytes(non_digits._hand(font, letter)) for font in non_digits.OTHER_HANDS}


def test_letters_that_look_like_digits_are_left_out() -> None:
    assert not set("OoIlSsZzBbqgD") & set(non_digits.CAPITALS + non_digits.SMALL + non_digits.SYMBOLS)


def test_digits_of_any_size_and_blank_pictures_do_no_harm() -> None:
    full, blank = np.full((20, 28, 28), 255, np.uint8), np.zeros((20, 28, 28), np.uint8)
    labels = np.arange(20) % 10
    for images in (full, blank, np.concatenate([full[:1], blank[1:]]), full[:0]):
        pictures, _ = non_digits.make(tuple(non_digits.KINDS), 60, 1, images, labels[: len(images)])
        assert all(picture.any() for picture in pictures)
