"""Whole models of Keras 1 answer as the same network does in Keras 3."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import convolve2d

from mnist_core.config.network import Layer, network_text, parse_network
from mnist_core.errors import InputError
from mnist_core.sharing import keras_1, keras_file, weights
from mnist_core.training import keras_import
from tests.support.keras_1_models import Model, example, numbers

keras_import.load()

import keras  # noqa: E402
from keras import layers as L  # noqa: E402, N812

from mnist_core.training import model_files  # noqa: E402

IMAGES = np.random.default_rng(0).random((20, 28, 28, 1)).astype(np.float32)
BACKENDS = [("tf", "tensorflow"), ("th", "tensorflow"), ("th", "theano"), ("tf", "theano")]


def read(content: bytes, folder: Path) -> tuple[tuple[Layer, ...], list[np.ndarray]]:
    (folder / "old.h5").write_bytes(content)
    return keras_file.read(folder / "old.h5", folder, "old.h5")


def answers_of(content: bytes, folder: Path) -> np.ndarray:
    return np.asarray(model_files.build(*read(content, folder), "softmax")(IMAGES))


def in_keras_3(order: str, layers: list[Any], arrays: list[np.ndarray]) -> np.ndarray:
    """What these layers of Keras 3 answer, with these arrays."""
    model = keras.Sequential([keras.Input((1, 28, 28) if order == "th" else (28, 28, 1)), *layers])
    model.set_weights(arrays)
    return np.asarray(model(IMAGES.transpose(0, 3, 1, 2) if order == "th" else IMAGES, training=False))


def layout(order: str) -> dict[str, str]:
    return {"data_format": keras_1.ORDERS[order]}


@pytest.mark.parametrize(("order", "backend", "version"), [*((*one, "1.2.2") for one in BACKENDS), (*BACKENDS[2], "")])
def test_the_example_of_those_years_answers_as_in_keras_3(
    order: str, backend: str, version: str, tmp_path: Path
) -> None:
    old, own = example(order, backend, version), layout(order)
    layers = [L.Conv2D(6, 3, activation="relu", **own), L.Conv2D(4, 3, activation="relu", **own)]
    layers += [L.MaxPooling2D(**own), L.Flatten(), L.Dense(16, activation="relu"), L.Dense(10, activation="softmax")]
    arrays = [numbers(3, 3, 1, 6), numbers(6), numbers(3, 3, 6, 4), numbers(4)]
    arrays += [numbers(576, 16), numbers(16), numbers(16, 10), numbers(10)]
    expected = in_keras_3(order, layers, arrays)
    assert expected.std(axis=0).max() > 0.01
    for functional in (False, True):
        found = answers_of(old.content(functional), tmp_path)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    text = network_text(read(old.content(), tmp_path)[0])
    assert text.startswith("conv:6:3:relu,conv:4:3,activation:relu,maxpool:2,dropout:0.25,flatten,dense:16")


def test_theano_turns_its_kernels_round(tmp_path: Path) -> None:
    """Told by SciPy, whose convolution turns a kernel round as well."""
    kernel, dense = numbers(3, 3, 1, 1), numbers(676, 10)
    old = Model("th", "theano").conv(kernel, np.zeros(1)).add("Flatten").dense(dense, np.zeros(10))
    kept = old.weights[0][1]["convolution2d_1_W"]
    assert kept.shape == (1, 1, 3, 3)
    seen = np.stack([convolve2d(image[..., 0], kept[0, 0], "valid").ravel() for image in IMAGES])
    scores = np.exp(seen @ dense)
    found = answers_of(old.add("Activation", activation="softmax").content(), tmp_path)
    np.testing.assert_allclose(found, scores / scores.sum(axis=1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize(("order", "backend"), [("tf", "tensorflow"), ("th", "theano")])
def test_other_layers_of_those_years_answer_as_in_keras_3(order: str, backend: str, tmp_path: Path) -> None:
    own, axis, random = layout(order), 1 if order == "th" else -1, np.random.default_rng(2)
    old, layers, arrays = Model(order, backend), [], []

    def norm() -> list[np.ndarray]:
        return [random.uniform(0.3, 0.9, 4).astype(np.float32) for _ in range(4)]

    kernels = [numbers(3, 3, 1, 4), numbers(5, 3, 4, 4), numbers(3, 3, 4, 4)]
    bias, normal = numbers(4), norm()
    old.add("ZeroPadding2D", padding=[1, 2], dim_ordering=order).conv(kernels[0], bias)
    old.norm(*normal, epsilon=1e-6).add("LeakyReLU", alpha=0.3)
    old.conv(kernels[1], bias, border_mode="same", activation="hard_sigmoid").add("GaussianNoise", sigma=0.1)
    old.add("ZeroPadding2D", padding=[1, 0, 2, 1], dim_ordering=order).pool("AveragePooling2D", 2, strides=[2, 2])
    old.conv(kernels[2], bias, subsample=[2, 2], activation="softsign", W_regularizer={"name": "L1L2", "l2": 0.1})
    slopes = numbers(*((4, 6, 7) if order == "th" else (6, 7, 4)))
    old.add("Cropping2D", cropping=[[0, 0], [0, 0]], dim_ordering=order).add("PReLU", {"alphas": slopes}, init="zero")
    old.add("ELU", alpha=0.7).add("Flatten").dense(numbers(168, 10), numbers(10), activation="softmax")

    old_sigmoid = L.ReLU(max_value=1)  # of 0.2 x + 0.5, as Keras 1 and 2 had it
    layers = [L.ZeroPadding2D((1, 2), **own), L.Conv2D(4, 3, **own), L.BatchNormalization(axis, epsilon=1e-6)]
    layers += [L.LeakyReLU(0.3), L.Conv2D(4, (5, 3), padding="same", **own), L.Rescaling(0.2, 0.5), old_sigmoid]
    layers += [L.ZeroPadding2D(((1, 0), (2, 1)), **own), L.AveragePooling2D(2, **own)]
    layers += [L.Conv2D(4, 3, strides=2, activation="softsign", **own), L.PReLU(), L.ELU(0.7)]
    layers += [L.Flatten(), L.Dense(10, activation="softmax")]
    arrays = [kernels[0], bias, *normal, kernels[1], bias, kernels[2], bias, slopes, numbers(168, 10), numbers(10)]
    expected = in_keras_3(order, layers, arrays)
    assert expected.std(axis=0).max() > 1e-3
    np.testing.assert_allclose(answers_of(old.content(), tmp_path), expected, atol=1e-5)


@pytest.mark.parametrize("order", ["tf", "th"])
def test_separable_and_dilated_kernels_answer_as_in_keras_3(order: str, tmp_path: Path) -> None:
    own, old = layout(order), Model(order)
    depthwise, pointwise, kernel, bias = numbers(3, 3, 1, 2), numbers(1, 1, 2, 4), numbers(3, 3, 4, 4), numbers(4)
    arrays = [depthwise, pointwise, bias, kernel, bias, numbers(4, 10), numbers(10)]
    turned = [one.transpose(3, 2, 0, 1) if order == "th" else one for one in (depthwise, pointwise, kernel)]
    about: dict[str, Any] = {"nb_filter": 4, "nb_row": 3, "nb_col": 3, "border_mode": "same", "subsample": [1, 1]}
    about |= {"dim_ordering": order, "bias": True, "activation": "relu"}
    parts = {"depthwise_kernel": turned[0], "pointwise_kernel": turned[1], "b": bias}
    old.add("SeparableConvolution2D", parts, depth_multiplier=2, depthwise_regularizer=None, **about)
    old.add("AtrousConvolution2D", {"W": turned[2], "b": bias}, atrous_rate=[2, 2], **about)
    old.add("GlobalMaxPooling2D", dim_ordering=order).dense(numbers(4, 10), numbers(10), activation="softmax")
    layers = [L.SeparableConv2D(4, 3, depth_multiplier=2, padding="same", activation="relu", **own)]
    layers += [L.Conv2D(4, 3, dilation_rate=2, padding="same", activation="relu", **own)]
    layers += [L.GlobalMaxPooling2D(**own), L.Dense(10, activation="softmax")]
    expected = in_keras_3(order, layers, arrays)
    np.testing.assert_allclose(answers_of(old.content(), tmp_path), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (
            lambda old: old.conv(numbers(3, 3, 1, 2), numbers(2), border_mode="full"),
            r"Layer 1 of old\.h5 \(Conv2D\) has padding full; expected valid or same",
        ),
        (
            lambda old: old.norm(*[numbers(1)] * 4, mode=1),
            r"Layer 1 of old\.h5 \(BatchNormalization\): Its mode is 1, which measures each picture anew; expected 0",
        ),
        (
            lambda old: old.conv(numbers(3, 3, 1, 2), numbers(2), dim_ordering="x"),
            r"\(Convolution2D\): Its dim_ordering is x; expected th or tf",
        ),
        (
            lambda old: old.add("Convolution1D", nb_filter=4, filter_length=3),
            "Layer 1 of old.h5 is not read: Conv1D reads sequences; build the model from Conv2D and Dense",
        ),
        (lambda old: old.add("Merge", mode="sum"), "Merge joins branches, and only single chains are read"),
        (lambda old: old.add("MaxoutDense", output_dim=4, nb_feature=2), "is 'MaxoutDense' of 'keras.layers', which"),
        (lambda old: old.add("Lambda", function="x", function_type="lambda"), "Lambda runs code of its file"),
    ],
)
def test_what_keras_1_had_alone_is_named(build: Callable[[Model], Model], sentence: str, tmp_path: Path) -> None:
    old = build(Model()).add("Flatten").dense(numbers(784, 10), numbers(10))
    with pytest.raises(InputError, match=sentence):
        read(old.content(), tmp_path)


@pytest.mark.parametrize(
    "build",
    [
        lambda old: old.pool(border_mode="same"),
        lambda old: old.conv(numbers(3, 3, 1, 2), numbers(2), border_mode="same", subsample=[2, 2]),
        lambda old: old.conv(numbers(2, 2, 1, 2), numbers(2), border_mode="same"),
    ],
)
def test_other_pixels_of_theano_are_refused(build: Callable[[Model], Model], tmp_path: Path) -> None:
    old = build(Model("th", "theano")).add("Flatten").dense(numbers(784, 10), numbers(10))
    with pytest.raises(InputError, match=r"Layer 1 .*'same' as Theano has it, which begins at other pixels than here"):
        read(old.content(), tmp_path)


@pytest.mark.parametrize(("order", "backend"), BACKENDS)
def test_weights_alone_go_into_the_layers_of_a_recipe(order: str, backend: str, tmp_path: Path) -> None:
    old, normal = Model(order, backend), [np.linspace(0.2, 0.8, 25 * 4).astype(np.float32)] * 4
    old.conv(numbers(3, 3, 1, 4), numbers(4), activation="relu").pool(size=5).add("Flatten").norm(*normal, axis=1)
    old.dense(numbers(100, 16), numbers(16), activation="relu").dense(numbers(16, 10), numbers(10))
    old.add("Activation", activation="softmax")
    expected = answers_of(old.content(), tmp_path)
    path = tmp_path / "old_weights.h5"
    path.write_bytes(old.content(alone=True))
    network = parse_network("conv:4:3:relu,maxpool:5,flatten,norm,dense:16:relu,dense:10:softmax")
    assert weights.are_alone(path, "it")
    arrays = weights.read_alone(path, network, "it")
    np.testing.assert_allclose(model_files.build(network, arrays)(IMAGES), expected, atol=1e-6)


def test_what_computed_is_told_by_the_names_of_arrays() -> None:
    assert keras_1.backend_of("", ["convolution2d_1_W:0", "convolution2d_1_b:0"]) == "tensorflow"
    assert keras_1.backend_of("", ["convolution2d_1_W", "convolution2d_1_b"]) == "theano"
    assert keras_1.backend_of("theano", ["conv2d_1/kernel"]) == "theano"  # as Keras 2 says it
    assert keras_1.backend_of("", ["conv2d/kernel", "dense/bias"]) == ""
