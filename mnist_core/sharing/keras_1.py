"""What Keras 1 (1.0 to 1.2) called its layers, in the words of Keras 2 and 3; and how it kept their kernels.

It computed with TensorFlow or with Theano, which turns a kernel round before it lays it on the picture, and could keep
a kernel with its channels first. Its files do not say which of the two it was; the names of their arrays do.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_core.config.network import Layer, LayerSummary, Shape
from mnist_core.errors import InputError
from mnist_core.formatting import readable
from mnist_core.language import gettext
from mnist_core.sharing.keras_chain import Arrays, Part

VERSION, THEANO, TENSORFLOW = "1.", "theano", "tensorflow"
KINDS = {
    "Convolution2D": "Conv2D",
    "AtrousConvolution2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D",
    "Convolution1D": "Conv1D",
    "Deconvolution2D": "Conv2DTranspose",
}
WORDS = {
    "nb_filter": "filters",
    "border_mode": "padding",
    "subsample": "strides",
    "atrous_rate": "dilation_rate",
    "bias": "use_bias",
    "output_dim": "units",
    "p": "rate",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
}
# What only says again what comes in.
LEFT_OUT = ("input_dtype", "input_dim", "input_length")
ORDERS = {"th": "channels_first", "tf": "channels_last"}
# Words of its own, by which a description is known whose file does not say of which version it is.
OWN_WORDS = {"nb_filter", "nb_row", "border_mode", "dim_ordering", "output_dim", "input_dtype"}
GROUPS_OF_KERNELS = ("conv2d", "separable_conv2d")
CONVOLUTIONS = ("Conv2D", "SeparableConv2D")
POOLINGS = ("MaxPooling2D", "AveragePooling2D")


def speaks(layers: list[Any]) -> bool:
    """Whether descriptions of layers are those of Keras 1."""
    described = [layer for layer in layers if isinstance(layer, dict)]
    configs = [layer.get("config") for layer in described]
    return any(str(layer.get("class_name")) in KINDS for layer in described) or any(
        isinstance(config, dict) and not OWN_WORDS.isdisjoint(config) for config in configs
    )


def in_new_words(described: dict[str, Any]) -> dict[str, Any]:
    """The description of a layer as Keras 2 and 3 would give it; InputError says what these have not."""
    old = described["config"]
    kind = KINDS.get(str(described.get("class_name")), described.get("class_name"))
    config = {WORDS.get(name, name): value for name, value in old.items() if name not in LEFT_OUT}
    if (order := config.pop("dim_ordering", None)) is not None:
        if not isinstance(order, str) or order not in ORDERS:
            raise InputError(
                gettext(
                    "Its dim_ordering is {order}; expected {orders}.", order=readable(order), orders=" or ".join(ORDERS)
                )
            )
        config["data_format"] = ORDERS[order]
    if kind in CONVOLUTIONS:
        config["kernel_size"] = [config.pop("nb_row", None), config.pop("nb_col", None)]
        config.setdefault("use_bias", True)
    if kind == "Dense":
        config.setdefault("use_bias", True)
    if kind == "BatchNormalization":
        _check_mode(config.pop("mode", 0))
        config |= {"center": True, "scale": True}
    for name in ("padding", "cropping"):
        if kind in ("ZeroPadding2D", "Cropping2D") and name in config:
            config[name] = _in_pairs(config[name])
    return {**described, "class_name": kind, "config": config}


def _check_mode(mode: Any) -> None:
    if mode != 0 or type(mode) is not int:
        raise InputError(
            gettext("Its mode is {mode}, which measures each picture anew; expected 0.", mode=readable(mode))
        )


def _in_pairs(sides: Any) -> Any:
    """What is added or cut off above and below, left and right; one number for both, or all four, or by their names."""
    if isinstance(sides, dict):
        sides = [sides.get(f"{side}_pad", 0) for side in ("top", "bottom", "left", "right")]
    if isinstance(sides, list) and len(sides) == 4:
        return [sides[:2], sides[2:]]
    if isinstance(sides, list) and not any(isinstance(side, list) for side in sides):
        return [[side, side] for side in sides]
    return sides


def check_theano(described: dict[str, Any]) -> None:
    """Theano's `same` begins at another pixel than TensorFlow's, unless a kernel has a middle and goes by one pixel."""
    kind, config = described.get("class_name"), described["config"]
    if config.get("padding") != "same" or kind not in (*CONVOLUTIONS, *POOLINGS):
        return
    size, strides = config.get("kernel_size"), config.get("strides")
    is_odd = isinstance(size, list) and all(type(side) is int and side % 2 for side in size)
    if kind in POOLINGS or not is_odd or strides not in (None, [1, 1]):
        raise InputError(
            gettext(
                "Its padding is 'same' as Theano has it, which begins at other pixels than here; "
                "expected 'valid', or a kernel of an odd size without strides."
            )
        )


def backend_of(said: str, names: Sequence[str]) -> str:
    """What computed for Keras, by what a file says or by the names of its arrays; empty where neither tells.

    Keras 1 calls a kernel `convolution2d_1_W`; TensorFlow numbers what such a variable gives, as `…_W:0`.
    """
    if said or not any(name.rpartition(":")[0].endswith("_W") or name.endswith("_W") for name in names):
        return said
    return TENSORFLOW if any(":" in name for name in names) else THEANO


def with_old_kernels(part: Part, *, is_old: bool, channels_first: bool, backend: str) -> Part:
    """The part of a convolution whose kernels lie in the file as Keras 1, or Theano, had them."""
    first, turned = is_old and channels_first, backend == THEANO and part.group == "conv2d"
    if part.group not in GROUPS_OF_KERNELS or not (first or turned):
        return part

    def as_new(array: np.ndarray) -> np.ndarray:
        if array.ndim != 4:
            return array
        kernel = array.transpose(2, 3, 1, 0) if first else array
        return kernel[::-1, ::-1] if turned else kernel

    def make(found: Arrays) -> Arrays:
        return part.make([as_new(array) for array in found])

    shapes = tuple(shape_of_old(one) if first and len(one) == 4 else one for one in part.shapes)
    return dataclasses.replace(part, make=make, shapes=shapes)


def shape_of_old(shape: Shape) -> Shape:
    """The shape of a kernel with its channels first, of that of Keras 2 and 3."""
    height, width, channels, filters = shape
    return filters, channels, height, width


@dataclass
class OldWeights:
    """Follows a network whose weights, without the layers, are those of Keras 1, and may lie as it had them."""

    backend: str
    channels_first: bool = False  # which the first kernel tells that is not as in Keras 2
    before: Shape = ()  # what comes in next
    # Of a row of a picture with its channels first: which of the file's values each of the lab's is.
    rows: np.ndarray | None = None

    def part(self, part: Part, layer: Layer) -> Part:
        """A layer's part, as the file has it."""
        rows = self.rows
        if rows is None:
            return with_old_kernels(part, is_old=True, channels_first=self.channels_first, backend=self.backend)

        def make(found: Arrays) -> Arrays:
            number = 1 if layer.kind == "dense" else len(found)  # its bias is of what comes out
            return part.make([*(array[rows] for array in found[:number]), *found[number:]])

        return dataclasses.replace(part, make=make)

    def follow(self, summary: LayerSummary) -> None:
        """Goes on behind a layer."""
        if summary.layer.kind == "flatten" and self.channels_first and len(self.before) == 3:
            height, width, channels = self.before
            places = np.arange(height * width * channels).reshape(channels, height, width)
            self.rows = places.transpose(1, 2, 0).ravel()
        elif summary.layer.kind == "dense":
            self.rows = None
        self.before = summary.output_shape
