"""Functions of a value that other formats spell out in several operations, known by what they make of a few values."""

import math
from collections.abc import Callable

import numpy as np

SAME_NUMBER = 1e-5
# Where a function that a file spells out is looked at.
GRID = np.linspace(-6, 6, 121)


def slope_below(values: np.ndarray) -> float:
    """The slope below zero of a function that is the identity above it; 0 if it is no such function."""
    if values.shape != GRID.shape or not np.allclose(values[GRID >= 0], GRID[GRID >= 0], atol=SAME_NUMBER):
        return 0
    slopes = values[GRID < 0] / GRID[GRID < 0]
    return float(slopes[0]) if np.allclose(slopes, slopes[0], atol=SAME_NUMBER) and 0 < slopes[0] < 1 else 0


def erf(values: np.ndarray) -> np.ndarray:
    return np.array([math.erf(value) for value in values.flat]).reshape(values.shape)


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


# Keras's functions that other formats may spell out in several operations.
FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda values: np.maximum(values, 0),
    "gelu": lambda values: values * (1 + erf(values / math.sqrt(2))) / 2,
    "silu": lambda values: values * sigmoid(values),
    "elu": lambda values: np.where(values > 0, values, np.expm1(np.minimum(values, 0))),
    "softplus": lambda values: np.log1p(np.exp(values)),
    "softsign": lambda values: values / (1 + np.abs(values)),
    "mish": lambda values: values * np.tanh(np.log1p(np.exp(values))),
    "hard_silu": lambda values: values * np.clip(values / 6 + 0.5, 0, 1),
}
# What such operations may be, by what every format calls them in small letters.
OPERATIONS: dict[str, Callable[..., np.ndarray]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "max": np.maximum,
    "maximum": np.maximum,
    "min": np.minimum,
    "minimum": np.minimum,
    "neg": np.negative,
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "erf": erf,
    "erfc": lambda values: 1 - erf(values),
    "sigmoid": sigmoid,
    "logistic": sigmoid,
    "relu": FUNCTIONS["relu"],
    "softplus": FUNCTIONS["softplus"],
    "identity": lambda values: values,
}
