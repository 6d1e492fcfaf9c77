"""What a model from elsewhere expects of its pixels: found by what it reads best, and given to it by a layer in front.

The lab gives values from 0 to 1, white ink on black. A network that learned from 0 to 255, or from dark ink, reads
these badly, and nothing in its file says so. A normalization as its first layer, which turns the ones into the others,
makes it a network like any other: every page and every export has it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mnist_core.config.network import Layer
from mnist_core.data.greys import DEVIATION, MEAN
from mnist_core.sharing.keras_layers import EPSILON

LOOKED_AT = 500  # images
# Another range has to read so much more, and that well.
BETTER, LEAST = 0.02, 0.5


@dataclass(frozen=True)
class Range:
    """Values that a model expects: those of the lab, 0 to 1, times a factor, and an offset."""

    words: str  # for people
    factor: float
    offset: float


OWN = Range("0 to 1", 1, 0)
_DIRECT = (
    OWN,
    Range("0 to 255", 255, 0),
    Range("-1 to 1", 2, -1),
    Range("standardized", 1 / DEVIATION, -MEAN / DEVIATION),
)
RANGES = (
    *_DIRECT,
    *(Range(f"{one.words}, dark ink on light", -one.factor, one.offset + one.factor) for one in _DIRECT),
)


def expected(images: np.ndarray, labels: np.ndarray, answer: Callable[[np.ndarray], np.ndarray]) -> Range:
    """Finds the range that a model reads best by.

    Args:
        images: uint8 `[N, 28, 28]`, of which some are looked at; none that the model is judged by.
        labels: int64 `[N]`.
        answer: Gives the model's probabilities `[N, 10]` of values float32 `[N, 28, 28, 1]`.
    """
    pixels = images[:LOOKED_AT, ..., np.newaxis].astype(np.float32) / 255
    labels = labels[:LOOKED_AT]

    def right(one: Range) -> float:
        values = (pixels * one.factor + one.offset).astype(np.float32)
        return float((answer(values).argmax(axis=1) == labels).mean())

    own = right(OWN)
    if own > 1 - BETTER:
        return OWN
    shares = {one: right(one) for one in RANGES}
    best = max(shares.values())
    if best < max(LEAST, own + BETTER):
        return OWN
    # Of ranges that read nearly as well, the plainest.
    return next(one for one, share in shares.items() if share > best - BETTER)


def in_front(wanted: Range) -> tuple[Layer, list[np.ndarray]]:
    """Returns a layer that turns the lab's pixels into those that are wanted, and its arrays, float32."""
    values = (wanted.factor, wanted.offset, 0.0, 1 - EPSILON)  # scale, offset, mean and variance
    return Layer("norm"), [np.full(1, value, np.float32) for value in values]
