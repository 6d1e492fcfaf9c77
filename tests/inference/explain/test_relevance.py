from pathlib import Path
from typing import cast

import numpy as np
import pytest

from mnist_core.environment import PRETRAINED
from mnist_core.errors import InputError
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.explain.relevance import INK, Change, Relevance, _place, mattered_sentence, what_mattered
from mnist_core.runs.run_folders import SHIPPED_MODEL


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(PRETRAINED / SHIPPED_MODEL / "model.tflite")


class TopReader:
    """Says 7 the more surely, the more ink there is in the upper half, and 1 the more, the more there is below."""

    def calibrated(self, images: np.ndarray) -> np.ndarray:
        halves = images.reshape(len(images), 2, -1).astype(float).sum(axis=2) / 255
        share = 1 / (1 + np.exp(-(halves[:, 0] - halves[:, 1]) / 4))
        probabilities = np.full((len(images), 10), 1e-6)
        probabilities[:, 7], probabilities[:, 1] = share, 1 - share
        return probabilities / probabilities.sum(axis=1, keepdims=True)


def test_the_map_is_signed_for_ink_and_for_empty_places() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[5:23, 13:16] = 255
    image[5:8, 8:20] = 255
    relevance = what_mattered(image, cast(Classifier, TopReader()))
    assert (relevance.digit, relevance.answer) == (7, 7)
    values, inked = relevance.values, image > 0
    assert values.shape == (28, 28)
    assert values.dtype == np.float32
    assert (values[:11][inked[:11]] > 0).all()
    assert (values[17:][inked[17:]] < 0).all()
    near = values != 0
    assert (values[:11][~inked[:11] & near[:11]] > 0).all()
    assert (values[17:][~inked[17:] & near[17:]] < 0).all()
    assert not values[:, :3].any()  # too far away to be asked about
    assert relevance.removed.place == "at the top"
    assert relevance.added is not None
    assert relevance.added.row > 14
    other = what_mattered(image, cast(Classifier, TopReader()), digit=1)
    assert (np.sign(other.values) == -np.sign(values)).all()


@pytest.mark.long
def test_a_deletion_test_on_real_digits(classifier: Classifier, real_mnist: Path) -> None:
    with np.load(real_mnist) as arrays:
        images = arrays["x_test"][1000:1030]
    random = np.random.default_rng(0)
    changed: dict[str, list[np.ndarray]] = {"without": [], "without at random": [], "with": [], "with at random": []}
    digits = []
    for image in images:
        relevance = what_mattered(image, classifier)
        digits.append(relevance.digit)
        values = relevance.values.ravel()
        ink = np.flatnonzero(image)
        empty = np.flatnonzero((image.ravel() < INK) & (values != 0))
        for name, pixels, order, shade in (
            ("without", ink, -values[ink], 0),
            ("without at random", ink, random.random(len(ink)), 0),
            ("with", empty, values[empty], 255),
            ("with at random", empty, random.random(len(empty)), 255),
        ):
            picture = image.ravel().copy()
            picture[pixels[order.argsort()[:16]]] = shade
            changed[name].append(picture.reshape(28, 28))
    means = {
        name: float(classifier.probabilities(np.stack(pictures))[np.arange(30), digits].mean())
        for name, pictures in changed.items()
    }
    assert means["without"] < means["without at random"] - 0.2
    assert means["with"] < means["with at random"] - 0.1


@pytest.mark.parametrize("shade", [INK, 255])
def test_pictures_full_of_ink_are_explained(classifier: Classifier, shade: int) -> None:
    relevance = what_mattered(np.full((28, 28), shade, np.uint8), classifier)
    assert relevance.added is None
    assert np.isfinite(relevance.values).all()
    assert mattered_sentence(relevance)
    dot = np.zeros((28, 28), np.uint8)
    dot[0, 27] = shade
    assert np.isfinite(what_mattered(dot, classifier).values).all()


def test_an_empty_picture_cannot_be_explained(classifier: Classifier) -> None:
    with pytest.raises(InputError, match="draw a digit first"):
        what_mattered(np.zeros((28, 28), np.uint8), classifier)


def relevance(before: float, removed: Change, added: Change | None, digit: int = 9, answer: int = 9) -> Relevance:
    return Relevance(np.zeros((28, 28), np.float32), digit, before, answer, removed, added)


def test_the_sentence_says_what_would_change_in_figures() -> None:
    gone = Change("at the top left", 8, 8, 0.41, 4)
    blot = Change("at the top", 5, 14, 0.003, 4)
    assert mattered_sentence(relevance(0.98, gone, blot)) == (
        "Without the ink at the top left, the answer would change to 4. "
        "A spot of ink at the top would change the answer to 4."
    )
    # Nothing new in an answer that stays, whatever digit is explained.
    sentence = mattered_sentence(relevance(0.45, gone, None, digit=9, answer=4))
    assert sentence == "Without the ink at the top left, 9 would get 41 % instead of 45 %."
    stays = Change("in the middle", 14, 14, 0.995, 9)
    assert mattered_sentence(relevance(0.999, stays, stays)) == (
        "No single spot decides. Even without the ink in the middle, 9 would get > 99 %."
    )


@pytest.mark.parametrize(
    ("row", "column", "place"),
    [
        (4, 14, "at the top"),
        (5, 5, "at the top left"),
        (14, 20, "on the right"),
        (14, 14, "in the middle"),
        (23, 4, "at the bottom left"),
        (27, 14, "at the bottom"),
        (0, 27, "at the top right"),
    ],
)
def test_places_are_named_within_the_drawing(row: int, column: int, place: str) -> None:
    assert _place(row, column, (slice(4, 24), slice(5, 23))) == place
    # A stroke as wide as the pen has no sides.
    upright = _place(row, column, (slice(4, 24), slice(12, 16)))
    assert upright in ("at the top", "in the middle", "at the bottom")
