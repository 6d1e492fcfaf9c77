"""A trained Keras model → the files that others load. Needs TensorFlow."""

import contextlib
import io
import logging
import tempfile
from pathlib import Path

import keras

from mnist_core import architectures, files
from mnist_core.config import TrainConfig
from mnist_core.runs import Run


def write_model(trained: keras.Model, config: TrainConfig, run: Run) -> None:
    """Writes `model.keras` and `model.tflite` into a run folder, atomically.

    The Keras file ends as its layer list says. The LiteRT file always ends in softmax: where a recipe ends in
    a sigmoid, Keras computes the loss from the values before it, as if softmax followed; and the sigmoids of several
    digits round to 1 in float32, so that no highest one is left (in `mnist-ann` on one test image in eleven).
    """
    files.write_with(run.keras_path, _with_output(trained, config, "").save)
    files.write_bytes(run.model_path, to_litert(_with_output(trained, config, "softmax")))


def _with_output(trained: keras.Model, config: TrainConfig, output: str) -> keras.Model:
    model = architectures.build(config.layers, output)
    model.set_weights(trained.get_weights())
    return model


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
