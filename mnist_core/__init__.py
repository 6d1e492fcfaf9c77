"""Digit Lab's core: data, preparation, training, judging and classifying of handwritten digits, without any page."""

__version__ = "0.1.0"
