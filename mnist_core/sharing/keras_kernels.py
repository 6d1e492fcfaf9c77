"""Keras's kernels as the lab has them, square and without gaps: what becomes of their sides, and of their arrays."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from mnist_core.config.network import MOST_PIXELS, Layer, Shape
from mnist_core.errors import InputError
from mnist_core.sharing.keras_chain import Chain, Part
from mnist_core.sharing.keras_fields import equal, pair


def convolution_part(chain: Chain, config: dict[str, Any], size: Shape, units: int, fit: Callable[..., Any]) -> Part:
    """The part of a convolution over all channels, whose kernel `fit` brings to the lab's size."""
    channels, colours = chain.shape[-1], chain.colours
    shapes: tuple[Shape, ...] = ((*size, channels * colours, units),)
    chain.colours = 1
    return with_bias(
        config, shapes, (units,), lambda kernel: fit(kernel.reshape(*size, channels, colours, units).sum(axis=3))
    )


def with_bias(config: dict[str, Any], shapes: tuple[Shape, ...], bias: Shape, make: Callable[..., np.ndarray]) -> Part:
    """A part of a kernel and a bias, which is 0 where the file has none."""
    has_bias = config["use_bias"]
    return Part(
        lambda found: [make(found[0]), found[1] if has_bias else np.zeros(bias, np.float32)],
        (*shapes, bias) if has_bias else shapes,
    )


def window(chain: Chain, config: dict[str, Any]) -> tuple[dict[str, Any], Callable[[np.ndarray], np.ndarray]]:
    """The size, stride and padding of a kernel as the lab has it, and what makes the file's kernel one of that size.

    The lab's kernels are square and have no gaps: others become larger ones, with zeros where they have nothing.
    """
    height, width = chain.shape[:2] if chain.is_picture else (1, 1)
    size, gap, stride = pair(config, "kernel_size"), equal(config, "dilation_rate", 1), equal(config, "strides", 1)
    if gap > 1 and stride > 1:
        raise InputError("It has both strides and a dilation, which Keras does not compute; expected one of them.")
    covered = [gap * (one - 1) + 1 for one in size]
    side, padding = max(covered), config["padding"]
    offset = (0, 0)
    if padding == "same" and covered[0] != covered[1]:
        if stride == 1 and all(one % 2 for one in covered):
            offset = (side - covered[0]) // 2, (side - covered[1]) // 2
        else:
            pads = [_same(length, one, stride) for length, one in zip((height, width), covered, strict=True)]
            _pad_for(chain, pads, covered)
            padding = "valid"
    elif padding == "valid" and covered[0] != covered[1]:
        _pad_for(chain, [(0, 0), (0, 0)], covered)
    elif padding == "valid" and stride == 1 and len(chain.layers) > chain.front:
        before = chain.layers[-1]
        if before.kind == "pad" and set(before.sides) == {(side - 1) // 2} and side % 2:
            chain.layers.pop()
            padding = "same"
    if side > MOST_PIXELS:
        raise InputError(f"Its kernel covers {side} pixels; at most {MOST_PIXELS} are read.")
    fit = functools.partial(_placed, side=side, gap=gap, offset=offset)
    return {"size": side, "padding": padding, "stride": stride}, fit


def _same(length: int, covered: int, stride: int) -> tuple[int, int]:
    """How many zeros TensorFlow puts before and behind a side of the picture."""
    missing = max((-(-length // stride) - 1) * stride + covered - length, 0)
    return missing // 2, missing - missing // 2


def _pad_for(chain: Chain, pads: list[tuple[int, int]], covered: list[int]) -> None:
    """Puts zeros around a picture, and where a kernel that is made square reaches beyond what it covered."""
    (top, bottom), (left, right) = pads
    side = max(covered)
    chain.add(Layer("pad", sides=(top, bottom + side - covered[0], left, right + side - covered[1])))


def _placed(kernel: np.ndarray, side: int, gap: int, offset: tuple[int, int]) -> np.ndarray:
    """A kernel `[height, width, …]` within one of this side, its values this far apart, the first at an offset."""
    if kernel.shape[:2] == (side, side):
        return kernel
    placed = np.zeros((side, side, *kernel.shape[2:]), np.float32)
    rows, columns = (
        slice(start, start + gap * (size - 1) + 1, gap) for start, size in zip(offset, kernel.shape[:2], strict=True)
    )
    placed[rows, columns] = kernel
    return placed
