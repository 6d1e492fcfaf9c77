"""Which pixels a model expects is found by what it reads best, and a layer in front makes them."""

from collections.abc import Callable

import numpy as np
import pytest

from mnist_core.config.network import parse_network
from mnist_core.sharing import inputs
from mnist_core.sharing.inputs import OWN, RANGES, Range
from tests.conftest import simple_images

IMAGES, LABELS = simple_images(200, 4)
MEANS = np.stack([IMAGES[digit == LABELS].mean(axis=0) for digit in range(10)]) / 255


def model_of(wanted: Range) -> Callable[[np.ndarray], np.ndarray]:
    """A model that knows ten digits by heart, in pixels of a range; elsewhere it says 7."""

    def answer(values: np.ndarray) -> np.ndarray:
        pixels = (values[..., 0] - wanted.offset) / wanted.factor
        near = -np.square(pixels[:, np.newaxis] - MEANS).sum(axis=(2, 3))
        lowest, highest = pixels.min(axis=(1, 2)), pixels.max(axis=(1, 2))
        strange = (np.abs(lowest) > 0.1) | (np.abs(highest - 1) > 0.1)
        # A picture of the other polarity is as strange to it.
        strange |= np.abs(pixels.mean(axis=(1, 2)) - MEANS.mean()) > 0.15
        return np.where(strange[:, np.newaxis], np.eye(10)[7], np.exp(near - near.max(axis=1, keepdims=True)))

    return answer


@pytest.mark.parametrize("wanted", RANGES, ids=lambda one: one.words)
def test_each_range_is_found(wanted: Range) -> None:
    assert inputs.expected(IMAGES, LABELS, model_of(wanted)) == wanted


def test_a_model_that_reads_nothing_stays_as_it_is() -> None:
    assert inputs.expected(IMAGES, LABELS, lambda values: np.full((len(values), 10), 0.1)) == OWN


def test_the_layer_in_front_makes_the_pixels_that_are_wanted() -> None:
    from mnist_core.training import keras_import

    keras_import.load()
    from mnist_core.training import model_files

    layers = parse_network("flatten,dense:10:softmax")
    random = np.random.default_rng(0)
    own = [random.normal(0, 0.05, (784, 10)).astype(np.float32), np.zeros(10, np.float32)]
    pixels = IMAGES[:20, ..., np.newaxis].astype(np.float32) / 255
    for wanted in RANGES:
        layer, arrays = inputs.in_front(wanted)
        whole = model_files.build((layer, *layers), [*arrays, *own], "softmax")
        bare = model_files.build(layers, own, "softmax")
        values = pixels * np.float32(wanted.factor) + np.float32(wanted.offset)
        np.testing.assert_allclose(np.asarray(whole(pixels)), np.asarray(bare(values)), atol=1e-4)
