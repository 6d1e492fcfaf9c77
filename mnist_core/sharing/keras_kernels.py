"""Keras's kernels as the lab has them, square and without gaps: what becomes of their sides, and of their arrays."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from mnist_core.config.network import MOST_PIXELS, Layer, Shape
from mnist_core.errors import InputError
from mnist_core.language import gettext
from mnist_core.sharing import keras_fields
from mnist_core.sharing.keras_chain import Chain, Part

Pixels = tuple[int, int]  # along the height and the width


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
    size = keras_fields.pair(config, "kernel_size")
    gap, stride = (keras_fields.equal(config, name, 1) for name in ("dilation_rate", "strides"))
    if gap > 1 and stride > 1:
        raise InputError(
            gettext("It has both strides and a dilation, which Keras does not compute; expected one of them.")
        )
    covered = gap * (size[0] - 1) + 1, gap * (size[1] - 1) + 1
    side = max(covered)
    if side > MOST_PIXELS:
        raise InputError(
            gettext(
                "Its kernel covers {side} pixels; at most {most_pixels} are read.", side=side, most_pixels=MOST_PIXELS
            )
        )
    padding, offset = _padded(chain, config["padding"], covered, stride)
    fit = functools.partial(_placed, side=side, gap=gap, offset=offset)
    return {"size": side, "padding": padding, "stride": stride}, fit


def _padded(chain: Chain, padding: str, covered: Pixels, stride: int) -> tuple[str, Pixels]:
    """The padding for a square kernel that does as one that covers so many pixels, and where in it that one lies.

    Zeros that a square kernel needs beside those of its padding are put around the picture before it.
    """
    side = max(covered)
    if covered[0] == covered[1]:
        if padding == "valid" and stride == 1 and side % 2 and _takes_padding(chain, (side - 1) // 2):
            padding = "same"
        return padding, (0, 0)
    if padding == "same" and stride == 1 and covered[0] % 2 and covered[1] % 2:
        return "same", ((side - covered[0]) // 2, (side - covered[1]) // 2)
    zeros = [(0, 0), (0, 0)]
    if padding == "same" and chain.is_picture:
        zeros = [zeros_of_same(length, one, stride) for length, one in zip(chain.shape[:2], covered, strict=True)]
    (top, bottom), (left, right) = zeros
    chain.add(Layer("pad", sides=(top, bottom + side - covered[0], left, right + side - covered[1])))
    return "valid", (0, 0)


def _takes_padding(chain: Chain, pixels: int) -> bool:
    """Takes a padding of so many pixels on each side away, if the file has one there."""
    found = len(chain.layers) > chain.front and chain.layers[-1] == Layer("pad", sides=(pixels,) * 4)
    if found:
        chain.layers.pop()
    return found


def zeros_of_same(length: int, covered: int, stride: int) -> Pixels:
    """How many zeros `same` puts before and behind a side of a picture, for a kernel that covers so many pixels."""
    missing = max((-(-length // stride) - 1) * stride + covered - length, 0)
    return missing // 2, missing - missing // 2


def _placed(kernel: np.ndarray, side: int, gap: int, offset: Pixels) -> np.ndarray:
    """A kernel `[height, width, …]` within one of this side, its values this far apart, the first at an offset."""
    if kernel.shape[:2] == (side, side):
        return kernel
    placed = np.zeros((side, side, *kernel.shape[2:]), np.float32)
    rows, columns = (
        slice(start, start + gap * (size - 1) + 1, gap) for start, size in zip(offset, kernel.shape[:2], strict=True)
    )
    placed[rows, columns] = kernel
    return placed
