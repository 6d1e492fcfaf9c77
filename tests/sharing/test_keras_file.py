"""Keras files that are taken, and the sentences for those that are not; what Keras itself writes is in test_export."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.config.network import network_text
from mnist_core.errors import InputError
from mnist_core.runs import run_folders
from mnist_core.sharing import keras_file, model_file, weights
from tests.hostile import models as hostile_models
from tests.hostile.models import NETWORK, Json, arrays, keras_config, keras_layers


def read(tmp_path: Path, content: bytes) -> tuple[str, list[np.ndarray]]:
    path = tmp_path / "mine.keras"
    path.write_bytes(content)
    layers, own = keras_file.read(path, tmp_path, "mine.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.keras"]
    return network_text(layers), own


def test_layers_and_weights_come_back_as_they_were_written(tmp_path: Path) -> None:
    text, own = read(tmp_path, hostile_models.sound_keras())
    assert text == network_text(NETWORK)
    for one, other in zip(own, arrays(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_layers_that_the_lab_says_by_others_are_read(tmp_path: Path) -> None:
    text, own = read(tmp_path, hostile_models.sound_wide_keras())
    assert text == network_text(hostile_models.WIDE)
    depthwise, no_bias = own[:2]
    assert depthwise.shape == (3, 3, 1, 1) and no_bias.tolist() == [0]


def test_the_shipped_model_is_read_without_keras(tmp_path: Path) -> None:
    shipped = run_folders.find("best")
    layers, own = keras_file.read(shipped.keras_path, tmp_path, "best")
    assert layers == shipped.config().layers
    assert [array.shape for array in own] == [shape for one in weights.shapes(layers) for shape in one]


def older(config: Json) -> Json:
    """As Keras 3.0 wrote it: types by their names, fewer fields."""
    for layer in config["config"]["layers"]:
        layer["config"]["dtype"] = "float32"
        for field in ("ragged", "optional", "renorm", "quantization_config"):
            layer["config"].pop(field, None)
    return config


def compiled(config: Json) -> Json:
    return config | {"compile_config": {"optimizer": {"module": "somebody", "class_name": "Optimizer"}}}


def padded(config: Json) -> Json:
    config["config"]["layers"][1]["config"] |= {"padding": "same", "activation": "gelu"}
    return config


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (older, network_text(NETWORK)),
        (compiled, network_text(NETWORK)),
        (
            padded,
            network_text(NETWORK).replace("conv:2:3:relu", "conv:2:3:same:gelu").replace("maxpool:4", "maxpool:4"),
        ),
    ],
    ids=["older", "compiled", "padded"],
)
def test_variants_that_mean_the_same_are_taken(tmp_path: Path, change: Any, text: str) -> None:
    config = change(keras_config())
    assert network_text(tuple(keras_file.chain_of(config, "mine.keras").layers)) == text


@pytest.mark.parametrize(
    ("number", "fields", "sentence"),
    [
        (
            1,
            {"strides": [2, 1]},
            r"Layer 2 of mine.keras \(Conv2D\): Its 'strides' is \[2, 1\]; expected the same whole",
        ),
        (1, {"kernel_size": [3, 65]}, "expected numbers from 1 to 64"),
        (1, {"strides": [2, 2], "dilation_rate": [2, 2]}, "both strides and a dilation"),
        (1, {"filters": True}, "'filters' is true"),
        (1, {"activation": "log_softmax"}, "activation of a convolution is 'log_softmax'"),
        (2, {"pool_size": [2, 3]}, r"'pool_size' is \[2, 3\]; expected the same whole number twice"),
        (3, {"epsilon": -1.0}, "Its epsilon is -1.0; expected a number from 0 to 1"),
        (5, {"noise_shape": [1, 2]}, "has a noise_shape, which the lab's layers have not"),
        (5, {"rate": 1.5}, "Its rate is 1.5"),
        (7, {"dtype": "float16"}, r"Layer 8 of mine.keras \(Dense\) computes in 'float16'; expected float32"),
        (7, {"units": 11}, "must give one probability for each digit"),
    ],
)
def test_a_refusal_names_the_layer_and_what_was_expected(number: int, fields: Json, sentence: str) -> None:
    layers = keras_layers()
    layers[number]["config"] |= fields
    with pytest.raises(InputError, match=sentence):
        keras_file.chain_of(keras_config(layers), "mine.keras")


def test_an_array_in_pieces_and_compressed_is_read_too(tmp_path: Path) -> None:
    dense = arrays()[6]

    def change(file: Any, name: str) -> None:
        file.create_dataset(name, data=dense, chunks=(10, 10), compression="gzip")

    _, own = read(tmp_path, hostile_models.replaced(hostile_models.DENSE, change))
    np.testing.assert_array_equal(own[6], dense)


def test_unpack_leaves_arrays_that_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnist_core.files.sandbox.limit", lambda memory: None)  # this process needs more
    (tmp_path / "mine.keras").write_bytes(hostile_models.sound_keras())
    said = model_file.unpack(str(tmp_path / "mine.keras"), str(tmp_path), "mine.keras")
    assert json.loads(json.dumps(said)) == {"layers": [str(layer) for layer in NETWORK], "note": "", "front": 0}
    for one, other in zip(weights.read_npz(tmp_path / "weights.npz", NETWORK, "it"), arrays(), strict=True):
        np.testing.assert_array_equal(one, other)
