"""Networks as tutorials build them, saved by Keras itself, mean the same in the lab's terms."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.config.network import Layer, network_text
from mnist_core.data import sources
from mnist_core.errors import InputError
from mnist_core.files import sandbox
from mnist_core.sharing import importing, keras_chain, keras_file, keras_layers, tensorflow_tasks
from mnist_core.training import keras_import
from tests.conftest import REAL_MNIST

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


def given(**fields: Any) -> Any:
    return L.Normalization(**fields)


# What MNIST's own test images go through; those without a first layer begin with a picture.
WIDER: dict[str, list[Any]] = {
    "activations with a number": [
        *(L.Conv2D(4, 3, activation="leaky_relu"), L.LeakyReLU(0.1), L.ELU(0.5), L.ReLU(6), L.ReLU(max_value=2.5)),
        *(L.ReLU(negative_slope=0.2), L.Conv2D(4, 3, activation=L.LeakyReLU(0.05)), *end()),
    ],
    "more activations": [
        *(L.Conv2D(4, 3, activation=name) for name in ("silu", "softplus", "relu6", "hard_sigmoid", "mish", "gelu")),
        *(L.Activation("softsign"), L.Activation("selu"), L.Conv2D(4, 3, activation="hard_silu")),
        *(L.Conv2D(4, 3, activation="exponential"), *end()),
    ],
    "PReLU": [
        *(L.Conv2D(4, 3, strides=2), L.PReLU(), L.Conv2D(4, 3), L.PReLU(shared_axes=[1, 2]), L.PReLU(shared_axes=[1])),
        *(L.Flatten(), L.Dense(20), L.PReLU(), L.Dense(10)),
    ],
    "strides and pooling": [
        *(L.Conv2D(4, 3, strides=2, padding="same"), L.MaxPooling2D(3, strides=2), L.MaxPooling2D(3, padding="same")),
        *(L.AveragePooling2D(2, strides=1, padding="same"), *end()),
    ],
    "kernels that are not square": [
        *(L.Conv2D(3, (1, 5)), L.Conv2D(3, (5, 1), padding="same"), L.Conv2D(3, (3, 2), padding="same")),
        *(L.Conv2D(3, (3, 2), strides=2, padding="same"), L.DepthwiseConv2D((3, 1)), *end()),
    ],
    "kernels with gaps": [
        *(L.Conv2D(3, 3, dilation_rate=2), L.Conv2D(3, 3, dilation_rate=3, padding="same")),
        *(L.DepthwiseConv2D(3, dilation_rate=2, padding="same"), *end()),
    ],
    "padding and cropping": [
        *(L.ZeroPadding2D(((1, 0), (2, 3))), L.Conv2D(3, 3), L.ZeroPadding2D(1), L.MaxPooling2D(2)),
        *(L.Cropping2D(((1, 2), (0, 1))), L.ZeroPadding2D(1), L.Conv2D(3, 3), L.ZeroPadding2D(1)),
        *(L.Conv2D(3, 3, strides=2), *end()),
    ],
    "separable convolutions": [
        L.SeparableConv2D(4, 3, activation="relu", depth_multiplier=2, padding="same"),
        *(L.SeparableConv2D(6, 3, use_bias=False, strides=2), L.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False)),
        *end(),
    ],
    "normalization": [
        *(given(), L.Conv2D(2, 3), given(), given(axis=None), given(mean=0.1, variance=0.5, axis=None)),
        *(given(mean=[0.1, 0.2], variance=[0.5, 0.0]), *end()),
    ],
    "normalization of rows": [keras.Input((28, 28)), given(axis=None), L.Flatten(), given(), L.Dense(10)],
    "normalization of columns": [keras.Input((28, 28)), given(), L.Flatten(), L.Dense(10)],
    "normalization of pixels": [keras.Input((28, 28)), given(axis=(1, 2)), L.Flatten(), L.Dense(10)],
    "LeNet": [
        *(keras.Input((32, 32, 1)), L.Conv2D(6, 5, activation="tanh"), L.AveragePooling2D(2), L.Conv2D(16, 5)),
        *(L.Activation("tanh"), L.AveragePooling2D(2), L.Flatten(), L.Dense(30, activation="tanh"), L.Dense(10)),
    ],
    "rows of larger pictures": [keras.Input((1024,)), L.Reshape((32, 32, 1)), L.Conv2D(2, 5), *end()],
    "smaller pictures": [keras.Input((14, 14)), *end()],
    "pictures resized": [L.Resizing(32, 32), L.Conv2D(3, 5), *end()],
    "colours": [keras.Input((28, 28, 3)), L.Rescaling(1 / 127.5, offset=-1), L.MaxPooling2D(), L.Conv2D(4, 3), *end()],
    "colours in rows": [keras.Input((32, 32, 3)), L.Flatten(), L.Dense(16, activation="relu"), L.Dense(10)],
    "each colour in its own way": [
        *(keras.Input((3, 28, 28)), L.Permute((2, 3, 1)), given(mean=[0.1, 0.2, 0.3], variance=[0.2, 0.3, 0.4])),
        *(L.BatchNormalization(), L.SeparableConv2D(4, 3), L.GlobalMaxPooling2D(), L.Dense(10)),
    ],
    "channels first": [
        *(keras.Input((1, 28, 28)), L.Conv2D(4, 3, data_format="channels_first", activation="relu")),
        *(L.BatchNormalization(axis=1), L.MaxPooling2D(data_format="channels_first"), L.PReLU(shared_axes=[2, 3])),
        *(L.PReLU(), L.Flatten(), L.BatchNormalization(), L.PReLU(), L.Dropout(0.1), L.Dense(10)),
    ],
    "flattened channels first": [L.Conv2D(3, 3), L.Flatten(data_format="channels_first"), L.Dense(10)],
    "no dense layer": [
        L.Conv2D(8, 3, strides=2, activation="relu"),
        L.Conv2D(10, 1),
        L.GlobalMaxPooling2D(),
        L.Softmax(),
    ],
    "normalized at the end": [L.Dense(4), *end()[:-1], L.Dense(10), L.BatchNormalization(), L.Activation("softmax")],
    "augmentation as a model": [
        keras.Sequential([L.RandomRotation(0.1), L.RandomErasing(0.1), L.RandomGaussianBlur()]),
        *(L.Conv2D(2, 3, kernel_regularizer="l2"), L.Identity(), *end()),
    ],
}


def network(kind: str) -> keras.Model:
    layers = WIDER[kind]
    return keras.Sequential(layers if isinstance(layers[0], keras.KerasTensor) else [PICTURE, *layers])


def settled(model: keras.Model) -> keras.Model:
    """Gives all arrays values at random that make the answers differ."""
    random = np.random.default_rng(1)

    def value(name: str, array: np.ndarray) -> np.ndarray:
        if array.ndim < 2 or name in ("mean", "variance"):
            return random.uniform(0.3, 0.9, array.shape).astype(array.dtype)
        return random.normal(0, math.sqrt(2 / math.prod(array.shape[:-1])), array.shape).astype(array.dtype)

    model.set_weights([value(one.name, array) for one, array in zip(model.weights, model.get_weights(), strict=True)])
    for layer in model.layers:
        if isinstance(layer, L.Normalization) and layer.input_mean is None:
            layer.finalize_state()
    return model


def as_taken(images: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Pictures `[N, 28, 28, 1]` as people give them to a model that takes another shape."""
    colours_first = len(shape) == 3 and shape[0] < shape[2]
    side = math.isqrt(shape[0]) if len(shape) == 1 else shape[1]
    edge = (side - 28) // 2
    if edge > 0:
        images = np.pad(images, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    elif edge < 0:
        images = images.reshape(len(images), side, 2, side, 2, 1).mean(axis=(2, 4))
    if 3 in shape:
        images = images.repeat(3, axis=3)
    return (images.transpose(0, 3, 1, 2) if colours_first else images).reshape(len(images), *shape)


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


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """Some of MNIST's test images, or where it is not here of scikit-learn's, as float32 `[N, 28, 28, 1]`."""
    data = sources.load(REAL_MNIST or "digits-8x8")
    return data.test_images[:300, ..., np.newaxis].astype(np.float32) / 255


@pytest.mark.parametrize("kind", WIDER)
def test_digits_are_read_as_by_keras(kind: str, digits: np.ndarray, tmp_path: Path) -> None:
    model = settled(network(kind))
    pixels = 255 if any(isinstance(layer, L.Rescaling) for layer in model.layers) else 1
    expected = probabilities(np.asarray(model(pixels * as_taken(digits, model.input_shape[1:]), training=False)))
    assert expected.std(axis=0).max() > 0.01  # a network that answers always the same would agree with many
    suffix = "h5" if kind in ("normalization", "separable convolutions", "PReLU") else "keras"
    model.save(tmp_path / f"mine.{suffix}")
    layers, arrays = keras_file.read(tmp_path / f"mine.{suffix}", tmp_path, "mine")
    found = np.asarray(model_files.build(layers, arrays, "softmax")(digits))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("LeNet", "It takes pictures of 32×32: zeros are put around the lab's of 28×28."),
        ("smaller pictures", "It takes pictures of 14×14: a first layer resizes the lab's of 28×28."),
        ("colours", "It takes pictures in colour: each of the lab's is given to it three times."),
        (
            "augmentation as a model",
            "Left out, since it matters to training alone: RandomRotation, RandomErasing, RandomGaussianBlur and "
            "regularizers.",
        ),
        ("channels first", ""),
    ],
)
def test_what_is_done_for_a_model_is_said(kind: str, note: str, tmp_path: Path) -> None:
    network(kind).save(tmp_path / "mine.keras")
    assert keras_file.read_chain(tmp_path / "mine.keras", tmp_path, "mine")[0].note == note


def test_a_functional_chain_is_read_and_a_branch_refused(tmp_path: Path) -> None:
    start = keras.Input((28, 28, 1))
    seen = L.MaxPooling2D()(L.Conv2D(4, 3, activation="relu")(start))
    model = with_statistics(keras.Model(start, L.Dense(10, activation="softmax")(L.Flatten()(seen))))
    model.save(tmp_path / "mine.keras")
    np.testing.assert_allclose(answers_of(tmp_path / "mine.keras", tmp_path), np.asarray(model(IMAGES)), atol=1e-4)
    parts = L.Dense(4)(L.Flatten()(seen)), L.Dense(10, activation="softmax")(L.Flatten()(start))
    keras.Model(start, parts[1]).save(tmp_path / "one.keras")
    keras_file.read(tmp_path / "one.keras", tmp_path, "one.keras")
    keras.Model(start, list(parts)).save(tmp_path / "both.keras")
    with pytest.raises(InputError, match="is no single chain"):
        keras_file.read(tmp_path / "both.keras", tmp_path, "both.keras")
    summed = L.Add()([L.Flatten()(seen), L.Flatten()(seen)])
    keras.Model(start, L.Dense(10, activation="softmax")(summed)).save(tmp_path / "sum.keras")
    with pytest.raises(InputError, match="is not read: Add joins branches, and only single chains are read"):
        keras_file.read(tmp_path / "sum.keras", tmp_path, "sum.keras")
    both = L.Concatenate()([L.Flatten()(seen), L.Flatten()(start)])
    keras.Model(start, L.Dense(10, activation="softmax")(both)).save(tmp_path / "two.keras")
    with pytest.raises(InputError, match="is not read: Concatenate joins branches"):
        keras_file.read(tmp_path / "two.keras", tmp_path, "two.keras")


@pytest.mark.parametrize(
    ("network", "complaint"),
    [
        ([keras.Input((32, 28, 1)), *end()], r"takes \[null, 32, 28, 1\]; expected square pictures"),
        ([keras.Input((28, 28, 4)), *end()], "of one channel or three"),
        ([PICTURE, L.Conv2D(4, 3, strides=(1, 2)), *end()], r"'strides' is \[1, 2\]"),
        ([PICTURE, L.ReLU(threshold=0.5), *end()], "has threshold 0.5"),
        ([PICTURE, L.ReLU(6, negative_slope=0.1), *end()], "both a max_value and a negative_slope"),
        ([PICTURE, L.MaxPooling2D((2, 1)), *end()], r"'pool_size' is \[2, 1\]"),
        ([PICTURE, L.LayerNormalization(), *end()], "measures each picture anew; BatchNormalization is nearest"),
        ([keras.Input((28, 28)), L.LSTM(8), L.Dense(10)], r"Layer 2 of mine.keras is not read: LSTM reads sequences"),
        ([PICTURE, L.Lambda(lambda x: x / 255), *end()], "is not read: Lambda runs code of its file"),
        (
            [PICTURE, keras.Sequential([L.Flatten(), L.Dense(10)]), L.Softmax()],
            "Layer 2 of mine.keras is a model in the",
        ),
        ([PICTURE, L.Permute((2, 1, 3)), *end()], r"Its dims are \[2, 1, 3\]"),
        ([keras.Input((28, 28)), given(axis=1), *end()], r"Its axis is \[1\]; expected -1, or \(1, 2\), or None"),
        ([PICTURE, L.Reshape((14, 56)), *end()], r"Its target is \[14, 56\]"),
        ([keras.Input((28, 28)), L.Dense(4), *end()], "put 'flatten' first"),
    ],
)
def test_what_cannot_be_is_named(network: list[Any], complaint: str, tmp_path: Path) -> None:
    keras.Sequential(network).save(tmp_path / "mine.keras")
    with pytest.raises(InputError, match=complaint):
        keras_file.read(tmp_path / "mine.keras", tmp_path, "mine.keras")


def test_pixels_of_other_types_are_taken() -> None:
    model = keras.Sequential([keras.Input((28, 28), dtype="uint8"), L.Rescaling(1 / 255), L.Flatten(), L.Dense(10)])
    config = json.loads(model.to_json())
    assert network_text(tuple(keras_file.chain_of(config, "it").layers)) == "flatten,dense:10:softmax"


def test_a_row_needs_no_flattening_twice() -> None:
    chain = keras_chain.begin((784,))
    keras_layers.add(chain, "Flatten", {})
    assert chain.layers == [Layer("flatten")]


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("name", ["model", "functional", "wider", "mixed"])
def test_what_keras_2_15_saved_answers_as_it_did_there(name: str, suffix: str, tmp_path: Path) -> None:
    """The files were made by TensorFlow 2.15.1 with Keras 2.15.0; so were its answers to the same five pictures."""
    random = np.random.default_rng(0)
    pictures = random.random((5, 28, 28)).astype(np.float32)[..., np.newaxis]
    layers, arrays = keras_file.read(KERAS_2 / f"{name}.{suffix}", tmp_path, name)
    found = np.asarray(model_files.build(layers, arrays, "softmax")(pictures))
    answers = "answers" if name == "model" else f"{name}-answers"
    # In float16, as `mixed` computed there, a number has three digits.
    np.testing.assert_allclose(found, np.load(KERAS_2 / f"{answers}.npy"), atol=5e-3 if name == "mixed" else 1e-5)


def test_numbers_of_keras_2_are_written_as_people_do(tmp_path: Path) -> None:
    layers, _ = keras_file.read(KERAS_2 / "wider.h5", tmp_path, "wider.h5")
    assert "activation:leaky_relu:0.3,prelu:shared" in network_text(layers)


@pytest.mark.long
def test_a_model_of_larger_pictures_and_other_pixels_reads_here_as_there(
    digits: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Around the lab's pictures comes paper, which is -1 where a model's pixels are -1 to 1; so it is measured, too."""
    real = sandbox.run

    def run(task: Any, arguments: dict[str, Any], *rest: Any) -> Any:
        return task(**arguments) if task is tensorflow_tasks.build_files else real(task, arguments, *rest)

    monkeypatch.setattr(sandbox, "run", run)
    data = sources.load("digits-8x8")

    def taken(images: np.ndarray) -> np.ndarray:
        return 2 * as_taken(images[..., np.newaxis] / 255, (32, 32, 1)) - 1

    pixels = taken(data.train_images).reshape(-1, 1024)
    means = np.stack([pixels[data.train_labels == digit].mean(axis=0) for digit in range(10)])
    # One filter that leaves pictures as they are, but for what is around them; the paper left outside counts, too.
    model = keras.Sequential([keras.Input((32, 32, 1)), L.Conv2D(1, 5, use_bias=False), L.Flatten(), L.Dense(10)])
    kernel = np.zeros((5, 5, 1, 1))
    kernel[0, 0] = 1
    shifted = means.reshape(10, 32, 32)[:, :28, :28].reshape(10, -1)
    model.set_weights([kernel, shifted.T, -(shifted**2).sum(axis=1) / 2])
    model.save(tmp_path / "mine.keras")
    with (tmp_path / "mine.keras").open("rb") as source:
        imported = importing.bring_in(source, "mine.keras", load=lambda name: data)
    right = (model(taken(data.test_images)).numpy().argmax(axis=1) == data.test_labels).mean()
    assert imported.status().test_accuracy == pytest.approx(right) and right > 0.8
    kinds = ["pad", "norm", "conv", "flatten", "dense"]
    assert [layer.kind for layer in imported.config().layers] == kinds
    about = imported.description().imported
    assert about and about.front == 1 and about.pixels == "-1 to 1"
    share = (model(taken(data.train_images[:500])).numpy().argmax(axis=1) == data.train_labels[:500]).mean()
    assert [way.share for way in about.tried if (way.pixels, way.transposed) == ("-1 to 1", False)] == [
        pytest.approx(share)
    ]
    plain = importing.choose(imported, about.tried[0], load=lambda name: data)
    assert [layer.kind for layer in plain.config().layers] == ["pad", "conv", "flatten", "dense"]
    again = importing.choose(plain, max(about.tried, key=lambda way: way.share), load=lambda name: data)
    assert [layer.kind for layer in again.config().layers] == kinds
    assert again.status().test_accuracy == about.measured
    assert again.label().note == "It takes pictures of 32×32: zeros are put around the lab's of 28×28."


def test_weights_alone_are_said_to_be_no_whole_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no whole model, but weights alone"):
        keras_file.read(KERAS_2 / "functional.weights.h5", tmp_path, "functional.weights.h5")
