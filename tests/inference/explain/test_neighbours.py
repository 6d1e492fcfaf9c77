from pathlib import Path

import numpy as np
import pytest

from mnist_core.inference.explain import neighbours
from mnist_core.inference.explain.neighbours import Neighbours
from tests.conftest import simple_images


def test_nearest_finds_what_a_plain_search_finds() -> None:
    images, labels = simple_images(4500, 0)  # more than two chunks
    image = simple_images(10, 9)[0][7]
    slanted = neighbours._blur(neighbours._slanted(image)).reshape(len(neighbours.SLANTS), -1)
    blurred = neighbours._blur(images).reshape(len(images), -1)
    distances = np.sqrt(((blurred[:, np.newaxis] - slanted) ** 2).sum(axis=2).min(axis=1))
    found = neighbours.nearest(images, labels, image, 7)
    assert found.distances == pytest.approx(np.sort(distances)[:7], abs=1e-3)
    assert distances[found.indices] == pytest.approx(found.distances, abs=1e-3)
    assert (found.labels == labels[found.indices]).all()
    assert set(found.labels) == {7}
    again = neighbours.nearest(images, labels, image, 7, neighbours.blurred_lengths(images))
    assert (again.indices == found.indices).all()


def test_a_picture_is_nearest_to_itself_and_to_its_slanted_copy() -> None:
    images, labels = simple_images(50, 0)
    found = neighbours.nearest(images, labels, images[13], 3)
    assert found.indices[0] == 13
    assert found.distances[0] == pytest.approx(0, abs=1e-5)
    leaning = np.round(255 * neighbours._slanted(images[13])[1]).astype(np.uint8)
    assert neighbours.nearest(images, labels, leaning, 1).indices[0] == 13
    assert (np.abs(neighbours._slanted(images[13])[2] * 255 - images[13]) < 1e-3).all()


def test_the_blur_is_a_gaussian() -> None:
    from scipy import ndimage

    image = simple_images(1, 0)[0]
    expected = ndimage.gaussian_filter(image[0] / 255, neighbours.BLUR, mode="constant")
    assert neighbours._blur(image)[0] == pytest.approx(expected, abs=1e-5)
    dot = np.zeros((1, 28, 28), np.uint8)
    dot[0, 14, 14] = 255
    assert np.sqrt(neighbours.blurred_lengths(dot)) == pytest.approx([0.35], abs=0.02)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_fewer_images_than_asked_for_are_all_found(number: int) -> None:
    images, labels = simple_images(3, 0)
    found = neighbours.nearest(images[:number], labels[:number], images[0], 5)
    assert found.indices.tolist() == sorted(found.indices.tolist(), key=lambda index: (index != 0, found.distances[0]))
    assert len(found.indices) == len(found.distances) == len(found.labels) == number
    assert neighbours.nearest_sentence(found, 0)


def test_real_digits_are_told_by_their_neighbours(real_mnist: Path) -> None:
    with np.load(real_mnist) as arrays:
        images, labels, test, test_labels = (arrays[name] for name in ("x_train", "y_train", "x_test", "y_test"))
        images, labels = images[:10_000], labels[:10_000]
    lengths = neighbours.blurred_lengths(images)
    found = [neighbours.nearest(images, labels, image, 1, lengths).labels[0] for image in test[:30]]
    assert (np.array(found) == test_labels[:30]).mean() >= 0.9


def sentence_for(*labels: int, digit: int = 9) -> str:
    number = len(labels)
    return neighbours.nearest_sentence(
        Neighbours(np.arange(number), np.ones(number, np.float32), np.array(labels)), digit
    )


def test_the_sentence_says_whether_the_neighbours_agree() -> None:
    assert sentence_for(9, 9, 9) == "All 3 training digits most like it are 9s, as the network says."
    assert sentence_for(4, 4) == "All 2 training digits most like it are 4s, but the network says 9."
    assert sentence_for(8) == "The training digit most like it is an 8, but the network says 9."
    assert sentence_for(9, 4, 9, 9, 8) == (
        "Of the 5 training digits most like it, 3 are 9s, 1 is a 4 and 1 is an 8, as the network says."
    )
    assert sentence_for(9, 9, 4, 4, 1).endswith("it lies between two digits.")
    assert "no training digits" in sentence_for()
