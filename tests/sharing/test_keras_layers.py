"""Networks as tutorials build them, saved by Keras itself, mean the same in the lab's terms."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.config.network import Layer
from mnist_core.errors import InputError
from mnist_core.sharing import keras_file, keras_layers
from mnist_core.training import keras_import

keras_import.load()

import keras  # noqa: E402
from keras import layers as L  # noqa: E402, N812

from mnist_core.training import model_files  # noqa: E402

KERAS_2 = Path(__file__).with_name("keras_2")
PICTURE = keras.Input((28, 28, 1))
IMAGES = np.random.default_rng(0).random((20, 28, 28, 1)).astype(np.float32)


def end() -> list[Any]:
    return [L.Flatten(), L.Dense(10, activation="softmax")]


NETWORKS: dict[str, tuple[list[Any], float]] = {
    # Of each the layers, and by what its pixels of 0 to 1 are multiplied before it sees them.
    "TensorFlow's own tutorial": (
        [keras.Input((28, 28)), L.Flatten(), L.Dense(16, activation="relu"), L.Dropout(0.2), L.Dense(10)],
        1,
    ),
    "rows of pixels": ([keras.Input((784,)), L.Dense(16, activation="relu"), L.Dense(10, activation="softmax")], 1),
    "a channel added": ([keras.Input((28, 28)), L.Reshape((28, 28, 1)), L.Conv2D(4, 3), *end()], 1),
    "rows made pictures": ([keras.Input((784,)), L.Reshape((28, 28, 1)), L.Conv2D(4, 3), *end()], 1),
    "flattened by a reshape": ([PICTURE, L.Conv2D(2, 3), L.Reshape((-1,)), L.Dense(10, activation="softmax")], 1),
    "softmax as a layer": ([PICTURE, L.Flatten(), L.Dense(10), L.Softmax()], 1),
    "an activation as a layer": ([PICTURE, L.Flatten(), L.Dense(10), L.Activation("softmax")], 1),
    "ReLU and ELU as layers": (
        [PICTURE, L.Conv2D(4, 3), L.ReLU(), L.MaxPooling2D(), L.Conv2D(4, 3), L.ELU(), *end()],
        1,
    ),
    "no biases": (
        [PICTURE, L.Conv2D(4, 3, use_bias=False), L.Flatten(), L.Dense(10, use_bias=False, activation="softmax")],
        1,
    ),
    "another epsilon": ([PICTURE, L.Conv2D(4, 3), L.BatchNormalization(epsilon=1e-5), *end()], 1),
    "half a normalization": (
        [PICTURE, L.Conv2D(4, 3), L.BatchNormalization(scale=False), L.BatchNormalization(center=False), *end()],
        1,
    ),
    "same pooling": ([PICTURE, L.MaxPooling2D(padding="same"), L.AveragePooling2D(2, padding="same"), *end()], 1),
    "padding before a convolution": ([PICTURE, L.ZeroPadding2D(2), L.Conv2D(4, 5), *end()], 1),
    "global average pooling": (
        [PICTURE, L.Conv2D(4, 3), L.GlobalAveragePooling2D(), L.Dense(10, activation="softmax")],
        1,
    ),
    "global pooling that keeps its sides": ([PICTURE, L.Conv2D(4, 3), L.GlobalMaxPooling2D(keepdims=True), *end()], 1),
    "rescaling": ([PICTURE, L.Rescaling(1 / 255), L.Conv2D(4, 3), *end()], 255),
    "rescaling to -1 to 1": ([PICTURE, L.Rescaling(1 / 127.5, offset=-1), L.Conv2D(4, 3, padding="same"), *end()], 255),
    "noise and augmentation": (
        [
            PICTURE,
            L.RandomRotation(0.1),
            L.RandomZoom(0.1),
            L.GaussianNoise(0.1),
            L.Conv2D(4, 3),
            L.SpatialDropout2D(0.2),
            *end(),
        ],
        1,
    ),
    "mixed precision": ([PICTURE, L.Conv2D(4, 3, dtype="mixed_bfloat16"), L.Flatten(), L.Dense(10)], 1),
}


def with_statistics(model: keras.Model) -> keras.Model:
    """Gives all arrays values that matter, variances positive."""
    random = np.random.default_rng(1)
    model.set_weights([np.abs(random.normal(0, 0.2, one.shape)) + 0.05 for one in model.get_weights()])
    return model


def probabilities(scores: np.ndarray) -> np.ndarray:
    if np.allclose(scores.sum(axis=1), 1, atol=1e-3) and (scores >= 0).all():
        return scores
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def answers_of(path: Path, folder: Path) -> np.ndarray:
    """What the lab's network of a file says to the pictures."""
    layers, arrays = keras_file.read(path, folder, path.name)
    return np.asarray(model_files.build(layers, arrays, "softmax")(IMAGES))


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_labs_network_answers_as_keras_does(kind: str, tmp_path: Path) -> None:
    layers, factor = NETWORKS[kind]
    model = with_statistics(keras.Sequential(layers))
    model.save(tmp_path / "mine.keras")
    shape = model.input_shape[1:]
    expected = probabilities(np.asarray(model(IMAGES.reshape(-1, *shape) * factor, training=False), np.float32))
    tolerance = 0.02 if kind == "mixed precision" else 1e-4
    np.testing.assert_allclose(answers_of(tmp_path / "mine.keras", tmp_path), expected, atol=tolerance)


def test_a_functional_chain_is_read_and_a_branch_refused(tmp_path: Path) -> None:
    start = keras.Input((28, 28, 1))
    seen = L.MaxPooling2D()(L.Conv2D(4, 3, activation="relu")(start))
    model = with_statistics(keras.Model(start, L.Dense(10, activation="softmax")(L.Flatten()(seen))))
    model.save(tmp_path / "mine.keras")
    np.testing.assert_allclose(answers_of(tmp_path / "mine.keras", tmp_path), np.asarray(model(IMAGES)), atol=1e-4)
    both = L.Concatenate()([L.Flatten()(seen), L.Flatten()(start)])
    keras.Model(start, L.Dense(10, activation="softmax")(both)).save(tmp_path / "two.keras")
    with pytest.raises(InputError, match="is no single chain"):
        keras_file.read(tmp_path / "two.keras", tmp_path, "two.keras")


@pytest.mark.parametrize(
    ("network", "complaint"),
    [
        ([keras.Input((32, 32, 3)), *end()], r"takes \[null, 32, 32, 3\]; expected \[null, 28, 28, 1\]"),
        ([PICTURE, L.Conv2D(4, 3, strides=2), *end()], r"has strides \[2, 2\]"),
        ([PICTURE, L.LeakyReLU(), *end()], "is 'LeakyReLU' of 'keras.layers', which the lab does not read"),
        ([PICTURE, L.ReLU(max_value=6), *end()], "has max_value 6"),
        ([PICTURE, L.ZeroPadding2D(1), L.Conv2D(4, 5), *end()], "A padding of 1 comes before its kernel of 5×5"),
        ([PICTURE, L.ZeroPadding2D(1), *end()], "expected a convolution there"),
        ([PICTURE, L.MaxPooling2D(3, padding="same"), *end()], "does not divide the picture's side"),
        ([PICTURE, L.Reshape((14, 56)), *end()], r"Its target is \[14, 56\]"),
        ([keras.Input((28, 28)), L.Dense(4), *end()], "put 'flatten' first"),
    ],
)
def test_what_cannot_be_is_named(network: list[Any], complaint: str, tmp_path: Path) -> None:
    keras.Sequential(network).save(tmp_path / "mine.keras")
    with pytest.raises(InputError, match=complaint):
        keras_file.read(tmp_path / "mine.keras", tmp_path, "mine.keras")


def test_a_row_needs_no_flattening_twice() -> None:
    chain = keras_layers.begin(keras_layers.ROW)
    keras_layers.add(chain, "Flatten", {})
    assert chain.layers == [Layer("flatten")]


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize(("name", "answers"), [("model", "answers"), ("functional", "functional-answers")])
def test_what_keras_2_15_saved_answers_as_it_did_there(name: str, answers: str, suffix: str, tmp_path: Path) -> None:
    """The files were made by TensorFlow 2.15.1 with Keras 2.15.0; so were its answers to the same five pictures."""
    random = np.random.default_rng(0)
    pictures = random.random((5, 28, 28)).astype(np.float32)[..., np.newaxis]
    layers, arrays = keras_file.read(KERAS_2 / f"{name}.{suffix}", tmp_path, name)
    found = np.asarray(model_files.build(layers, arrays, "softmax")(pictures))
    np.testing.assert_allclose(found, np.load(KERAS_2 / f"{answers}.npy"), atol=1e-5)


def test_weights_alone_are_said_to_be_no_whole_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no whole model, but weights alone"):
        keras_file.read(KERAS_2 / "functional.weights.h5", tmp_path, "functional.weights.h5")
