"""A trained Keras model → the files that others load. Needs TensorFlow."""

import contextlib
import io
import logging
import tempfile
from pathlib import Path

import keras

from mnist_core import files
from mnist_core.runs import Run


def write_model(model: keras.Model, run: Run) -> None:
    """Writes `model.keras` and `model.tflite` into a run folder, atomically."""
    files.write_with(run.keras_path, model.save)
    files.write_bytes(run.model_path, to_litert(model))


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
