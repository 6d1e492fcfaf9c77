"""LiteRT files: what the lab reads from them answers as LiteRT does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from mnist_core import environment
from mnist_core.config.network import network_text
from mnist_core.data import sources
from mnist_core.errors import InputError
from mnist_core.runs import run_folders
from mnist_core.sharing import tflite_file
from mnist_core.sharing.tflite_file import ROUNDED, _Reader
from tests.support import tflite_models
from tests.support.described_answers import answers, probabilities
from tests.support.tflite_models import TAKEN, Graph

MOST_APART = 1e-3
# What flows between layers is rounded to 8 bits by LiteRT, where weights are.
MOST_APART_ROUNDED = 0.02


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Float32 `[200, 28, 28, 1]` between 0 and 1."""
    return sources.load("mnist").test_images[:200, ..., np.newaxis].astype(np.float32) / 255


def expected(content: bytes, images: np.ndarray) -> np.ndarray:
    """The probabilities that LiteRT gives, a picture at a time."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    asked, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    said = []
    for image in images:
        interpreter.set_tensor(asked["index"], _rounded(image[np.newaxis], asked))
        interpreter.invoke()
        said.append(_whole(interpreter.get_tensor(given["index"])[0], given))
    return probabilities(np.array(said))


def _rounded(values: np.ndarray, details: Any) -> np.ndarray:
    if details["dtype"] == np.float32:
        return values
    scale, zero = details["quantization"]
    limits = np.iinfo(details["dtype"])
    return np.clip(np.round(values / scale + zero), limits.min, limits.max).astype(details["dtype"])


def _whole(values: np.ndarray, details: Any) -> np.ndarray:
    if details["dtype"] == np.float32:
        return values
    scale, zero = details["quantization"]
    return (values.astype(np.float32) - zero) * np.float32(scale)


def found(content: bytes, images: np.ndarray) -> tuple[np.ndarray, bool]:
    """The probabilities of what is read, and whether it says that weights were rounded."""
    reader = _Reader(content, "x.tflite")
    reader.read_all()
    return probabilities(answers(*reader.translation.described("x.tflite"), images)), reader.is_rounded


@pytest.mark.parametrize("name", ["simple", "rounded", "wide strides"])
def test_what_is_read_answers_as_litert_does(name: str, images: np.ndarray) -> None:
    content = (TAKEN | {"wide strides": tflite_models.wide_strides})[name]().content()
    said, is_rounded = found(content, images)
    assert is_rounded == (name == "rounded")
    apart = np.abs(said - expected(content, images)).max()
    assert apart < (MOST_APART_ROUNDED if is_rounded else MOST_APART)
    assert np.ptp(said, axis=0).max() > 10 * MOST_APART  # it does not say the same of every image


def read(content: bytes, tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "x.tflite").write_bytes(content)
    layers, _, note, _ = tflite_file.read(tmp_path / "x.tflite", "x.tflite")
    return network_text(layers), note


def test_it_becomes_the_labs_layers(tmp_path: Path) -> None:
    assert read(TAKEN["simple"]().content(), tmp_path) == (
        "conv:6:5:relu,maxpool:3,norm,activation:relu,flatten,dense:16:relu,dense:10:softmax",
        "",
    )
    assert read(TAKEN["rounded"]().content(), tmp_path) == (
        "conv:8:3:same:leaky_relu,avgpool:4,activation:gelu,flatten,dense:16:tanh,dense:10:softmax",
        ROUNDED,
    )


def test_the_labs_own_export_comes_back(images: np.ndarray) -> None:
    path = environment.PRETRAINED / "best" / "model.tflite"
    said, is_rounded = found(path.read_bytes(), images[:50])
    assert np.abs(said - expected(path.read_bytes(), images[:50])).max() < MOST_APART and not is_rounded


@pytest.mark.long  # TensorFlow starts, and converts
def test_what_tensorflow_converts_answers_as_litert_does(images: np.ndarray) -> None:
    import tensorflow as tf

    model = tf.keras.models.load_model(run_folders.find("best").keras_path)
    apart = {}
    for kind in ("float", "float16", "weights", "whole"):
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        if kind != "float":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if kind == "whole":
            converter.representative_dataset = lambda: ([image[np.newaxis]] for image in images[:100])
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.uint8
        content = converter.convert()
        said, is_rounded = found(content, images)
        assert is_rounded == (kind in ("weights", "whole"))
        wanted = expected(content, images)
        apart[kind] = float(np.abs(said - wanted).max())
        assert (said.argmax(axis=1) == wanted.argmax(axis=1)).mean() >= 0.99
    print(apart)
    assert max(apart["float"], apart["float16"]) < MOST_APART
    assert max(apart.values()) < 0.05


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        (
            Graph().add("CUMSUM", shape=(1, 28, 28, 1)),
            r"Operation 1 of x\.tflite \(CUMSUM\): the lab's networks have no",
        ),
        (Graph((1, 32, 30, 3)).add("RELU", shape=(1, 32, 30, 3)), "it takes 32×30×3; expected square pictures such as"),
        (Graph().dense(700, 10), "its weights are 700×10, but 784 values come"),
        (Graph().add("GELU", shape=(1, 28, 28, 1), approximate=True), "it is the approximate GELU"),
        (Graph().add("RELU", shape=(1, 28, 28, 1)), "answers with 28×28×1 values; expected one for each digit"),
    ],
)
def test_a_refusal_names_the_operation_and_what_was_expected(graph: Graph, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=sentence):
        read(graph.content(), tmp_path)
