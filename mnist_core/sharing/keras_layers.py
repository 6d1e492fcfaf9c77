"""Keras's layers in the lab's terms: what becomes of each kind that a chain for MNIST may have.

What can be said by the lab's own layers exactly becomes these: a separable convolution is a depthwise one and one of
1×1, a dilated kernel a larger one with zeros in it. A layer that changes nothing when a model judges, such as noise or
an augmentation, is left out; what training with it would be, the lab does not learn from the file.
"""

import math
from typing import Any

import numpy as np

from mnist_core.config.network import Layer, Shape, output_shape
from mnist_core.errors import InputError
from mnist_core.formatting import readable
from mnist_core.language import gettext
from mnist_core.mnist import IMAGE_SHAPE
from mnist_core.sharing import keras_fields, keras_kernels
from mnist_core.sharing.keras_chain import Arrays, Chain, Part, made
from mnist_core.sharing.keras_fields import HARD_SIGMOID_2, LARGEST_NUMBER, OF_CHANNELS

# The lab's batch normalization has this epsilon, Keras's by default.
EPSILON = 1e-3
# Keras's `Normalization` divides by no smaller deviation.
LEAST_DEVIATION = 1e-7
PIXEL = 1 / 255
# What Keras 2 calls hard_sigmoid, min(max(0.2 x + 0.5, 0), 1), is Keras 3's of 1.2 x.
SLOPE_2 = 1.2


def add(chain: Chain, kind: str, config: dict[str, Any]) -> None:
    """Adds one of Keras's layers to a chain; the lab's own limits hold, and InputError says what cannot be."""
    if chain.plain and kind in OF_CHANNELS:
        raise InputError(
            gettext("Pictures without a channel reach it; put 'flatten' first, or a Reshape to (28, 28, 1).")
        )
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
            chain.add(Layer("pad", sides=keras_fields.sides(config, "padding")))
        case "Cropping2D":
            chain.add(Layer("crop", sides=keras_fields.sides(config, "cropping")))
        case "Resizing":
            _add_resizing(chain, config)
        case "BatchNormalization":
            _add_batch_normalization(chain, config)
        case "Normalization":
            _add_normalization(chain, config)
        case "Activation":
            _add_activation(chain, *keras_fields.activation(config))
        case "ReLU" | "LeakyReLU" | "ELU" | "Softmax":
            _add_activation(chain, *keras_fields.of_layer(kind, config))
        case "PReLU":
            _add_prelu(chain, config)
        case "Dropout":
            chain.add(Layer("dropout", rate=keras_fields.share(config.get("rate"))))
        case "Flatten":
            chain.flatten(config.get("data_format") == "channels_first")
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
            gettext(
                "Its data_format is {layout}, but the pictures that reach it have their channels "
                "{places}; expected channels_{places}, or a Permute before it.",
                layout=layout,
                places=places,
            )
        )


def _add_convolution(chain: Chain, config: dict[str, Any]) -> None:
    units, activation = keras_fields.whole(config.get("filters"), "filters"), keras_fields.activation(config)
    window, fit = keras_kernels.window(chain, config)
    part = keras_kernels.convolution_part(chain, config, keras_fields.pair(config, "kernel_size"), units, fit)
    _add_activated(chain, Layer("conv", units, **window), part, activation)


def _add_depthwise(chain: Chain, config: dict[str, Any]) -> None:
    chain.tell_colours_apart()
    multiplier, activation = _multiplier(config), keras_fields.activation(config)
    channels, size = chain.shape[-1], keras_fields.pair(config, "kernel_size")
    window, fit = keras_kernels.window(chain, config)
    part = keras_kernels.with_bias(config, ((*size, channels, multiplier),), (channels * multiplier,), fit)
    _add_activated(chain, Layer("depthwise", multiplier, **window), part, activation)


def _add_separable(chain: Chain, config: dict[str, Any]) -> None:
    """A depthwise convolution, and one of 1×1 over what it makes: two of the lab's layers, of one of the file's."""
    chain.tell_colours_apart()
    units, multiplier, activation = (
        keras_fields.whole(config.get("filters"), "filters"),
        _multiplier(config),
        keras_fields.activation(config),
    )
    channels, size = chain.shape[-1], keras_fields.pair(config, "kernel_size")
    between = channels * multiplier
    window, fit = keras_kernels.window(chain, config)
    has_bias = config["use_bias"]
    shapes: tuple[Shape, ...] = ((*size, channels, multiplier), (1, 1, between, units))

    def make(found: Arrays) -> Arrays:
        bias = found[2] if has_bias else np.zeros(units, np.float32)
        return [fit(found[0]), np.zeros(between, np.float32), found[1], bias]

    chain.add(Layer("depthwise", multiplier, **window))
    part = Part(make, (*shapes, (units,)) if has_bias else shapes)
    _add_activated(chain, Layer("conv", units, 1), part, activation)


def _multiplier(config: dict[str, Any]) -> int:
    return keras_fields.whole(config.get("depth_multiplier", 1), "depth_multiplier")


def _add_activated(chain: Chain, layer: Layer, part: Part, activation: tuple[str, float]) -> None:
    """Adds a layer with the activation in it, if it is one that needs nothing else."""
    name, number = activation
    inside = not number and name != HARD_SIGMOID_2 and not (name == "softmax" and chain.channels_first)
    if inside:
        layer = Layer(layer.kind, layer.units, layer.size, name, layer.padding, stride=layer.stride)
    chain.add(layer, part)
    if not inside:
        _add_activation(chain, name, number)


def _add_activation(chain: Chain, name: str, number: float = 0.0) -> None:
    if name == "softmax" and chain.is_picture:
        chain.tell_colours_apart()
        if chain.channels_first:
            raise InputError(
                gettext("Its softmax goes over the columns of a picture; expected one over channels, the last.")
            )
    elif name == "softmax":
        chain.order(gettext("Its softmax"))
    if name == HARD_SIGMOID_2:
        channels = chain.shape[-1]
        chain.add(Layer("norm"), made(*_affine(np.full(channels, SLOPE_2), np.zeros(channels))))
        name = "hard_sigmoid"
    chain.add(Layer("activation", activation=name, number=number))


def _add_pooling(chain: Chain, kind: str, config: dict[str, Any]) -> None:
    size = keras_fields.equal(config, "pool_size")
    stride = size if config.get("strides") is None else keras_fields.equal(config, "strides")
    name = "maxpool" if kind == "MaxPooling2D" else "avgpool"
    padding = config["padding"]
    if padding == "same" and stride == size and not any(side % size for side in chain.shape[:2]):
        padding = "valid"  # nothing is padded
    chain.add(Layer(name, size=size, padding=padding, stride=stride))


def _add_global_pooling(chain: Chain, kind: str, config: dict[str, Any]) -> None:
    shape = chain.shape
    if len(shape) != 3 or shape[0] != shape[1]:
        raise InputError(gettext("It pools what is no square picture; expected one."))
    chain.add(Layer("maxpool" if kind == "GlobalMaxPooling2D" else "avgpool", size=shape[0]))
    if not config.get("keepdims"):
        chain.flatten()


def _add_resizing(chain: Chain, config: dict[str, Any]) -> None:
    height, width = keras_fields.whole(config.get("height"), "height"), keras_fields.whole(config.get("width"), "width")
    if height != width:
        raise InputError(
            gettext("It makes pictures of {height}×{width}; expected square ones.", height=height, width=width)
        )
    if chain.shape[:2] != (height, width):
        chain.add(Layer("resize", size=height))


def _add_batch_normalization(chain: Chain, config: dict[str, Any]) -> None:
    _check_axis(chain, config.get("axis"))
    chain.tell_colours_apart()
    epsilon = keras_fields.number(config.get("epsilon", EPSILON), "epsilon", 0, 1)
    has_scale, has_offset, channels = config["scale"], config["center"], chain.shape[-1]
    order = chain.order("It")

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
        raise InputError(gettext("Its axis is {axis}; expected {good}.", axis=readable(axis), good=good[0]))


def _add_normalization(chain: Chain, config: dict[str, Any]) -> None:
    """What was measured of the training images is in the file; or was given, and is among the settings."""
    shape, places = _measured(chain, config.get("axis"))
    said = {name: config[name] for name in ("mean", "variance") if config.get(name) is not None}
    given = [keras_fields.list_of_numbers(value, name) for name, value in said.items()]
    number = math.prod(shape)
    if len(given) == 1:
        raise InputError(gettext("It has a mean or a variance alone; expected both, or none."))
    if any(len(numbers) not in (1, number) for numbers in given):
        raise InputError(
            gettext(
                "It has {given} means and {given_2} variances; expected {number} of each.",
                given=len(given[0]),
                given_2=len(given[1]),
                number=number,
            )
        )

    def make(found: Arrays) -> Arrays:
        mean, variance = (np.broadcast_to(np.ravel(one).astype(np.float64), number) for one in given or found)
        with np.errstate(invalid="ignore"):  # a variance below zero has no root, and is refused for that
            deviation = np.maximum(np.sqrt(variance), LEAST_DEVIATION)
        return _affine(1 / deviation[places], np.zeros(len(places)), mean[places])

    chain.add(Layer("norm"), Part(make, () if given else (shape, shape), unread=0 if given else 1))


def _measured(chain: Chain, axis: Any) -> tuple[Shape, np.ndarray]:
    """The shape of what was measured, and which of it each value of the last axis has in the lab."""
    if axis in (None, []):
        return (), np.zeros(chain.shape[-1], np.int64)
    if chain.plain:
        # Such pictures will be laid out as a row, or nothing could read them; there each value has its own.
        side = chain.shape[0]
        chain.flatten()
        if axis in (-1, [-1], 2, [2]):
            return (side,), np.tile(np.arange(side), side)
        if axis in ([1, 2], [-2, -1]):
            return (side, side), np.arange(side**2)
        raise InputError(gettext("Its axis is {axis}; expected -1, or (1, 2), or None.", axis=readable(axis)))
    _check_axis(chain, axis)
    chain.tell_colours_apart()
    return chain.shape[-1:], chain.order("It")


def _affine(scale: np.ndarray, offset: np.ndarray, mean: np.ndarray | float = 0.0) -> Arrays:
    """The arrays of a batch normalization that makes scale · (x - mean) + offset of x."""
    means = np.broadcast_to(mean, scale.shape)
    return [array.astype(np.float32) for array in (scale, offset, means, np.full(scale.shape, 1 - EPSILON))]


def _add_prelu(chain: Chain, config: dict[str, Any]) -> None:
    chain.tell_colours_apart()
    shape, order = chain.shape, chain.order("It")
    is_first = chain.channels_first and chain.is_picture
    own = (shape[-1], *shape[:-1]) if is_first else shape
    shared = config.get("shared_axes") or []
    if not isinstance(shared, list) or not all(type(axis) is int and 1 <= axis <= len(shape) for axis in shared):
        raise InputError(
            gettext(
                "Its shared_axes are {shared}; expected some of 1 to {shape}.",
                shared=readable(shared),
                shape=len(shape),
            )
        )
    own = tuple(1 if axis in shared else size for axis, size in enumerate(own, 1))
    lab = (*own[1:], own[0]) if is_first else own
    by_channel = len(shape) == 3 and lab[:2] == (1, 1)
    wanted = (1, 1, shape[-1]) if by_channel else shape

    def make(found: Arrays) -> Arrays:
        slopes = np.moveaxis(found[0], 0, -1) if is_first else found[0]
        return [np.ascontiguousarray(np.broadcast_to(slopes, wanted)[..., order])]

    chain.add(Layer("prelu", shared=by_channel), Part(make, (own,)))


def _add_dense(chain: Chain, config: dict[str, Any]) -> None:
    units, activation = keras_fields.whole(config.get("units"), "units"), keras_fields.activation(config)
    shape = chain.shape
    if len(shape) == 3:
        # A dense layer reads the last axis, at each pixel the same: a convolution of 1×1.
        if chain.channels_first:
            raise InputError(gettext("It reads the columns of a picture; put 'flatten' first."))
        channels, colours = shape[-1], chain.colours
        kernel = ((channels * colours, units),)
        chain.colours = 1
        part = keras_kernels.with_bias(
            config, kernel, (units,), lambda kernel: kernel.reshape(1, 1, channels, colours, units).sum(axis=3)
        )
        _add_activated(chain, Layer("conv", units, 1), part, activation)
        return
    rows, inputs = chain.rows, shape[0]
    chain.rows = None

    def make(kernel: np.ndarray) -> np.ndarray:
        if rows is None:
            return kernel
        summed = np.zeros((inputs, units), np.float32)
        np.add.at(summed, rows, kernel)
        return summed

    part = keras_kernels.with_bias(config, ((inputs if rows is None else len(rows), units),), (units,), make)
    _add_activated(chain, Layer("dense", units), part, activation)


def _add_reshape(chain: Chain, config: dict[str, Any]) -> None:
    target: Any = config.get("target_shape")
    values = chain.colours * math.prod(chain.shape) if chain.is_picture or chain.rows is None else len(chain.rows)
    is_shape = isinstance(target, list) and len(target) <= len(IMAGE_SHAPE)
    if is_shape and all(type(size) is int and abs(size) <= LARGEST_NUMBER for size in target):
        known = math.prod(size for size in target if size != -1)
        if target.count(-1) == 1 and known > 0:
            target = [values // known if size == -1 else size for size in target]
        if len(target) == 1 and target[0] == values:
            chain.flatten()
            return
        if _is_at_start(chain) and math.prod(target) == values and _makes_picture(chain, tuple(target)):
            return
    raise InputError(
        gettext("Its target is {target}; expected pictures of 28×28 at the start, or one row.", target=readable(target))
    )


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
        raise InputError(
            gettext(
                "Its dims are {dims}; expected [2, 3, 1] or [3, 1, 2], which move the channels.", dims=readable(dims)
            )
        )
    if dims == wanted:
        chain.channels_first = not chain.channels_first


def _add_rescaling(chain: Chain, config: dict[str, Any]) -> None:
    """Values of 0 to 255 scaled to 0 to 1 are what the lab gives; anything else is a normalization that does it."""
    scale = keras_fields.number(config.get("scale"), "scale", -LARGEST_NUMBER, LARGEST_NUMBER)
    offset = keras_fields.number(config.get("offset", 0.0), "offset", -LARGEST_NUMBER, LARGEST_NUMBER)
    # A model that scales pixels itself was trained on 0 to 255.
    factor = 255 * scale if _is_at_start(chain) and abs(scale) < 10 * PIXEL else scale
    if abs(factor - 1) < 1e-4 and offset == 0:
        return
    channels = chain.shape[-1]
    chain.add(Layer("norm"), made(*_affine(np.full(channels, factor), np.full(channels, offset))))
