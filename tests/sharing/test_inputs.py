"""What a model expects of its pictures and calls its classes is found by what it reads best, and met exactly."""

from collections.abc import Callable

import numpy as np
import pytest

from mnist_core.config.network import LAYER_KINDS, parse_network
from mnist_core.errors import InputError
from mnist_core.sharing import inputs, weights
from mnist_core.sharing.inputs import DIGITS, RANGES, Range, Way, Wish
from tests.conftest import simple_images
from tests.support.networks import EVERY_OTHER_KIND

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


ORDER = "1234567890"


def found(answer: Callable[[np.ndarray], np.ndarray]) -> Way:
    way = inputs.best(inputs.measure(IMAGES, LABELS, answer))
    return Way.of(way.pixels, way.transposed, way.classes)


@pytest.mark.parametrize("wanted", RANGES, ids=lambda one: one.words)
def test_each_way_is_found(wanted: Range) -> None:
    model, columns = model_of(wanted), [int(digit) for digit in ORDER]
    assert found(model) == Way(wanted)
    assert found(lambda values: model(values.swapaxes(1, 2))) == Way(wanted, transposed=True)
    assert found(lambda values: model(values.swapaxes(1, 2))[:, columns]) == Way(wanted, True, ORDER)


def test_a_model_that_reads_nothing_stays_as_it_is() -> None:
    assert found(lambda values: np.full((len(values), 10), 0.1)) == Way()


def test_an_order_is_taken_only_where_it_is_clear() -> None:
    labels = np.arange(200) % 10
    assert inputs.order_of((labels + 3) % 10, labels) == "7890123456"
    assert inputs.order_of(labels // 2, labels) == DIGITS  # each output means two digits
    assert inputs.order_of((labels[:40] + 3) % 10, labels[:40]) == DIGITS  # too few of each
    doubtful = np.where(np.arange(200) % 3, (labels + 3) % 10, labels)
    assert inputs.order_of(doubtful, labels) == DIGITS


def test_a_person_can_say_what_it_expects() -> None:
    ways = inputs.measure(IMAGES, LABELS, model_of(RANGES[1]), Wish(classes=ORDER))

    def chosen(wish: Wish) -> Way:
        way = inputs.best([way for way in ways if wish.allows(way)])
        return Way.of(way.pixels, way.transposed, way.classes)

    assert chosen(inputs.ANY_WAY) == Way(RANGES[1])
    assert chosen(Wish("0 to 1", True)) == chosen(Wish("", True, "")) == Way(transposed=True)
    assert chosen(Wish(classes=ORDER)).classes == ORDER
    with pytest.raises(InputError, match="no pixels '0 to 7'; choose one of 0 to 1, 0 to 255"):
        Wish("0 to 7")
    with pytest.raises(InputError, match="classes are '11'; give each digit once"):
        Wish(classes="11")


NETWORKS = (
    "flatten,dense:10:softmax",
    "flatten,norm,dense:12:relu,norm,dense:10:sigmoid",
    "conv:4:5:relu,maxpool:3,norm,conv:6:2:same,avgpool:2,flatten,norm,activation:tanh,dropout:0.2,dense:10:softmax",
    "pad:1,conv:4:3:stride2:relu,flatten,dense:10:softmax",  # a padding of the model's own: 0 in its own pixels
    EVERY_OTHER_KIND,
)


def test_every_kind_of_layer_is_made_to_take_transposed_pictures() -> None:
    assert {layer.kind for network in NETWORKS for layer in parse_network(network)} == set(LAYER_KINDS)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_model_is_made_to_take_the_labs_pictures_exactly(network: str) -> None:
    from mnist_core.training import keras_import

    keras_import.load()
    from mnist_core.training import model_files

    layers = parse_network(network)
    random = np.random.default_rng(0)
    own = [random.uniform(0.05, 0.2, shape).astype(np.float32) for each in weights.shapes(layers) for shape in each]
    pixels = IMAGES[:20, ..., np.newaxis].astype(np.float32) / 255
    bare = model_files.build(layers, own, "softmax")
    ways = (*map(Way, RANGES), Way(transposed=True), Way(classes=ORDER), Way(RANGES[4], True, ORDER))
    for way in ways if network in (NETWORKS[0], NETWORKS[3]) else ways[-3:]:
        whole = model_files.build(*inputs.met(layers, own, way), "softmax")
        values = pixels * np.float32(way.pixels.factor) + np.float32(way.pixels.offset)
        values = values.swapaxes(1, 2) if way.transposed else values
        expected = np.asarray(bare(values))[:, [way.classes.index(digit) for digit in DIGITS]]
        # Of pixels up to 255 the sums differ by so much where a processor adds them up in another order.
        np.testing.assert_allclose(np.asarray(whole(pixels)), expected, atol=5e-5)
        back, arrays = inputs.as_it_came(*inputs.met(layers, own, way), way)
        assert back == layers and all(map(np.array_equal, arrays, own))


def test_paper_that_the_lab_puts_around_is_paper_in_the_models_pixels() -> None:
    from mnist_core.training import keras_import

    keras_import.load()
    from mnist_core.training import model_files

    layers = parse_network("pad:2,conv:4:5:relu,flatten,dense:10:softmax")
    random = np.random.default_rng(0)
    own = [random.uniform(-0.05, 0.05, shape).astype(np.float32) for each in weights.shapes(layers) for shape in each]
    pixels = IMAGES[:20, ..., np.newaxis].astype(np.float32) / 255
    larger = np.pad(pixels, ((0, 0), (2, 2), (2, 2), (0, 0)))
    bare = model_files.build(layers[1:], own, "softmax", (32, 32, 1))
    for way in (Way(RANGES[2]), Way(RANGES[6]), Way(RANGES[3], transposed=True)):
        made, arrays = inputs.met(layers, own, way, 1)
        values = larger * np.float32(way.pixels.factor) + np.float32(way.pixels.offset)
        expected = np.asarray(bare(values.swapaxes(1, 2) if way.transposed else values))
        found = np.asarray(model_files.build(made, arrays, "softmax")(pixels))
        np.testing.assert_allclose(found, expected, atol=1e-5)
        back, arrays = inputs.as_it_came(made, arrays, way, 1)
        assert back == layers and all(map(np.array_equal, arrays, own))
        # A run of an older lab, which did not note how many layers it put in front, has its normalization there, too.
        assert inputs.as_it_came(made, inputs.met(layers, own, way, 1)[1], way)[0] == layers
