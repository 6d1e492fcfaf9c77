"""Labels that do not fit are noticed, whatever is wrong with them, and right ones never are."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import sources
from mnist_core.evaluation import label_fit
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import run_folders

NUMBER = 60
Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(run_folders.find(run_folders.SHIPPED_MODEL).model_path)


@pytest.fixture
def digits(real_mnist: Path) -> Digits:
    with np.load(real_mnist) as arrays:
        return arrays["x_test"], arrays["y_test"].astype(np.int64)


# So many pieces of each kind are noticed; a few tell soon that nothing is noticed any more.
PIECES = pytest.mark.parametrize("pieces", [3, pytest.param(20, marks=pytest.mark.long)])


def parts(digits: Digits, number: int) -> list[Digits]:
    """So many different pieces of MNIST's test set."""
    return [
        (digits[0][start : start + NUMBER], digits[1][start : start + NUMBER])
        for start in range(0, number * NUMBER, NUMBER)
    ]


def test_right_labels_are_never_doubted(digits: Digits, classifier: Classifier) -> None:
    assert {label_fit.doubt(images, labels, classifier) for images, labels in parts(digits, 20)} == {None}
    small = sources.load("digits-8x8")
    assert label_fit.doubt(small.train_images, small.train_labels, classifier) is None


@PIECES
@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("rows and columns are swapped", lambda images: images.transpose(0, 2, 1)),
        ("light and dark are swapped", lambda images: 255 - images),
        ("turned by 90° to the left", lambda images: np.rot90(images, -1, axes=(1, 2))),
        ("mirrored left to right", lambda images: images[:, :, ::-1]),
        ("upside down", lambda images: images[:, ::-1, ::-1]),
        ("mirrored top to bottom", lambda images: images[:, ::-1]),
        (
            "rows and columns are swapped, and the images turned upside down",
            lambda images: images.transpose(0, 2, 1)[:, ::-1, ::-1],
        ),
        ("light and dark, and rows and columns are swapped", lambda images: 255 - images.transpose(0, 2, 1)),
    ],
)
def test_pictures_the_wrong_way_round_are_named(
    words: str, change: Callable[[np.ndarray], np.ndarray], pieces: int, digits: Digits, classifier: Classifier
) -> None:
    for images, labels in parts(digits, pieces):
        found = label_fit.doubt(np.ascontiguousarray(change(images)), labels, classifier)
        assert found and words in found.sentence
        assert (found.correction.images(change(images)) == images).all()


@PIECES
def test_shuffled_labels_and_other_numbers_are_named(pieces: int, digits: Digits, classifier: Classifier) -> None:
    random = np.random.default_rng(2)
    for images, labels in parts(digits, pieces):
        shuffled = label_fit.doubt(images, random.permutation(labels), classifier)
        assert shuffled and "shuffled" in shuffled.sentence and not shuffled.correction
        moved = label_fit.doubt(images, (labels + 1) % 10, classifier)
        assert moved and "stand for other digits? They would fit so: 0 for 9, 1 for 0" in moved.sentence
        assert (moved.correction.labels((labels + 1) % 10) == labels).all()


@PIECES
def test_what_is_no_digit_is_named(pieces: int, digits: Digits, classifier: Classifier) -> None:
    random = np.random.default_rng(3)
    for _, labels in parts(digits, pieces):
        noise = random.integers(0, 256, (NUMBER, 28, 28), np.uint8)
        found = label_fit.doubt(noise, labels, classifier)
        assert found and "another alphabet, or noise?" in found.sentence and not found.correction


def test_too_few_say_nothing(digits: Digits, classifier: Classifier) -> None:
    assert label_fit.doubt(digits[0][:5], (digits[1][:5] + 1) % 10, classifier) is None
