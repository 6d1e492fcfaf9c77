"""A trained Keras model → the files that others load. Needs TensorFlow."""

import contextlib
import io
import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from mnist_core import architectures, files, keras_file, weights
from mnist_core.config import TrainConfig
from mnist_core.layers import IMAGE_SHAPE, Layer, parse_layer
from mnist_core.runs import Run

if TYPE_CHECKING:
    import onnx


def write_model(trained: keras.Model, config: TrainConfig, run: Run) -> None:
    """Writes `model.keras` and `model.tflite` into a run folder, atomically.

    The Keras file ends as its layer list says. The LiteRT file always ends in softmax: where a recipe ends in
    a sigmoid, Keras computes the loss from the values before it, as if softmax followed; and the sigmoids of several
    digits round to 1 in float32, so that no highest one is left (in `mnist-ann` on one test image in eleven).
    """
    _write(config.layers, trained.get_weights(), run)


def _write(layers: tuple[Layer, ...], arrays: list[np.ndarray], run: Run) -> None:
    files.write_with(run.keras_path, build(layers, arrays).save)
    files.write_bytes(run.model_path, to_litert(build(layers, arrays, "softmax")))


def build(layers: tuple[Layer, ...], arrays: list[np.ndarray], output: str = "") -> keras.Model:
    """Builds a network with weights, float32 arrays in the order of `get_weights`; `output` as in `architectures`."""
    model = architectures.build(layers, output)
    model.set_weights(arrays)
    return model


def build_files(layers: list[str], folder: str) -> None:
    """Builds an imported model's `model.keras` and `model.tflite`; a task for `confined.run`.

    Args:
        layers: The layers in the lab's notation.
        folder: Holds `weights.npz`, and gets the two files.
    """
    network, run = tuple(map(parse_layer, layers)), Run(Path(folder))
    _write(network, weights.read_npz(run.folder / "weights.npz", network, "the model"), run)


def to_litert(model: keras.Model) -> bytes:
    """Converts a model for LiteRT, which answers without TensorFlow.

    The converter writes pages of compiler notes to the terminal; they help nobody who trains a network.
    """
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = Path(folder) / "model.tflite"
        previous = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            model.export(path, format="litert", verbose=False)
        finally:
            logging.disable(previous)
        return path.read_bytes()


def write_onnx(keras_path: str, onnx_path: str) -> None:
    """Writes a model of the lab as ONNX, which ends in softmax as its LiteRT file does; a task for `confined.run`.

    Its input is `image`, float32 `[batch, 28, 28, 1]` between 0 and 1; its output `probabilities`, float32
    `[batch, 10]`.
    """
    import onnx

    with tempfile.TemporaryDirectory() as folder:
        layers, arrays = keras_file.read(Path(keras_path), Path(folder), "the model")
        model = build(layers, arrays, "softmax")
        model(np.zeros((1, *IMAGE_SHAPE), np.float32))  # Keras exports what has been called
        path = Path(folder) / "model.onnx"
        model.export(path, format="onnx", verbose=False)
        converted = onnx.load(path)
    _name_ends(converted)
    onnx.checker.check_model(converted, full_check=True)
    files.write_bytes(Path(onnx_path), converted.SerializeToString())


def _name_ends(model: "onnx.ModelProto") -> None:
    """Gives input and output the names that a person expects, and says what they hold."""
    graph = model.graph
    names = {graph.input[0].name: "image", graph.output[0].name: "probabilities"}
    for node in graph.node:
        for places in (node.input, node.output):
            places[:] = [names.get(name, name) for name in places]
    for value in (graph.input[0], graph.output[0]):
        value.name = names[value.name]
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    graph.name = "digits"
    graph.doc_string = "image: white ink on black, 0 to 1; probabilities: of the digits 0 to 9"
