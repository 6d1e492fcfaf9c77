"""A model of another format, operation by operation, as Keras's layers and their arrays.

Other formats lay pictures out with their channels first or last, and turn and reshape them on the way; Keras and this
lab keep them as height × width × channels. So each value of the file's tensor is followed to where it lies in the
lab's: whatever transposing and reshaping stands between two layers, the weights behind it come out in the right order.
What the layers may be is not decided here, but where every Keras file is read (`keras_file.chain_of`).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mnist_core.errors import InputError
from mnist_core.formatting import count, readable
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES, SIDE
from mnist_core.sharing import keras_file, keras_kernels, weights
from mnist_core.sharing.keras_chain import Model
from mnist_core.sharing.keras_fields import HARD_SIGMOID_2, shortest
from mnist_core.sharing.spelled_functions import FUNCTIONS, GRID, SAME_NUMBER, lowest, slope_below

Shape = tuple[int, ...]
Padding = tuple[int, int, int, int]  # rows above, columns left of it, rows below, columns right of it
Arrays = list[np.ndarray]

# What the widest of the lab's convolutions makes of a picture.
MOST_VALUES = SIDE * SIDE * 4096
MOST_SIDES = 6
# Of pictures and windows; which of them the lab has, is said where Keras's layers are read.
WIDEST = 256
WITH_ACTIVATION = ("Conv2D", "DepthwiseConv2D", "Dense")
# Keras's function has this slope below zero.
LEAKY_SLOPE = 0.2


class Translation:
    """Keras's layers so far, and where each value of the file's tensor lies in what they make of a picture."""

    def __init__(self, shape: Shape) -> None:
        """`shape` is that of the file's input without the batch; InputError if it is no square picture's."""
        self.shape, self.places = _pictures(shape)  # the first of the lab's tensor, without the batch
        self._input = self.shape
        self._layers: list[dict[str, Any]] = []
        self._arrays: dict[str, Arrays] = {}
        # A factor and an offset for each channel, which wait for what comes next.
        self._scale: np.ndarray | None = None
        self._offset: np.ndarray | None = None
        self._is_over = False

    # --- Layers ------------------------------------------------------------------------------------------------------

    def convolution(
        self,
        kernel: np.ndarray,
        bias: np.ndarray | None,
        strides: Sequence[int],
        padding: Padding | str,
        *,
        dilation: Sequence[int] = (1, 1),
        channels_first: bool,
        depthwise: bool = False,
    ) -> None:
        """`kernel` is laid out as Keras has it: height, width, channels, and filters, or filters for each channel."""
        height, width, channels, filters = kernel.shape
        if len(self.shape) == 1 and (height, width) == (1, 1) and not depthwise and self.places.size == channels:
            # Of a row that stands for pictures of one pixel.
            self.dense(kernel[0, 0], bias)
            self._stand(filters, channels_first)
            return
        rows, columns, depth = self._picture(channels_first)
        if channels != depth:
            raise InputError(
                gettext(
                    "its kernel is for {channels} channels, but {depth} come in",
                    channels=count(channels),
                    depth=count(depth),
                )
            )
        if self._last()["class_name"] == "ZeroPadding2D" and padding != "same":
            rows, columns, padding = self._without_padding((0, 0, 0, 0) if isinstance(padding, str) else padding)
        window = [(size - 1) * step + 1 for size, step in zip((height, width), dilation, strict=True)]
        padding, sides = self._padded((rows, columns), window, strides, padding)
        if padding not in ("valid", "same"):
            self._pad(padding)  # type: ignore[arg-type]
            padding = "valid"
        given: dict[str, Any] = {
            "kernel_size": [height, width],
            "strides": list(strides),
            "dilation_rate": list(dilation),
        }
        given |= {"padding": padding, "data_format": "channels_last", "activation": "linear"}
        given |= {"use_bias": bias is not None}
        own = [kernel] if bias is None else [kernel, bias]
        made = filters * channels if depthwise else filters
        if bias is not None and bias.shape != (made,):
            raise InputError(
                gettext(
                    "its bias has {written} values; expected {made}", written=_written(bias.shape), made=count(made)
                )
            )
        if depthwise:
            self._add("DepthwiseConv2D", given | {"depth_multiplier": filters}, own)
        else:
            self._add("Conv2D", given | {"filters": filters, "groups": 1}, own)
        self._lay((*sides, made), channels_first)

    def pooling(
        self, kind: str, window: Sequence[int], strides: Sequence[int], padding: Padding | str, *, channels_first: bool
    ) -> None:
        """`kind` is Max or Average; an average leaves out what a padding adds."""
        rows, columns, channels = self._picture(channels_first)
        padding, sides = self._padded((rows, columns), window, strides, padding)
        if not isinstance(padding, str):
            raise InputError(
                gettext(
                    "its padding is {list}; expected none, or one that keeps the size", list=readable(list(padding))
                )
            )
        given = {"pool_size": list(window), "strides": list(strides), "padding": padding}
        self._add(f"{kind}Pooling2D", given | {"data_format": "channels_last"})
        self._lay((*sides, channels), channels_first)

    def global_pooling(self, kind: str, *, channels_first: bool, keep: bool) -> None:
        _, _, channels = self._picture(channels_first)
        self._add(f"Global{kind}Pooling2D", {"data_format": "channels_last", "keepdims": False})
        self.shape, self.places = (channels,), np.arange(channels)
        if keep:
            self._stand(channels, channels_first)

    def pooling_over(self, kind: str, axes: Sequence[int], *, keep: bool) -> None:
        """A global pooling that names the axes it goes over; the batch is axis 0."""
        sides = self.places.ndim + 1
        if any(not -sides <= axis < sides for axis in axes):
            raise InputError(gettext("it goes over an axis that there is not"))
        over = sorted({axis % sides for axis in axes})
        if over not in ([1, 2], [2, 3]) or sides != 4:
            raise InputError(
                gettext("it goes over the axes {over}; expected a picture's height and width", over=readable(over))
            )
        self.global_pooling(kind, channels_first=over == [2, 3], keep=keep)

    def padding(self, padding: Padding, *, channels_first: bool) -> None:
        """Zeros around a picture."""
        rows, columns, channels = self._picture(channels_first)
        self._pad(padding)
        self._lay((rows + padding[0] + padding[2], columns + padding[1] + padding[3], channels), channels_first)

    def cropping(self, sides: Padding, *, channels_first: bool) -> None:
        """Takes rows and columns away."""
        rows, columns, channels = self._picture(channels_first)
        top, left, bottom, right = sides
        if any(not 0 <= side <= WIDEST for side in sides) or top + bottom >= rows or left + right >= columns:
            raise InputError(
                gettext(
                    "it cuts {list} pixels off a picture of {rows}×{columns}",
                    list=readable(list(sides)),
                    rows=rows,
                    columns=columns,
                )
            )
        given = {"cropping": [[top, bottom], [left, right]], "data_format": "channels_last"}
        self._add("Cropping2D", given)
        self._lay((rows - top - bottom, columns - left - right, channels), channels_first)

    def cut(self, begins: Sequence[int], ends: Sequence[int]) -> None:
        """Keeps what lies from a place to another along each axis of the file's tensor, the batch not counted."""
        shape = self.places.shape
        if (
            len(begins) != len(shape)
            or len(shape) != 3
            or not all(0 <= begin < end <= side for begin, end, side in zip(begins, ends, shape, strict=True))
        ):
            raise InputError(
                gettext(
                    "it keeps {list} to {list_2} of {written} values",
                    list=readable(list(begins)),
                    list_2=readable(list(ends)),
                    written=_written(shape),
                )
            )
        first = self._has_channels_first()
        sides = [(begin, side - end) for begin, end, side in zip(begins, ends, shape, strict=True)]
        channels = sides.pop(0 if first else 2)
        if any(channels):
            raise InputError(gettext("it leaves channels out; expected rows and columns only"))
        (top, bottom), (left, right) = sides
        self.cropping((top, left, bottom, right), channels_first=first)

    def resizing(self, sides: Sequence[int]) -> None:
        """A picture drawn at another size, by what lies between pixels; all sides of the file's tensor but the batch's.

        As TensorFlow does it, half a pixel is where a pixel's middle is.
        """
        first = self._has_channels_first()
        channels = self._picture(first)[2]
        if len(sides) != 3 or sides[0 if first else 2] != channels or not all(1 <= side <= WIDEST for side in sides):
            raise InputError(
                gettext(
                    "it makes {list} values; expected pictures of up to {widest} pixels",
                    list=readable(list(sides)),
                    widest=WIDEST,
                )
            )
        height, width = sides[1:] if first else sides[:2]
        given = {"height": height, "width": width, "interpolation": "bilinear", "data_format": "channels_last"}
        self._add("Resizing", given)
        self._lay((height, width, channels), first)

    def dense(self, kernel: np.ndarray, bias: np.ndarray | None) -> None:
        """`kernel` is laid out as inputs × outputs, in the order of the file's tensor."""
        if kernel.ndim != 2 or self.places.shape[-1] != kernel.shape[0] or self.places.size != kernel.shape[0]:
            raise InputError(
                gettext(
                    "its weights are {written}, but {written_2} values come",
                    written=_written(kernel.shape),
                    written_2=_written(self.places.shape),
                )
            )
        if bias is not None and bias.shape != (kernel.shape[1],):
            raise InputError(
                gettext(
                    "its bias has {written} values; expected {shape}",
                    written=_written(bias.shape),
                    shape=count(kernel.shape[1]),
                )
            )
        self._row()
        if self._is_in_order():
            ordered = kernel
        else:
            ordered = np.empty_like(kernel)
            ordered[self.places.ravel()] = kernel
        units = kernel.shape[1]
        given = {"units": units, "activation": "linear", "use_bias": bias is not None}
        self._add("Dense", given, [ordered] if bias is None else [ordered, bias])
        self.shape, self.places = (units,), np.arange(units).reshape(*self.places.shape[:-1], units)

    def normalization(self, arrays: Sequence[np.ndarray], epsilon: float, *, axis: int) -> None:
        """`arrays` are scale, offset, mean and variance, along an axis of the file's tensor, the batch not counted."""
        if not axis < self.places.ndim:
            raise InputError(gettext("it normalizes what has no channels"))
        along = [1] * self.places.ndim
        along[axis] = -1
        if any(array.shape != (self.places.shape[axis],) for array in arrays):
            raise InputError(gettext("its arrays are no rows of {shape} values", shape=count(self.places.shape[axis])))
        self._row_before(*arrays)
        own = [np.broadcast_to(self._by_channel(array.reshape(along)), self.shape[-1:]) for array in arrays]
        given = {"axis": -1, "momentum": 0.99, "epsilon": shortest(epsilon), "center": True, "scale": True}
        self._add("BatchNormalization", given, own)

    def affine(self, scale: np.ndarray, offset: np.ndarray) -> None:
        """Multiplies by constants and adds constants, which fit on the file's tensor."""
        self._row_before(scale, offset)
        factor, term = self._by_channel(scale), self._by_channel(offset)
        if self._scale is None or self._offset is None:
            self._scale, self._offset = factor, term
        else:
            self._scale, self._offset = self._scale * factor, self._offset * factor + term

    def activation(self, name: str) -> None:
        """One of Keras's functions by its name."""
        self._settle()
        last = self._last()
        if name == "relu" and self._is_relu():
            return  # it changes nothing twice
        if last["class_name"] in WITH_ACTIVATION and last["config"]["activation"] == "linear":
            last["config"]["activation"] = name
        else:
            self._add("Activation", {"activation": name})

    def leaky_relu(self, slope: float) -> None:
        if abs(slope) < SAME_NUMBER:
            self.activation("relu")
        elif abs(slope - LEAKY_SLOPE) < SAME_NUMBER:
            self.activation("leaky_relu")
        else:
            self._add("LeakyReLU", {"negative_slope": shortest(slope)})

    def elu(self, alpha: float) -> None:
        if abs(alpha - 1) < SAME_NUMBER:
            self.activation("elu")
        else:
            self._add("ELU", {"alpha": shortest(alpha)})

    def prelu(self, slopes: np.ndarray) -> None:
        """A slope below zero for each value, or for each channel, that fits on the file's tensor."""
        if slopes.size == 1:
            self.leaky_relu(float(slopes.flat[0]))
            return
        self._row_before(slopes)
        own = self._laid(slopes)
        is_shared = own.ndim == 3 and bool((own == own[:1, :1]).all())
        self._add("PReLU", {"shared_axes": [1, 2] if is_shared else None}, [own[:1, :1] if is_shared else own])

    def hard_sigmoid(self, alpha: float, beta: float) -> None:
        """min(max(alpha · x + beta, 0), 1), as Keras 3 and Keras 2 have it."""
        known = {1 / 6: "hard_sigmoid", 0.2: HARD_SIGMOID_2}
        name = next((name for slope, name in known.items() if abs(alpha - slope) < SAME_NUMBER), "")
        if not name or abs(beta - 0.5) > SAME_NUMBER:
            raise InputError(
                gettext(
                    "its alpha and beta are {alpha:g} and {beta:g}; expected 1/6 or 0.2, and 0.5",
                    alpha=alpha,
                    beta=beta,
                )
            )
        self.activation(name)

    def clip(self, least: float, most: float) -> None:
        """Cuts values off; as ReLU does it."""
        if least != 0:
            raise InputError(
                gettext(
                    "it cuts values off at {least:g} and {most:g}; expected 0, as ReLU does it", least=least, most=most
                )
            )
        if math.isinf(most):
            self.activation("relu")
        else:
            self._add("ReLU", {"max_value": shortest(most), "negative_slope": 0.0, "threshold": 0.0})

    def at_most(self, most: float) -> None:
        """Cuts values off above; behind a ReLU, whose largest value that becomes."""
        self._settle()
        last = self._last()
        if not self._is_relu() or most <= 0:
            raise InputError(gettext("it cuts values off at {most:g}; expected that of what ReLU gives", most=most))
        if last["class_name"] in WITH_ACTIVATION:
            last["config"]["activation"] = "linear"
        else:
            self._layers.pop()
            del self._arrays[last["config"]["name"]]
            most = min(most, last["config"].get("max_value", most))
        self._add("ReLU", {"max_value": shortest(most), "negative_slope": 0.0, "threshold": 0.0})

    def _is_relu(self) -> bool:
        config = self._layers[-1]["config"] if self._layers else {}
        is_layer = self._last()["class_name"] == "ReLU" and not config["negative_slope"]
        return is_layer or config.get("activation") == "relu"

    def logarithm(self) -> None:
        """As softplus ends that a file spells out: log(1 + exp(x))."""
        last, scale, offset = self._last(), self._scale, self._offset
        is_one_more = scale is not None and offset is not None and bool((scale == 1).all() and (offset == 1).all())
        if not is_one_more or last.get("config", {}).get("activation") != "exponential":
            raise InputError(gettext("it takes a logarithm, which is read of softplus alone"))
        self._scale = self._offset = None
        last["config"]["activation"] = "softplus"

    def softmax(self, axis: int, *, logarithm: bool = False) -> None:
        """`axis` counts the batch. A logarithm of it may only be the last of all; the order of its answers is kept."""
        sides = self.places.ndim + 1
        if not -sides <= axis < sides or axis % sides == 0:
            raise InputError(gettext("its softmax goes over an axis that there is not"))
        if self.places.shape[axis % sides - 1] != self.places.size:
            if logarithm or len(self.shape) != 3 or axis % sides != (1 if self._has_channels_first() else 3):
                raise InputError(
                    gettext("its softmax is not over all that comes in; expected one over a row, or over channels")
                )
            self._picture(self._has_channels_first())
            self.activation("softmax")
            return
        if self.places.size == CLASSES and not self._ends_with_dense("linear"):
            self._change_nothing()
        self._row()
        self.activation("softmax")
        self._is_over = logarithm or self.places.size == CLASSES

    def function(self, values: np.ndarray) -> bool:
        """A function of each value that a file spells out, by what it makes of `GRID`; says whether it is known."""
        if slope := slope_below(values):
            self.leaky_relu(slope)
            return True
        for name, known in FUNCTIONS.items():
            if values.shape == GRID.shape and np.allclose(values, known(GRID), atol=SAME_NUMBER):
                self.activation(name)
                return True
        if depth := lowest(values):
            self.elu(depth)
        return bool(depth)

    # --- Order -------------------------------------------------------------------------------------------------------

    def transpose(self, order: Sequence[int]) -> None:
        """`order` is that of the axes, the batch counted, which stays the first."""
        if sorted(order) != list(range(self.places.ndim + 1)) or order[0] != 0:
            raise InputError(
                gettext(
                    "it orders the axes as {list}; expected the batch to stay the first one", list=readable(list(order))
                )
            )
        self.places = self.places.transpose([axis - 1 for axis in order[1:]])

    def reshape(self, shape: Sequence[int]) -> None:
        """`shape` is without the batch; one side may be -1."""
        sides = [int(side) for side in shape]
        rest = math.prod(side for side in sides if side != -1)
        if sides.count(-1) == 1 and rest > 0 and self.places.size % rest == 0:
            sides[sides.index(-1)] = self.places.size // rest
        if len(sides) > MOST_SIDES or any(side < 1 for side in sides) or math.prod(sides) != self.places.size:
            raise InputError(
                gettext(
                    "it makes {list} of {written} values; expected as many, and the batch to stay the first side",
                    list=readable(list(shape)),
                    written=_written(self.places.shape),
                )
            )
        self.places = self.places.reshape(sides)

    # --- The end -----------------------------------------------------------------------------------------------------

    def end(self, what: str, note: str = "") -> Model:
        """Returns the lab's layers and their arrays; `note` comes behind what there is to say of the layers."""
        config, found = self.described(what)
        chain = keras_file.chain_of(config, what)
        note = " ".join(filter(None, (chain.note, note)))
        return Model(tuple(chain.layers), weights.complete(chain, found, what), note, chain.front)

    def described(self, what: str) -> tuple[dict[str, Any], dict[str, Arrays]]:
        """Returns the whole as Keras describes a sequential model, and the arrays of each layer by its name."""
        if self.places.size != CLASSES:
            raise InputError(
                gettext(
                    "{what} answers with {written} values; expected one for each digit.",
                    what=what,
                    written=_written(self.places.shape),
                )
            )
        if not self._ends_with_dense():
            self._change_nothing()
        self._settle()
        if not self._is_in_order():
            raise InputError(gettext("{what} turns its answers round; expected those of the digits 0 to 9.", what=what))
        first = _described("InputLayer", "input", {"batch_shape": [None, *self._input], "sparse": False})
        inside = {"name": "model", "layers": [first, *self._layers]}
        return {"module": "keras", "class_name": "Sequential", "config": inside}, self._arrays

    def _ends_with_dense(self, activation: str = "") -> bool:
        last = self._last()
        return last["class_name"] == "Dense" and activation in ("", last["config"]["activation"])

    def _change_nothing(self) -> None:
        """Adds a dense layer that hands its input on, for the lab's networks end with one."""
        if not self._is_in_order():
            self._settle()
        # What waits becomes a part of it.
        waiting = self._scale, self._offset
        self._scale = self._offset = None
        shape = self.places.shape
        self.places = self.places.reshape(-1)
        self.dense(np.eye(self.places.size, dtype=np.float32), None)
        self.places = self.places.reshape(shape)
        self._scale, self._offset = waiting

    # --- Inside ------------------------------------------------------------------------------------------------------

    def _add(self, kind: str, config: dict[str, Any], arrays: Sequence[np.ndarray] = ()) -> None:
        self._settle()
        if self._is_over:
            raise InputError(gettext("it comes after the probabilities; expected these to be the answer"))
        name = f"layer_{len(self._layers) + 1}"
        self._layers.append(_described(kind, name, config))
        self._arrays[name] = list(arrays)

    def _last(self) -> dict[str, Any]:
        """The last layer; at the start one of no kind."""
        return self._layers[-1] if self._layers else {"class_name": ""}

    def _settle(self) -> None:
        """What waits becomes part of the layer before it, where that is linear, or a layer of its own."""
        if self._scale is None or self._offset is None:
            return
        scale, offset = self._scale, self._offset
        self._scale = self._offset = None
        last = self._last()
        if last["class_name"] in WITH_ACTIVATION and last["config"]["activation"] == "linear":
            self._join(last, scale, offset)
        elif (scale == scale.flat[0]).all() and (offset == offset.flat[0]).all():
            self._add("Rescaling", {"scale": shortest(scale.flat[0]), "offset": shortest(offset.flat[0])})
        else:
            channels = self.shape[-1:]
            own = [np.broadcast_to(one, channels) for one in (scale, offset, np.zeros(1), np.ones(1))]
            given = {"axis": -1, "momentum": 0.99, "epsilon": 0.0, "center": True, "scale": True}
            self._add("BatchNormalization", given, own)

    def _join(self, layer: dict[str, Any], scale: np.ndarray, offset: np.ndarray) -> None:
        """Makes a factor and an offset for each channel part of a linear layer's kernel and bias."""
        config = layer["config"]
        own = self._arrays[config["name"]]
        bias = own[1] * scale + offset if config["use_bias"] else np.broadcast_to(offset, self.shape[-1:])
        if layer["class_name"] == "DepthwiseConv2D" and scale.size > 1:
            scale = scale.reshape(own[0].shape[2:])
        kernel = own[0] * scale.astype(np.float32) if (scale != 1).any() else own[0]
        self._arrays[config["name"]] = [kernel, bias]
        config["use_bias"] = True

    def _row_before(self, *constants: np.ndarray) -> None:
        """Lays the lab's tensor out as a row where the file's is one, and constants may differ from value to value."""
        if self.places.ndim == 1 and any(np.size(one) > 1 for one in constants):
            self._row()

    def _by_channel(self, values: np.ndarray) -> np.ndarray:
        """What a constant on the file's tensor is for each channel of the lab's; one value where they are all one."""
        values = np.asarray(values, np.float64)
        if values.size == 1:
            return values.reshape(1)
        by_pixel = self._laid(values).reshape(-1, self.shape[-1])
        if not (by_pixel == by_pixel[0]).all():
            raise InputError(gettext("its constants differ from pixel to pixel; expected one for each channel"))
        return by_pixel[0].copy()

    def _laid(self, values: np.ndarray) -> np.ndarray:
        """Constants on the file's tensor as they lie on the lab's, float64 of its shape."""
        if values.ndim == self.places.ndim + 1 and values.shape[0] == 1:
            values = values[0]
        try:
            spread = np.broadcast_to(values, self.places.shape)
        except ValueError:
            raise InputError(
                gettext(
                    "its constants are {written}, which do not fit on {written_2} values",
                    written=_written(values.shape),
                    written_2=_written(self.places.shape),
                )
            ) from None
        flat = np.empty(self.places.size)
        flat[self.places] = spread
        return flat.reshape(self.shape)

    def _picture(self, channels_first: bool) -> tuple[int, int, int]:
        """Height, width and channels of the file's tensor, which has to lie as the lab's but for the channels' side."""
        self._settle()
        if len(self.shape) == 3:
            laid = np.arange(self.places.size).reshape(self.shape)
            laid = laid.transpose(2, 0, 1) if channels_first else laid
            if self.places.shape == laid.shape and (self.places == laid).all():
                return self.shape
        side = "first" if channels_first else "last"
        raise InputError(
            gettext(
                "it gets {written} values that are no picture with its channels {side}",
                written=_written(self.places.shape),
                side=side,
            )
        )

    def _has_channels_first(self) -> bool:
        """Whether the file's picture has its channels first; where it has but one, any order is the same."""
        laid = np.arange(self.places.size).reshape(self.shape) if len(self.shape) == 3 else self.places
        return not (self.places.shape == laid.shape and bool((self.places == laid).all()))

    def _lay(self, shape: tuple[int, int, int], channels_first: bool) -> None:
        """The lab's tensor has this shape, and the file's is the same but for the channels' side."""
        if math.prod(shape) > MOST_VALUES:
            raise InputError(gettext("it makes {written} values of a picture, too many", written=_written(shape)))
        laid = np.arange(math.prod(shape)).reshape(shape)
        self.shape, self.places = shape, laid.transpose(2, 0, 1) if channels_first else laid

    def _stand(self, channels: int, channels_first: bool) -> None:
        """A row stands for a picture of one pixel."""
        self.places = self.places.reshape((channels, 1, 1) if channels_first else (1, 1, channels))

    def _row(self) -> None:
        if len(self.shape) > 1:
            self._add("Flatten", {"data_format": "channels_last"})
            self.shape = (math.prod(self.shape),)

    def _is_in_order(self) -> bool:
        return bool((self.places.ravel() == np.arange(self.places.size)).all())

    def _pad(self, padding: Padding) -> None:
        if any(not 0 <= side <= WIDEST for side in padding):
            raise InputError(
                gettext(
                    "its padding is {list}; expected 0 to {widest} pixels on each side",
                    list=readable(list(padding)),
                    widest=WIDEST,
                )
            )
        top, left, bottom, right = padding
        self._add("ZeroPadding2D", {"padding": [[top, bottom], [left, right]], "data_format": "channels_last"})

    def _without_padding(self, more: Padding) -> tuple[int, int, Padding]:
        """Takes a padding back that comes before a convolution, to be part of it."""
        (top, bottom), (left, right) = self._layers.pop()["config"]["padding"]
        rows, columns = self.shape[0] - top - bottom, self.shape[1] - left - right
        return rows, columns, (top + more[0], left + more[1], bottom + more[2], right + more[3])

    def _padded(
        self, sides: tuple[int, int], window: Sequence[int], strides: Sequence[int], padding: Padding | str
    ) -> tuple[Padding | str, tuple[int, int]]:
        """A padding as Keras calls it, where it has a word for it, and the sides of what comes out."""
        if len(window) != 2 or len(strides) != 2 or any(not 1 <= one <= WIDEST for one in (*window, *strides)):
            raise InputError(
                gettext(
                    "its window is {list}, with strides {list_2}; expected 1 to {widest} pixels of each",
                    list=readable(list(window)),
                    list_2=readable(list(strides)),
                    widest=WIDEST,
                )
            )
        pairs = list(zip(sides, window, strides, strict=True))
        (top, bottom), (left, right) = (keras_kernels.zeros_of_same(*pair) for pair in pairs)
        same = (top, left, bottom, right)
        given: Padding = same if padding == "same" else (0, 0, 0, 0) if isinstance(padding, str) else padding
        if any(not 0 <= side <= WIDEST for side in given):
            raise InputError(
                gettext(
                    "its padding is {list}; expected 0 to {widest} pixels on each side",
                    list=readable(list(given)),
                    widest=WIDEST,
                )
            )
        sums = (given[0] + given[2], given[1] + given[3])
        made = [(side + more - size) // step + 1 for (side, size, step), more in zip(pairs, sums, strict=True)]
        if min(made) < 1:
            raise InputError(
                gettext("its window of {written} is larger than the picture", written=_written(tuple(window)))
            )
        word: Padding | str = "same" if given == same else given
        return "valid" if not any(given) else word, (made[0], made[1])


def _pictures(shape: Shape) -> tuple[Shape, np.ndarray]:
    """The shape of a file's pictures with their channels last, and where each value of its input lies in that."""
    height, channels = 0, 1
    match shape:
        case (1 | 3 as depth, side, other) if side == other:
            height, channels = side, depth
        case (side, other, 1 | 3 as depth) if side == other:
            height, channels = side, depth
        case (side, other) if side == other:
            height = side
        case (pixels,) | (1, pixels):
            height = math.isqrt(pixels)
    if not 1 < height <= WIDEST or math.prod(shape) != height * height * channels:
        raise InputError(
            gettext(
                "it takes {written}; expected square pictures such as 28×28, or rows of their pixels",
                written=_written(shape),
            )
        )
    laid = np.arange(math.prod(shape)).reshape(height, height, channels)
    laid = laid.transpose(2, 0, 1) if len(shape) == 3 and shape[0] == channels != shape[2] else laid
    return (height, height, channels), laid.reshape(shape)


def _described(kind: str, name: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": kind, "config": {"name": name, "dtype": "float32"} | config}


def _written(shape: Shape) -> str:
    return "×".join(map(count, shape)) or "single"
