"""Keras's layers in the lab's terms: each kind that a chain for MNIST may have, what it must say of itself, what it is.

What can be said by the lab's own layers exactly becomes these: a separable convolution is a depthwise one and one of
1×1, a dilated kernel a larger one with zeros in it. A layer that changes nothing when a model judges, such as noise or
an augmentation, is left out; what training with it would be, the lab does not learn from the file. Everything is plain
data that was read as JSON.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mnist_core.config.network import LEAST_NUMBER, MOST_NUMBER, MOST_PIXELS, Layer, Shape, output_shape
from mnist_core.errors import InputError
from mnist_core.formatting import readable
from mnist_core.mnist import CLASSES, IMAGE_SHAPE, SIDE

LARGEST_NUMBER = 1_000_000
# What an input may be: a picture with its channel, without it, or a row of pixels; the picture may have other sides,
# its channel first, or three equal channels (`begin`).
PICTURE, PLAIN, ROW = IMAGE_SHAPE, IMAGE_SHAPE[:2], (SIDE * SIDE,)
INPUTS = (PICTURE, PLAIN, ROW)
COLOURS = 3
SMALLEST_SIDE, LARGEST_PADDED = 8, 40  # of a picture that is taken; of one that padding makes of the lab's
# The lab's batch normalization has this epsilon, Keras's by default.
EPSILON = 1e-3
# Keras's `Normalization` divides by no smaller deviation.
LEAST_DEVIATION = 1e-7
PIXEL = 1 / 255

# What each kind of layer must say of itself, field by field. Its own values are read (`add`); what only matters to
# training may be anything, since it is not read; every other field must be absent, null or false.
_LAYOUT = {"data_format": ("channels_last", "channels_first")}
_WINDOW = {"padding": ("valid", "same")} | _LAYOUT
_CONVOLUTION = {"groups": (1,), "use_bias": (True, False)} | _WINDOW
_GLOBAL = {"keepdims": (False, True)} | _LAYOUT
FIXED: dict[str, dict[str, tuple[Any, ...]]] = {
    "InputLayer": {"sparse": (False,)},
    "Conv2D": _CONVOLUTION,
    "SeparableConv2D": _CONVOLUTION,
    "DepthwiseConv2D": _CONVOLUTION,
    "MaxPooling2D": _WINDOW,
    "AveragePooling2D": _WINDOW,
    "GlobalMaxPooling2D": _GLOBAL,
    "GlobalAveragePooling2D": _GLOBAL,
    "ZeroPadding2D": _LAYOUT,
    "Cropping2D": _LAYOUT,
    "Resizing": {
        "interpolation": ("bilinear",),
        "crop_to_aspect_ratio": (False,),
        "pad_to_aspect_ratio": (False,),
        "antialias": (False,),
    }
    | _LAYOUT,
    "BatchNormalization": {"center": (True, False), "scale": (True, False)},
    "Normalization": {"invert": (False,)},
    "Activation": {},
    "ReLU": {"threshold": (0.0, 0, None)},
    "LeakyReLU": {},
    "ELU": {},
    "PReLU": {},
    "Softmax": {"axis": (-1,)},
    "Dropout": {},
    "Flatten": _LAYOUT,
    "Reshape": {},
    "Permute": {},
    "Rescaling": {},
    "Dense": {"use_bias": (True, False)},
}
_KERNEL = ("kernel_size", "strides", "dilation_rate", "activation")
OWN_FIELDS: dict[str, tuple[str, ...]] = {
    "InputLayer": ("batch_shape", "batch_input_shape"),
    "Conv2D": ("filters", *_KERNEL),
    "SeparableConv2D": ("filters", "depth_multiplier", *_KERNEL),
    "DepthwiseConv2D": ("depth_multiplier", *_KERNEL),
    "MaxPooling2D": ("pool_size", "strides"),
    "AveragePooling2D": ("pool_size", "strides"),
    "ZeroPadding2D": ("padding",),
    "Cropping2D": ("cropping",),
    "Resizing": ("height", "width", "fill_mode", "fill_value"),
    "BatchNormalization": ("axis", "epsilon"),
    "Normalization": ("axis", "mean", "variance"),
    "Activation": ("activation",),
    "ReLU": ("max_value", "negative_slope"),
    "LeakyReLU": ("alpha", "negative_slope"),
    "ELU": ("alpha",),
    "PReLU": ("shared_axes",),
    "Dropout": ("rate",),
    "Reshape": ("target_shape",),
    "Permute": ("dims",),
    "Rescaling": ("scale", "offset"),
    "Dense": ("units", "activation"),
}
# What these do depends on which values are channels.
OF_CHANNELS = ("Dense", "Softmax", *(kind for kind in FIXED if kind.endswith("2D")), "BatchNormalization", "PReLU")
# Nothing of these is looked at: they do nothing to a picture that is judged.
WITHOUT_EFFECT = (
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "SpatialDropout2D",
    "ActivityRegularization",
    "Identity",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "RandomShear",
    "RandomFlip",
    "RandomContrast",
    "RandomBrightness",
)
_TRAINED = ("kernel", "bias", "beta", "gamma", "depthwise", "pointwise", "alpha")
FOR_TRAINING_ONLY = (
    *(f"{part}_{what}" for part in _TRAINED for what in ("initializer", "regularizer", "constraint")),
    "moving_mean_initializer",
    "moving_variance_initializer",
    "activity_regularizer",
    "momentum",
    "synchronized",
    "renorm_momentum",
    "seed",
)
# What Keras has besides, and why it is not read, with the nearest thing that is.
_SEQUENCES = "reads sequences; build the model from Conv2D and Dense"
_BRANCHES = "joins branches, and only single chains are read; build the model as one"
NOT_READ = {
    "Lambda": (
        "runs code of its file, which is never done; Rescaling, Normalization, Activation and Reshape say the same"
    ),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM2D", "Bidirectional", "TimeDistributed"), _SEQUENCES),
    **dict.fromkeys(("Conv1D", "MaxPooling1D", "AveragePooling1D", "Embedding", "Masking"), _SEQUENCES),
    **dict.fromkeys(("GlobalMaxPooling1D", "GlobalAveragePooling1D"), _SEQUENCES),
    **dict.fromkeys(
        ("Attention", "MultiHeadAttention", "AdditiveAttention", "GroupQueryAttention"),
        "looks at several places at once; Conv2D with a larger kernel is nearest",
    ),
    **dict.fromkeys(("Add", "Concatenate", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Dot"), _BRANCHES),
    **dict.fromkeys(
        ("LayerNormalization", "GroupNormalization", "UnitNormalization", "RMSNormalization"),
        "measures each picture anew; BatchNormalization is nearest",
    ),
    **dict.fromkeys(
        ("Conv2DTranspose", "UpSampling2D"), "enlarges pictures, which no network that reads digits needs; use Resizing"
    ),
}
# In a `.keras` file Keras names what a layer has by its class in small letters.
GROUPS = {
    "Conv2D": "conv2d",
    "SeparableConv2D": "separable_conv2d",
    "DepthwiseConv2D": "depthwise_conv2d",
    "BatchNormalization": "batch_normalization",
    "Normalization": "normalization",
    "PReLU": "p_re_lu",
    "Dense": "dense",
}
# Other names of functions that the lab has.
OTHER_NAMES = {"swish": "silu", "hard_swish": "hard_silu", "softmax_v2": "softmax", "leaky_relu_v2": "leaky_relu"}
# What Keras 2 called so, min(max(0.2 x + 0.5, 0), 1), is Keras 3's of 1.2 x.
HARD_SIGMOID_2, SLOPE_2 = "hard_sigmoid of Keras 2", 1.2

Arrays = list[np.ndarray]


@dataclass(frozen=True)
class Part:
    """One of a file's layers, or one that the lab adds: which arrays the file has for it, and what becomes of them.

    The arrays of all parts, one after the other, are those of the chain's layers, in the order of `get_weights`.
    """

    make: Callable[[Arrays], Arrays]  # the lab's arrays, of the file's, all float32
    shapes: tuple[Shape, ...] = ()  # of the file's arrays
    group: str = ""  # one of `GROUPS`; empty where the file has no such layer
    name: str = ""  # that of the layer in its model
    unread: int = 0  # arrays of the file behind those, which are not looked at
    from_file: bool = True  # whether the file has such a layer


@dataclass
class Chain:
    """A model in the lab's terms, as far as it was read; and how the file's own numbers lie in those of the lab."""

    layers: list[Layer] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)  # of the layers that have arrays
    front: int = 0  # how many layers the lab put in front, to make its pictures those that the model takes
    plain: bool = False  # whether the file's pictures have no channel yet
    channels_first: bool = False  # whether the file's pictures have their channels first
    colours: int = 1  # how many equal channels the file has where the lab has one
    # Of a row that was laid out otherwise than the lab does it: which of the lab's values each of the file's is.
    rows: np.ndarray | None = None
    notes: list[str] = field(default_factory=list)  # sentences for people: what was changed, what was left out

    def add(self, layer: Layer, part: Part | None = None) -> None:
        """Adds a layer, with its arrays if it has some."""
        self.layers.append(layer)
        if part:
            self.parts.append(part)

    @property
    def shape(self) -> Shape:
        """What the layers so far make of a picture."""
        return output_shape(tuple(self.layers))

    @property
    def is_picture(self) -> bool:
        return len(self.shape) == 3

    def arrays(self, found: list[Arrays]) -> Arrays:
        """Makes the lab's arrays of those that a file has for each part with `shapes`, in order."""
        remaining = iter(found)
        return [array for part in self.parts for array in part.make(next(remaining) if part.shapes else [])]


# --- Beginning and end -----------------------------------------------------------------------------------------------


def begin(shape: tuple[int, ...]) -> Chain:
    """Begins the chain of a model that takes this, without the batch: a picture, or a row of pixels.

    Rows are what flattening makes of pictures. Where the model's pictures are larger, or smaller, than those of the
    lab, a layer in front makes them so; three channels are three times the same. InputError where it is no such shape.
    """
    chain = Chain()
    side, chain.colours, chain.channels_first, chain.plain = _taken(shape)
    if side != SIDE:
        _put_in_front(chain, side)
    if chain.colours > 1:
        chain.notes.append("It takes pictures in colour: each of the lab's is given to it three times.")
    if len(shape) == 1:
        chain.add(Layer("flatten"))
    return chain


def _taken(shape: tuple[int, ...]) -> tuple[int, int, bool, bool]:
    """The side of the pictures that have this shape, how many channels, whether they come first, or are not there."""
    if all(type(size) is int for size in shape):
        match shape:
            case (pixels,) if pixels > 0 and _fits(side := math.isqrt(pixels)) and side**2 == pixels:
                return side, 1, False, False
            case (height, width) if height == width and _fits(height):
                return height, 1, False, True
            case (height, width, channels) if height == width and _fits(height) and channels in (1, COLOURS):
                return height, channels, False, False
            case (channels, height, width) if height == width and _fits(height) and channels in (1, COLOURS):
                return height, channels, True, False
    raise InputError(
        f"It takes {readable([None, *shape])}; expected square pictures of one channel or three, such as "
        "[null, 28, 28, 1], [null, 28, 28] or [null, 784]."
    )


def _fits(side: int) -> bool:
    return SMALLEST_SIDE <= side <= MOST_PIXELS


def _put_in_front(chain: Chain, side: int) -> None:
    """A padding for pictures a little larger, as LeNet's 32×32 are made; otherwise they are drawn at another size."""
    missing = side - SIDE
    if 0 < missing <= LARGEST_PADDED - SIDE:
        before, after = missing // 2, missing - missing // 2
        chain.add(Layer("pad", sides=(before, after, before, after)))
        how = "zeros are put around"
    else:
        chain.add(Layer("resize", size=side))
        how = "a first layer resizes"
    chain.front = 1
    chain.notes.append(f"It takes pictures of {side}×{side}: {how} the lab's of {SIDE}×{SIDE}.")


def end(chain: Chain) -> None:
    """Gives the last layer its activation, which may stand behind it; scores without one are for softmax.

    Ten scores that are not those of a dense layer go through one that changes nothing.
    """
    layers = chain.layers
    while layers and layers[-1].kind == "dropout":
        layers.pop()
    if not layers or chain.shape != (CLASSES,):
        return
    last = layers.pop() if layers[-1] in _LAST else None
    if last is None and _are_no_scores(layers):
        return
    if layers[-1].kind != "dense" or layers[-1].activation != "linear":
        rows = np.arange(CLASSES) if chain.rows is None else chain.rows
        same = np.eye(CLASSES, dtype=np.float32)[:, rows]
        chain.add(Layer("dense", CLASSES), _made(same, np.zeros(CLASSES, np.float32)))
    activation = last.activation if last and last.activation != "linear" else "softmax"
    layers[-1] = Layer("dense", CLASSES, activation=activation)


_LAST = tuple(Layer("activation", activation=name) for name in ("linear", "softmax", "sigmoid"))


def _are_no_scores(layers: list[Layer]) -> bool:
    """Whether what comes out went through an activation already, as probabilities do."""
    last = next(
        (layer for layer in reversed(layers) if layer.kind in ("conv", "depthwise", "dense", "activation")), None
    )
    return last is not None and last.activation != "linear"


def _made(*arrays: np.ndarray) -> Part:
    """A part that the file has nothing for."""
    return Part(lambda found: list(arrays), from_file=False)


# --- Layers ----------------------------------------------------------------------------------------------------------


def add(chain: Chain, kind: str, config: dict[str, Any]) -> None:
    """Adds one of Keras's layers to a chain; the lab's own limits hold, and InputError says what cannot be."""
    if chain.plain and kind in OF_CHANNELS:
        raise InputError("Pictures without a channel reach it; put 'flatten' first, or a Reshape to (28, 28, 1).")
    if chain.is_picture and (layout := config.get("data_format")) and kind != "Flatten":
        _check_layout(chain, layout)
    match kind:
        case "Conv2D":
            _add_convolution(chain, config)
        case "SeparableConv2D":
            _add_separable(chain, config)
        case "DepthwiseConv2D":
            _add_depthwise(chain, config)
        case "MaxPooling2D" | "AveragePooling2D":
            _add_pooling(chain, kind, config)
        case "GlobalMaxPooling2D" | "GlobalAveragePooling2D":
            _add_global_pooling(chain, kind, config)
        case "ZeroPadding2D":
            chain.add(Layer("pad", sides=_sides(config, "padding")))
        case "Cropping2D":
            chain.add(Layer("crop", sides=_sides(config, "cropping")))
        case "Resizing":
            _add_resizing(chain, config)
        case "BatchNormalization":
            _add_batch_normalization(chain, config)
        case "Normalization":
            _add_normalization(chain, config)
        case "Activation":
            _add_activation(chain, *_activation(config))
        case "ReLU" | "LeakyReLU" | "ELU" | "Softmax":
            _add_activation(chain, *_of_layer(kind, config))
        case "PReLU":
            _add_prelu(chain, config)
        case "Dropout":
            chain.add(Layer("dropout", rate=_share(config.get("rate"))))
        case "Flatten":
            _flatten(chain, config.get("data_format") == "channels_first")
        case "Reshape":
            _add_reshape(chain, config)
        case "Permute":
            _add_permutation(chain, config)
        case "Rescaling":
            _add_rescaling(chain, config)
        case "Dense":
            _add_dense(chain, config)


def _check_layout(chain: Chain, layout: str) -> None:
    if (layout == "channels_first") != chain.channels_first:
        places = "first" if chain.channels_first else "last"
        raise InputError(
            f"Its data_format is {layout}, but the pictures that reach it have their channels {places}; expected "
            f"channels_{places}, or a Permute before it."
        )


def _convolution_part(chain: Chain, config: dict[str, Any], size: Shape, units: int, fit: Callable[..., Any]) -> Part:
    """The part of a convolution over all channels, whose kernel `fit` brings to the lab's size."""
    channels, colours = chain.shape[-1], chain.colours
    shapes: tuple[Shape, ...] = ((*size, channels * colours, units),)
    chain.colours = 1
    return _with_bias(
        config, shapes, (units,), lambda kernel: fit(kernel.reshape(*size, channels, colours, units).sum(axis=3))
    )


def _with_bias(config: dict[str, Any], shapes: tuple[Shape, ...], bias: Shape, make: Callable[..., np.ndarray]) -> Part:
    """A part of a kernel and a bias, which is 0 where the file has none."""
    has_bias = config["use_bias"]
    return Part(
        lambda found: [make(found[0]), found[1] if has_bias else np.zeros(bias, np.float32)],
        (*shapes, bias) if has_bias else shapes,
    )


def _add_convolution(chain: Chain, config: dict[str, Any]) -> None:
    units, activation = _whole(config.get("filters"), "filters"), _activation(config)
    window, fit = _window(chain, config)
    part = _convolution_part(chain, config, _pair(config, "kernel_size"), units, fit)
    _add_activated(chain, Layer("conv", units, **window), part, activation)


def _add_depthwise(chain: Chain, config: dict[str, Any]) -> None:
    _tell_colours_apart(chain)
    multiplier, activation = _multiplier(config), _activation(config)
    channels, size = chain.shape[-1], _pair(config, "kernel_size")
    window, fit = _window(chain, config)
    part = _with_bias(config, ((*size, channels, multiplier),), (channels * multiplier,), fit)
    _add_activated(chain, Layer("depthwise", multiplier, **window), part, activation)


def _add_separable(chain: Chain, config: dict[str, Any]) -> None:
    """A depthwise convolution, and one of 1×1 over what it makes: two of the lab's layers, of one of the file's."""
    _tell_colours_apart(chain)
    units, multiplier, activation = _whole(config.get("filters"), "filters"), _multiplier(config), _activation(config)
    channels, size = chain.shape[-1], _pair(config, "kernel_size")
    between = channels * multiplier
    window, fit = _window(chain, config)
    has_bias = config["use_bias"]
    shapes: tuple[Shape, ...] = ((*size, channels, multiplier), (1, 1, between, units))

    def make(found: Arrays) -> Arrays:
        bias = found[2] if has_bias else np.zeros(units, np.float32)
        return [fit(found[0]), np.zeros(between, np.float32), found[1], bias]

    chain.add(Layer("depthwise", multiplier, **window))
    part = Part(make, (*shapes, (units,)) if has_bias else shapes)
    _add_activated(chain, Layer("conv", units, 1), part, activation)


def _multiplier(config: dict[str, Any]) -> int:
    return _whole(config.get("depth_multiplier", 1), "depth_multiplier")


def _add_activated(chain: Chain, layer: Layer, part: Part, activation: tuple[str, float]) -> None:
    """Adds a layer with the activation in it, if it is one that needs nothing else."""
    name, number = activation
    inside = not number and name not in ("softmax", HARD_SIGMOID_2)
    if inside:
        layer = Layer(layer.kind, layer.units, layer.size, name, layer.padding, stride=layer.stride)
    chain.add(layer, part)
    if not inside:
        _add_activation(chain, name, number)


def _add_activation(chain: Chain, name: str, number: float = 0.0) -> None:
    if name == "softmax" and chain.is_picture:
        _tell_colours_apart(chain)
        if chain.channels_first:
            raise InputError("Its softmax goes over the columns of a picture; expected one over channels, the last.")
    elif name == "softmax":
        _order(chain, "Its softmax")
    if name == HARD_SIGMOID_2:
        channels = chain.shape[-1]
        chain.add(Layer("norm"), _made(*_affine(np.full(channels, SLOPE_2), np.zeros(channels))))
        name = "hard_sigmoid"
    chain.add(Layer("activation", activation=name, number=number))


def _window(chain: Chain, config: dict[str, Any]) -> tuple[dict[str, Any], Callable[[np.ndarray], np.ndarray]]:
    """The size, stride and padding of a kernel as the lab has it, and what makes the file's kernel one of that size.

    The lab's kernels are square and have no gaps: others become larger ones, with zeros where they have nothing.
    """
    height, width = chain.shape[:2] if chain.is_picture else (1, 1)
    size, gap, stride = _pair(config, "kernel_size"), _equal(config, "dilation_rate", 1), _equal(config, "strides", 1)
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


def _add_pooling(chain: Chain, kind: str, config: dict[str, Any]) -> None:
    size = _equal(config, "pool_size")
    stride = size if config.get("strides") is None else _equal(config, "strides")
    name = "maxpool" if kind == "MaxPooling2D" else "avgpool"
    padding = config["padding"]
    if padding == "same" and stride == size and not any(side % size for side in chain.shape[:2]):
        padding = "valid"  # nothing is padded
    chain.add(Layer(name, size=size, padding=padding, stride=stride))


def _add_global_pooling(chain: Chain, kind: str, config: dict[str, Any]) -> None:
    shape = chain.shape
    if len(shape) != 3 or shape[0] != shape[1]:
        raise InputError("It pools what is no square picture; expected one.")
    chain.add(Layer("maxpool" if kind == "GlobalMaxPooling2D" else "avgpool", size=shape[0]))
    if not config.get("keepdims"):
        _flatten(chain)


def _add_resizing(chain: Chain, config: dict[str, Any]) -> None:
    height, width = _whole(config.get("height"), "height"), _whole(config.get("width"), "width")
    if height != width:
        raise InputError(f"It makes pictures of {height}×{width}; expected square ones.")
    if chain.shape[:2] != (height, width):
        chain.add(Layer("resize", size=height))


def _add_batch_normalization(chain: Chain, config: dict[str, Any]) -> None:
    _check_axis(chain, config.get("axis"))
    _tell_colours_apart(chain)
    epsilon = _number(config.get("epsilon", EPSILON), "epsilon", 0, 1)
    has_scale, has_offset, channels = config["scale"], config["center"], chain.shape[-1]
    order = _order(chain, "It")

    def make(found: Arrays) -> Arrays:
        remaining = iter(found)
        scale = next(remaining) if has_scale else np.ones(channels, np.float32)
        offset = next(remaining) if has_offset else np.zeros(channels, np.float32)
        mean, variance = remaining
        if epsilon != EPSILON:  # the same function with the lab's
            spread = np.maximum(variance.astype(np.float64), 0)
            with np.errstate(divide="ignore", over="ignore"):
                scale = (scale * np.sqrt((spread + EPSILON) / (spread + epsilon))).astype(np.float32)
        return [array[order] for array in (scale, offset, mean, variance)]

    chain.add(Layer("norm"), Part(make, ((channels,),) * (2 + has_scale + has_offset)))


def _check_axis(chain: Chain, axis: Any) -> None:
    """The channels, which Keras 2 counts with the batch, in a list."""
    place = 1 if chain.channels_first and chain.is_picture else len(chain.shape)
    good = [place, [place]] if place == 1 < len(chain.shape) else [-1, [-1], place, [place]]
    if not any(type(axis) is type(one) and axis == one for one in good):
        raise InputError(f"Its axis is {readable(axis)}; expected {good[0]}.")


def _add_normalization(chain: Chain, config: dict[str, Any]) -> None:
    """What was measured of the training images is in the file; or was given, and is among the settings."""
    one_for_all = config.get("axis") in (None, [])
    if chain.plain and not one_for_all:
        raise InputError(
            "It normalizes each column of a picture; expected axis None, or a Reshape to (28, 28, 1) first."
        )
    if not one_for_all:
        _check_axis(chain, config.get("axis"))
        _tell_colours_apart(chain)
    channels, order = chain.shape[-1], None if one_for_all else _order(chain, "It")
    given = [_list_of_numbers(config[name], name) for name in ("mean", "variance") if config.get(name) is not None]
    if len(given) == 1:
        raise InputError("It has a mean or a variance alone; expected both, or none.")
    if any(len(numbers) not in (1, channels) for numbers in given):
        raise InputError(f"It has {len(given[0])} means and {len(given[1])} variances; expected {channels} of each.")

    def make(found: Arrays) -> Arrays:
        mean, variance = (np.asarray(one, np.float64).ravel() for one in given or found)
        deviation = np.maximum(np.sqrt(np.maximum(variance, 0)), LEAST_DEVIATION)
        scale, mean = (np.broadcast_to(one, channels) for one in (1 / deviation, mean))
        arrays = _affine(scale, np.zeros(channels), mean)
        return arrays if order is None else [array[order] for array in arrays]

    shape = () if one_for_all else (channels,)
    chain.add(Layer("norm"), Part(make, () if given else (shape, shape), unread=0 if given else 1))


def _affine(scale: np.ndarray, offset: np.ndarray, mean: np.ndarray | float = 0.0) -> Arrays:
    """The arrays of a batch normalization that makes scale · (x - mean) + offset of x."""
    means = np.broadcast_to(mean, scale.shape)
    return [array.astype(np.float32) for array in (scale, offset, means, np.full(scale.shape, 1 - EPSILON))]


def _add_prelu(chain: Chain, config: dict[str, Any]) -> None:
    _tell_colours_apart(chain)
    shape, order = chain.shape, _order(chain, "It")
    is_first = chain.channels_first and chain.is_picture
    own = (shape[-1], *shape[:-1]) if is_first else shape
    shared = config.get("shared_axes") or []
    if not isinstance(shared, list) or not all(type(axis) is int and 1 <= axis <= len(shape) for axis in shared):
        raise InputError(f"Its shared_axes are {readable(shared)}; expected some of 1 to {len(shape)}.")
    own = tuple(1 if axis in shared else size for axis, size in enumerate(own, 1))
    lab = (*own[1:], own[0]) if is_first else own
    by_channel = len(shape) == 3 and lab[:2] == (1, 1)
    wanted = (1, 1, shape[-1]) if by_channel else shape

    def make(found: Arrays) -> Arrays:
        slopes = np.moveaxis(found[0], 0, -1) if is_first else found[0]
        return [np.ascontiguousarray(np.broadcast_to(slopes, wanted)[..., order])]

    chain.add(Layer("prelu", shared=by_channel), Part(make, (own,)))


def _add_dense(chain: Chain, config: dict[str, Any]) -> None:
    units, activation, shape = _whole(config.get("units"), "units"), _activation(config), chain.shape
    if len(shape) == 3:
        # A dense layer reads the last axis, at each pixel the same: a convolution of 1×1.
        if chain.channels_first:
            raise InputError("It reads the columns of a picture; put 'flatten' first.")
        channels, colours = shape[-1], chain.colours
        kernel = ((channels * colours, units),)
        chain.colours = 1
        part = _with_bias(
            config, kernel, (units,), lambda kernel: kernel.reshape(1, 1, channels, colours, units).sum(axis=3)
        )
        return _add_activated(chain, Layer("conv", units, 1), part, activation)
    rows, inputs = chain.rows, shape[0]
    chain.rows = None

    def make(kernel: np.ndarray) -> np.ndarray:
        if rows is None:
            return kernel
        summed = np.zeros((inputs, units), np.float32)
        np.add.at(summed, rows, kernel)
        return summed

    part = _with_bias(config, ((inputs if rows is None else len(rows), units),), (units,), make)
    return _add_activated(chain, Layer("dense", units), part, activation)


# --- How the file's numbers lie ---------------------------------------------------------------------------------------


def _tell_colours_apart(chain: Chain) -> None:
    """Makes three channels of one where a layer treats each in its own way."""
    if chain.is_picture and chain.colours > 1:
        part = _made(np.ones((1, 1, 1, chain.colours), np.float32), np.zeros(chain.colours, np.float32))
        if chain.shape[-1] != 1:
            raise InputError("It treats each colour of a picture in its own way; expected a Conv2D before it.")
        chain.add(Layer("conv", chain.colours, 1), part)
        chain.colours = 1


def _order(chain: Chain, what: str) -> np.ndarray:
    """Which of the file's values each of the lab's is, of the last axis."""
    size = chain.shape[-1]
    if chain.rows is None or chain.is_picture:
        return np.arange(size)
    if len(chain.rows) != size:
        raise InputError(f"{what} treats each value of three colours in its own way; put it behind a Dense.")
    return np.argsort(chain.rows)


def _flatten(chain: Chain, channels_last: bool = False) -> None:
    """Lays a picture out as a row; `channels_last` says that Keras first moves the second axis behind the others."""
    shape = chain.shape
    if len(shape) == 1:
        return
    places = np.repeat(np.arange(math.prod(shape)).reshape(shape), chain.colours, axis=2)
    if chain.plain:
        places = places[:, :, 0]
    elif chain.channels_first:
        places = np.moveaxis(places, 2, 0)
    rows = (np.moveaxis(places, 0, -1) if channels_last else places).ravel()
    chain.add(Layer("flatten"))
    chain.plain, chain.channels_first, chain.colours = False, False, 1
    chain.rows = None if np.array_equal(rows, np.arange(len(rows))) else rows


def _add_reshape(chain: Chain, config: dict[str, Any]) -> None:
    target = config.get("target_shape")
    values = chain.colours * math.prod(chain.shape) if chain.is_picture or chain.rows is None else len(chain.rows)
    if isinstance(target, list) and all(type(size) is int and abs(size) <= LARGEST_NUMBER for size in target):
        known = math.prod(size for size in target if size != -1)
        if target.count(-1) == 1 and known > 0:
            target = [values // known if size == -1 else size for size in target]
        if len(target) == 1 and target[0] == values:
            return _flatten(chain)
        if _is_at_start(chain) and math.prod(target) == values and _makes_picture(chain, tuple(target)):
            return None
    raise InputError(f"Its target is {readable(target)}; expected pictures of 28×28 at the start, or one row.")


def _makes_picture(chain: Chain, target: tuple[int, ...]) -> bool:
    """Takes a target for the pictures that came in, with their channel or without, if it is one of these."""
    side = math.isqrt(math.prod(target))
    before = chain.layers[: chain.front]
    if chain.colours > 1 or output_shape(tuple(before))[:2] != (side, side):
        return False
    if target not in ((side, side), (side, side, 1), (1, side, side)):
        return False
    chain.layers[:] = before
    chain.plain, chain.channels_first = len(target) == 2, target[0] == 1
    return True


def _is_at_start(chain: Chain) -> bool:
    """Whether nothing was done yet but, perhaps, to lay a picture out as a row."""
    return all(layer.kind == "flatten" for layer in chain.layers[chain.front :])


def _add_permutation(chain: Chain, config: dict[str, Any]) -> None:
    dims = config.get("dims")
    wanted = [2, 3, 1] if chain.channels_first else [3, 1, 2]
    if chain.plain or not chain.is_picture or dims not in (wanted, [1, 2, 3]):
        raise InputError(f"Its dims are {readable(dims)}; expected [2, 3, 1] or [3, 1, 2], which move the channels.")
    if dims == wanted:
        chain.channels_first = not chain.channels_first


def _add_rescaling(chain: Chain, config: dict[str, Any]) -> None:
    """Values of 0 to 255 scaled to 0 to 1 are what the lab gives; anything else is a normalization that does it."""
    scale = _number(config.get("scale"), "scale", -LARGEST_NUMBER, LARGEST_NUMBER)
    offset = _number(config.get("offset", 0.0), "offset", -LARGEST_NUMBER, LARGEST_NUMBER)
    # A model that scales pixels itself was trained on 0 to 255.
    factor = 255 * scale if _is_at_start(chain) and abs(scale) < 10 * PIXEL else scale
    if abs(factor - 1) < 1e-4 and offset == 0:
        return
    channels = chain.shape[-1]
    chain.add(Layer("norm"), _made(*_affine(np.full(channels, factor), np.full(channels, offset))))


# --- Values ----------------------------------------------------------------------------------------------------------


def _pair(config: dict[str, Any], name: str) -> tuple[int, int]:
    value = config.get(name)
    if not isinstance(value, list) or len(value) != 2:
        raise InputError(f"Its '{name}' is {readable(value)}; expected two whole numbers.")
    for one in value:
        if not 1 <= _whole(one, name) <= MOST_PIXELS:
            raise InputError(f"Its '{name}' is {readable(value)}; expected numbers from 1 to {MOST_PIXELS}.")
    return value[0], value[1]


def _equal(config: dict[str, Any], name: str, own: int = 0) -> int:
    """A number that is said for both directions."""
    if own and config.get(name) is None:
        return own
    value = config.get(name)
    if not isinstance(value, list) or len(value) != 2 or value[0] != value[1]:
        raise InputError(f"Its '{name}' is {readable(value)}; expected the same whole number twice.")
    return _pair(config, name)[0]


def _sides(config: dict[str, Any], name: str) -> tuple[int, int, int, int]:
    value = config.get(name)
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(pair, list) and len(pair) == 2 for pair in value)
    ):
        raise InputError(f"Its '{name}' is {readable(value)}; expected two numbers of pixels twice.")
    top, bottom, left, right = (_whole(pixels, name) for pair in value for pixels in pair)
    return top, bottom, left, right


def _whole(value: Any, name: str) -> int:
    if type(value) is not int or abs(value) > LARGEST_NUMBER:
        raise InputError(f"Its '{name}' is {readable(value)}; expected a whole number of ordinary size.")
    return value


def _number(value: Any, name: str, least: float, most: float) -> float:
    if type(value) not in (int, float) or not least <= value <= most:
        raise InputError(f"Its {name} is {readable(value)}; expected a number from {least:g} to {most:g}.")
    return float(value)


def _list_of_numbers(value: Any, name: str) -> list[float]:
    """The numbers in lists of lists; as many as a picture has pixels at most."""
    numbers: list[float] = []
    waiting = [value]
    while waiting and len(numbers) + len(waiting) <= LARGEST_NUMBER:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(reversed(one))
        else:
            numbers.append(_number(one, name, -LARGEST_NUMBER, LARGEST_NUMBER))
    return numbers


def _share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < 1:
        raise InputError(f"Its rate is {readable(value)}; expected a number from 0 to below 1.")
    return float(value)


def _activation(config: dict[str, Any]) -> tuple[str, float]:
    """The name of an activation and its number (`Layer.number`)."""
    value = config.get("activation", "linear")
    if value is None:
        return "linear", 0.0
    if isinstance(value, dict):
        kind, inside = value.get("class_name"), value.get("config")
        if kind == "function" and value.get("module") == "builtins" and isinstance(inside, str):
            value = inside  # one of TensorFlow's own
        elif value.get("module", "keras.layers") == "keras.layers" and not value.get("registered_name"):
            return _of_layer(str(kind), inside if isinstance(inside, dict) else {})
    if not isinstance(value, str):
        raise InputError("Its activation is an object of its own; expected the name of one of Keras's functions.")
    name = OTHER_NAMES.get(value, value)
    return name if name == HARD_SIGMOID_2 else readable(name), 0.0


def _of_layer(kind: str, config: dict[str, Any]) -> tuple[str, float]:
    """The activation that one of Keras's layers is, and its number."""
    if kind not in ("Softmax", "ELU", "LeakyReLU", "ReLU"):
        raise InputError(f"Its activation is '{readable(kind)}'; expected the name of one of Keras's functions.")
    if kind == "Softmax":
        return "softmax", 0.0
    if kind == "ELU":
        return "elu", _number(config.get("alpha", 1.0), "alpha", LEAST_NUMBER, MOST_NUMBER)
    slope = config.get("negative_slope")
    if kind == "LeakyReLU":
        slope = _number(config.get("alpha", 0.3) if slope is None else slope, "negative_slope", 0, MOST_NUMBER)
        return ("leaky_relu", slope) if slope else ("relu", 0.0)
    slope = _number(slope or 0.0, "negative_slope", 0, MOST_NUMBER)
    largest = config.get("max_value")
    if largest is None:
        return ("leaky_relu", slope) if slope else ("relu", 0.0)
    if slope:
        raise InputError("It has both a max_value and a negative_slope; expected one of them.")
    largest = _number(largest, "max_value", LEAST_NUMBER, MOST_NUMBER)
    return ("relu6", 0.0) if largest == 6 else ("relu", largest)
