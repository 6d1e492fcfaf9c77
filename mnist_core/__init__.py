"""Digit Lab's core: data, preparation, training, judging and classifying of handwritten digits, without any page."""

import os

__version__ = "0.1.0"

# Before anything imports TensorFlow: its start-up notes help nobody in a class.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
