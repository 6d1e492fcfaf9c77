import random

import numpy as np
import pytest

from mnist_core.config.network import count_parameters, parse_network, summarize
from mnist_core.config.recipes import RECIPES
from mnist_core.training import keras_model
from tests.support.networks import EVERY_OTHER_KIND

EVERY_KIND = (
    "conv:4:3:same:relu,avgpool:2,conv:6:5:tanh,norm,maxpool:3,activation:gelu,dropout:0.2,flatten,"
    "dense:7:sigmoid,dense:10:softmax"
)
NETWORKS = {name: recipe.config.layers for name, recipe in RECIPES.items()} | {"every kind": parse_network(EVERY_KIND)}
NETWORKS["every other kind"] = parse_network(EVERY_OTHER_KIND)


@pytest.mark.parametrize("name", NETWORKS)
def test_summary_agrees_with_keras(name: str) -> None:
    layers = NETWORKS[name]
    model = keras_model.build(layers)
    assert count_parameters(layers) == model.count_params()
    for summary, layer in zip(summarize(layers), model.layers, strict=True):
        assert summary.output_shape == layer.output.shape[1:]
        assert summary.parameters == layer.count_params()


def test_last_activation_can_be_replaced() -> None:
    layers = parse_network("flatten,dense:10:sigmoid")
    assert keras_model.build(layers).layers[-1].activation.__name__ == "sigmoid"
    assert keras_model.build(layers, "linear").layers[-1].activation.__name__ == "linear"


def test_weights_depend_on_the_seed_alone_whatever_other_threads_draw() -> None:
    layers = parse_network(EVERY_KIND)
    first = keras_model.build(layers, seed=5).get_weights()
    random.random()
    again, other = keras_model.build(layers, seed=5).get_weights(), keras_model.build(layers, seed=6).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_trained_is_the_same_function_of_the_same_weights(name: str) -> None:
    layers, images = NETWORKS[name], np.random.default_rng(3).uniform(size=(5, 28, 28, 1)).astype(np.float32)
    plain, trained = keras_model.build(layers, "linear", 4), keras_model.build_to_train(layers, 4, "float32")
    for one, other in zip(plain.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for training in (False, True):  # dropout draws the same, too
        np.testing.assert_allclose(
            trained(images, training=training), plain(images, training=training), rtol=1e-3, atol=1e-4
        )


def test_in_bfloat16_weights_and_output_are_float32() -> None:
    model = keras_model.build_to_train(parse_network(EVERY_KIND), 4, "bfloat16")
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert {layer.compute_dtype for layer in model.layers[:-1]} == {"bfloat16"}
    assert model(np.zeros((1, 28, 28, 1), np.float32)).dtype == "float32"
