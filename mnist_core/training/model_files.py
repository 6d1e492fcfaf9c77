"""A trained Keras model → the files of its run. Needs TensorFlow."""

import contextlib
import io
import logging
import tempfile
from pathlib import Path

import keras
import numpy as np

from mnist_core.config.network import Layer, Shape
from mnist_core.config.train_config import TrainConfig
from mnist_core.files import atomic
from mnist_core.mnist import IMAGE_SHAPE
from mnist_core.runs.run import Run
from mnist_core.training import keras_model


def write_model(trained: keras.Model, config: TrainConfig, run: Run) -> None:
    """Writes `model.keras` and `model.tflite` into a run folder, atomically.

    The Keras file ends as its layer list says. The LiteRT file always ends in softmax: where a recipe ends in
    a sigmoid, Keras computes the loss from the values before it, as if softmax followed; and the sigmoids of several
    digits round to 1 in float32, so that no highest one is left (in `mnist-ann` on one test image in eleven).
    """
    write_files(config.layers, trained.get_weights(), run)


def write_files(layers: tuple[Layer, ...], arrays: list[np.ndarray], run: Run) -> None:
    """Writes both files of a network with these weights."""
    atomic.write_with(run.keras_path, build(layers, arrays).save)
    atomic.write_bytes(run.model_path, to_litert(build(layers, arrays, "softmax")))


def build(
    layers: tuple[Layer, ...], arrays: list[np.ndarray], output: str = "", shape: Shape = IMAGE_SHAPE
) -> keras.Model:
    """Builds a network with weights, float32 arrays in the order of `get_weights`; the rest as in `keras_model`."""
    model = keras_model.build(layers, output, shape=shape)
    model.set_weights(arrays)
    return model


def weights_of(path: Path) -> list[np.ndarray]:
    """Reads the weights of a Keras file that this lab wrote."""
    arrays: list[np.ndarray] = keras.saving.load_model(path, compile=False).get_weights()
    return arrays


def to_litert(model: keras.Model) -> bytes:
    """Converts a model for LiteRT, which answers without TensorFlow.

    The converter writes pages of compiler notes to the terminal; they help nobody who trains a network.
    """
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = Path(folder) / "model.tflite"
        previous = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            as_it_judges(model).export(path, format="litert", verbose=False)
        finally:
            logging.disable(previous)
        return path.read_bytes()


def as_it_judges(model: keras.Model) -> keras.Model:
    """The same model in which no layer trains, whoever calls it.

    Keras takes the default of a layer's `training` for all that follow it, which for Resizing is True: without this,
    what normalizes behind one would be exported as in training, by the mean of its batch.
    """
    image = keras.Input(model.input_shape[1:])
    return keras.Model(image, model(image, training=False))
