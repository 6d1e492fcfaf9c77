"""Functions of a value that other formats spell out in several operations, known by what they make of a few values."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mnist_core.errors import InputError
from mnist_core.language import gettext

SAME_NUMBER = 1e-5
SELU_DEPTH, SELU_SCALE = 1.67326324, 1.05070098
# Where a function that a file spells out is looked at.
GRID = np.linspace(-6, 6, 121)


def slope_below(values: np.ndarray) -> float:
    """The slope below zero of a function that is the identity above it; 0 if it is no such function."""
    if values.shape != GRID.shape or not np.allclose(values[GRID >= 0], GRID[GRID >= 0], atol=SAME_NUMBER):
        return 0
    slopes = values[GRID < 0] / GRID[GRID < 0]
    return float(slopes[0]) if np.allclose(slopes, slopes[0], atol=SAME_NUMBER) and 0 < slopes[0] < 1 else 0


def lowest(values: np.ndarray) -> float:
    """How deep a function falls that is the identity above zero and exponential below; 0 if it is no such function."""
    below = GRID < 0
    if values.shape != GRID.shape or not np.allclose(values[~below], GRID[~below], atol=SAME_NUMBER):
        return 0
    depths = values[below] / np.expm1(GRID[below])
    return float(depths[0]) if np.allclose(depths, depths[0], atol=SAME_NUMBER) and depths[0] > 0 else 0


def chosen(condition: np.ndarray, values: np.ndarray, others: np.ndarray) -> np.ndarray:
    made: np.ndarray = np.where(condition > 0, values, others)
    return made


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
    "selu": lambda values: SELU_SCALE * np.where(values > 0, values, SELU_DEPTH * np.expm1(np.minimum(values, 0))),
}


def factor_of_known(values: np.ndarray) -> float:
    """How many times one of `FUNCTIONS` this is at `GRID`; 0 if it is a multiple of none."""
    for known in FUNCTIONS.values():
        whole = known(GRID)
        factor = float(values[-1] / whole[-1]) if values.shape == GRID.shape else 0.0
        if factor and np.allclose(values, factor * whole, atol=SAME_NUMBER):
            return factor
    return 0


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
    "elu": FUNCTIONS["elu"],
    "clip": np.clip,
    # Conditions are 1 and 0.
    "greater": lambda values, others: np.where(values > others, 1.0, 0.0),
    "less": lambda values, others: np.where(values < others, 1.0, 0.0),
    "greaterorequal": lambda values, others: np.where(values >= others, 1.0, 0.0),
    "greater_equal": lambda values, others: np.where(values >= others, 1.0, 0.0),
    "not": lambda values: 1 - values,
    "logical_not": lambda values: 1 - values,
    "cast": lambda values: values,
    "where": chosen,
    "select": chosen,
    "select_v2": chosen,
}
TRANSPOSE = "transpose"
OF_THREE = ("clip", "where", "select", "select_v2")


@dataclass(frozen=True)
class Spelled:
    """What a file has made so far of a value, where that is `GRID`: fixed + constant · varying."""

    fixed: np.ndarray
    order: tuple[int, ...]  # of its axes by those of the value, the batch counted
    varying: np.ndarray | None = None
    constant: np.ndarray | None = None  # one for each channel or pixel, its axes ordered as those of the value

    def turned(self, order: Sequence[int]) -> "Spelled":
        """With its axes in another order."""
        if sorted(order) != list(range(len(self.order))) or order[0] != 0:
            raise InputError(gettext("it orders the axes otherwise than the batch first"))
        return Spelled(self.fixed, tuple(self.order[axis] for axis in order), self.varying, self.constant)

    def slopes(self) -> np.ndarray | None:
        """The slope below zero of each channel or pixel, where that is all that varies, as in PReLU."""
        if self.varying is None or self.constant is None:
            return None
        below = GRID < 0
        own, more = self.fixed[below] / GRID[below], self.varying[below] / GRID[below]
        is_same_above = np.allclose(self.fixed[~below], GRID[~below], atol=SAME_NUMBER)
        if not is_same_above or np.ptp(own) > SAME_NUMBER or np.ptp(more) > SAME_NUMBER or self.varying[~below].any():
            return None
        return own[0] + self.constant * more[0]


def applied(operation: str, given: Sequence[Spelled | np.ndarray]) -> Spelled | None:
    """What an operation makes of such values and of constants; None where it is none of those that are followed."""
    spelled = [one for one in given if isinstance(one, Spelled)]
    orders = {one.order for one in spelled}
    if operation not in OPERATIONS or len(orders) != 1 or (len(given) == 3) != (operation in OF_THREE):
        return None
    (order,) = orders
    if any(one.varying is not None for one in spelled):
        return _with_varying(operation, given, order)
    arrays = [one for one in given if not isinstance(one, Spelled) and one.size > 1]
    if arrays:
        if operation != "mul" or len(given) != 2 or arrays[0].ndim > len(order):
            return None
        whole = arrays[0].reshape((1,) * (len(order) - arrays[0].ndim) + arrays[0].shape)
        # The array lies as the value does by now.
        return Spelled(np.zeros_like(GRID), order, spelled[0].fixed, whole.transpose(np.argsort(order)))
    values = [one.fixed if isinstance(one, Spelled) else one.astype(np.float64).reshape(()) for one in given]
    return Spelled(OPERATIONS[operation](*values), order)


def _with_varying(operation: str, given: Sequence[Spelled | np.ndarray], order: tuple[int, ...]) -> Spelled | None:
    """A sum, or a product, of what varies and what does not."""
    varying = [one for one in given if isinstance(one, Spelled) and one.varying is not None]
    others = [one for one in given if not isinstance(one, Spelled) or one.varying is None]
    if len(varying) != 1 or len(others) != 1:
        return None
    (whole,), (other,) = varying, others
    if isinstance(other, np.ndarray) and other.size > 1:
        return None
    value = other.fixed if isinstance(other, Spelled) else other.astype(np.float64).reshape(())
    if operation == "add":
        return Spelled(whole.fixed + value, order, whole.varying, whole.constant)
    if operation == "mul" and whole.varying is not None:
        return Spelled(whole.fixed * value, order, whole.varying * value, whole.constant)
    return None
