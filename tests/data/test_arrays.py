"""Archives whose arrays are called otherwise, or hold other values or sizes, give the same digits."""

from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import arrays, sources, uploads
from mnist_core.errors import InputError
from tests.conftest import simple_images

IMAGES, LABELS = simple_images(14, 5)
FLAT = IMAGES.reshape(len(IMAGES), -1)

ARCHIVES = {
    "images and labels": {"images": IMAGES, "labels": LABELS},
    "test_images": {
        "test_images": IMAGES,
        "test_labels": LABELS,
        "train_images": IMAGES[:2],
        "train_labels": LABELS[:2],
    },
    "the test part alone": {"x_test": IMAGES, "y_test": LABELS},
    "saved without names": {"arr_0": IMAGES, "arr_1": LABELS},
    "rows of pixels, labels in a column": {"X": FLAT, "y": LABELS[:, np.newaxis]},
    "0 to 1": {"x_test": (FLAT / 255).astype(np.float32), "y_test": LABELS},
    "-1 to 1, channels last, one-hot": {"data": IMAGES[..., np.newaxis] / 127.5 - 1, "target": np.eye(10)[LABELS]},
    "channels first": {"x": IMAGES[:, np.newaxis], "y": LABELS.astype(np.float32)},
    "dark on light": {"x_test": 255 - IMAGES, "y_test": LABELS},
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_every_archive_gives_the_same_digits(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "digits.npz"
    np.savez(path, **ARCHIVES[kind])
    digits = uploads.read([path])
    assert np.abs(digits.images.astype(int) - IMAGES).max() <= 1
    assert digits.labels is not None
    np.testing.assert_array_equal(digits.labels, LABELS)


def test_one_part_is_learned_from_and_a_seventh_judges(tmp_path: Path) -> None:
    path = tmp_path / "digits.npz"
    np.savez(path, images=IMAGES / 255, labels=LABELS)
    dataset = sources.load(str(path))
    assert (len(dataset.train_images), len(dataset.test_images)) == (12, 2)
    assert "values from 0 to 1" in dataset.source and "a seventh of it" in dataset.source


def test_both_parts_are_found_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "digits.npz"
    np.savez(path, training_data=FLAT[:9], training_labels=LABELS[:9], val_data=FLAT[9:], val_labels=LABELS[9:])
    train, test = arrays.read_both(path)
    assert test is not None and train.labels is not None
    np.testing.assert_array_equal(train.images, IMAGES[:9])
    np.testing.assert_array_equal(test.images, IMAGES[9:])
    np.testing.assert_array_equal(train.labels, LABELS[:9])


def _offset(number: int, start: int = 0) -> np.ndarray:
    return (np.arange(number) + start) % 10


OTHER = IMAGES[::-1]
FITTING = {
    "labels of the same length, in another order": (
        {
            "x_train": IMAGES,
            "x_test": IMAGES,
            "x_val": OTHER,
            "y_train": LABELS,
            "y_val": _offset(14),
            "y_test": LABELS,
        },
        LABELS,
    ),
    "validation before test": (
        {"val_images": OTHER, "val_labels": _offset(14), "test_images": IMAGES, "test_labels": LABELS},
        LABELS,
    ),
    "validation with labels, test without": (
        {"test_images": OTHER, "val_images": IMAGES, "val_labels": LABELS},
        LABELS,
    ),
    "two of one purpose": ({"images_a": IMAGES, "labels_b": _offset(14), "labels_a": LABELS}, LABELS),
    "numbers of the rows": ({"images": IMAGES, "ids": np.arange(14)}, None),
    "too few different ones": ({"images": IMAGES, "fold": np.arange(14) % 2}, None),
    "digits without a name": ({"images": IMAGES, "ids": np.arange(14), "what": LABELS}, LABELS),
}


@pytest.mark.parametrize("case", FITTING)
def test_labels_are_those_of_the_images_or_none(case: str, tmp_path: Path) -> None:
    content, labels = FITTING[case]
    np.savez(tmp_path / "digits.npz", **content)  # type: ignore[arg-type]
    part = arrays.read_test(tmp_path / "digits.npz")
    np.testing.assert_array_equal(part.images, IMAGES)
    assert (part.labels is None) == (labels is None)
    assert any("are taken for the labels" in note for note in part.notes) == ("what" in content)
    if labels is not None:
        np.testing.assert_array_equal(part.labels, labels)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"a": np.zeros(5), "b": np.zeros((2, 3))}, "has no array of images; it has a 5, b 2×3"),
        ({"images": FLAT * 10.0, "labels": LABELS}, "go from 0 to 2550"),
        ({"images": FLAT, "labels": LABELS + 20}, "are no digits"),
        ({"images": FLAT, "labels": np.zeros((14, 10))}, "do not mark one of ten digits"),
        ({"images": np.where(FLAT.max() == FLAT, np.nan, FLAT), "labels": LABELS}, "hold nan at index"),
    ],
)
def test_what_cannot_be_used_is_said(content: dict[str, np.ndarray], complaint: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "digits.npz", **content)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=complaint):
        arrays.read_test(tmp_path / "digits.npz")
