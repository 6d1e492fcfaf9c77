"""The layer list: a network as plain, frozen, checked values, its short notation, and what it makes of a picture.

Nothing here needs TensorFlow: output shapes and parameter counts follow from the list alone, so that a page can say
what a network looks like, or why it cannot be built, before anything heavy is loaded.
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mnist_core.checks import check_choice, check_number, check_whole, short
from mnist_core.errors import InputError
from mnist_core.formatting import begun, count, ordinal, readable
from mnist_core.language import N_, gettext
from mnist_core.mnist import CLASSES, IMAGE_SHAPE, SIDE

# What a layer makes of each value, or of a row of them (softmax).
ACTIVATIONS = (
    "linear",
    "relu",
    "elu",
    "gelu",
    "leaky_relu",
    "tanh",
    "sigmoid",
    "softmax",
    "relu6",
    "selu",
    "silu",
    "mish",
    "softplus",
    "softsign",
    "hard_sigmoid",
    "hard_silu",
    "exponential",
)
# Activations that may be told a number, what it is, and which one they have by themselves, as Keras's functions do.
ACTIVATION_NUMBERS = {
    "relu": (N_("largest value"), math.inf),
    "leaky_relu": (N_("slope below zero"), 0.2),
    "elu": (N_("lowest value, with its sign changed,"), 1.0),
}
PADDINGS = ("valid", "same")
SHARED = "shared"

MOST_LAYERS = 40
# Pictures between the layers may be larger than those of the lab.
MOST_PIXELS = 64  # of a kernel, of a window, and of a side that a picture is resized to
MOST_VALUES = 4096 * SIDE * SIDE  # that a layer makes of one picture
LEAST_NUMBER, MOST_NUMBER = 1e-6, 1000  # of an activation

Shape = tuple[int, ...]
Sides = tuple[int, int, int, int]  # top, bottom, left, right


@dataclass(frozen=True)
class Layer:
    """One layer of a sequential network; fields that a kind does not use (`KINDS`) stay at their defaults."""

    kind: str  # one of `LAYER_KINDS`
    units: int = 0  # filters of a convolution (of a depthwise one, for each channel), neurons of a dense layer
    size: int = 0  # side of a kernel, of a pooling window, or of the picture that resizing makes, in pixels
    activation: str = "linear"  # one of `ACTIVATIONS`, for convolution, dense and activation layers
    padding: str = "valid"  # `valid` (the picture shrinks) or `same` (zeros around it; by a stride of 1 it does not)
    rate: float = 0.0  # share of values that dropout sets to zero, 0 to below 1
    stride: int = 0  # pixels from one place to the next; 0: 1 for a convolution, the window's side for a pooling
    number: float = 0.0  # of an activation layer (`ACTIVATION_NUMBERS`); 0: the one it has by itself
    sides: Sides = (0, 0, 0, 0)  # pixels that a padding adds, or cropping takes away
    shared: bool = False  # whether a PReLU has one slope for all pixels of a channel

    def __post_init__(self) -> None:
        check_choice(gettext("layer kind"), self.kind, LAYER_KINDS)
        name, used = LAYER_NAMES[self.kind], KINDS[self.kind].fields
        check_choice(gettext("activation of a {name}", name=name), self.activation, ACTIVATIONS)
        check_choice(gettext("padding of a {name}", name=name), self.padding, PADDINGS)
        if "units" in used:
            what = (
                gettext("number of neurons of a {name}", name=name)
                if self.kind == "dense"
                else gettext("number of filters of a {name}", name=name)
            )
            check_whole(what, self.units, 1, 4096)
        if "size" in used:
            check_whole(gettext("side of a {name} in pixels", name=name), self.size, 1, MOST_PIXELS)
        if "rate" in used:
            check_number(gettext("dropout rate"), self.rate, 0, 0.95)
        if "sides" in used:
            if not isinstance(self.sides, tuple) or len(self.sides) != 4:
                raise InputError(
                    gettext("The sides of a {name} are four numbers of pixels: top, bottom, left, right.", name=name)
                )
            for pixels in self.sides:
                check_whole(gettext("number of pixels of a {name}", name=name), pixels, 0, MOST_PIXELS)
        self._check_stride(name)
        self._check_number(name)

    def _check_stride(self, name: str) -> None:
        if "stride" in KINDS[self.kind].fields:
            check_whole(gettext("stride of a {name}", name=name), self.stride, 0, MOST_PIXELS)
            if self.stride == self._own_stride:
                object.__setattr__(self, "stride", 0)  # written in one way only

    def _check_number(self, name: str) -> None:
        if not self.number:
            return
        if self.kind != "activation" or self.activation not in ACTIVATION_NUMBERS:
            raise InputError(
                gettext(
                    "The {name} with {activation} has a number; only activation layers with "
                    "{activation_numbers} take one.",
                    name=name,
                    activation=self.activation,
                    activation_numbers=", ".join(ACTIVATION_NUMBERS),
                )
            )
        what, own = ACTIVATION_NUMBERS[self.activation]
        check_number(
            gettext("{what} of {activation}", what=what, activation=self.activation),
            self.number,
            LEAST_NUMBER,
            MOST_NUMBER,
        )
        if self.number == own:
            object.__setattr__(self, "number", 0.0)

    @property
    def _own_stride(self) -> int:
        return self.size if self.kind in POOLINGS else 1

    @property
    def step(self) -> int:
        """Pixels from one place of a kernel or window to the next."""
        return self.stride or self._own_stride

    def __str__(self) -> str:
        """As in an address: `conv:16:5:same:relu`, `maxpool:3:stride2`, `dropout:0.3`, `dense:10:softmax`."""
        return ":".join([self.kind, *(word for name in KINDS[self.kind].fields if (word := self.written(name)))])

    def written(self, name: str) -> str:
        """Returns a field as it stands in the notation; empty where it need not be said."""
        value = getattr(self, name)
        match name:
            case "stride":
                return f"stride{value}" if value else ""
            case "activation":
                return value if value != "linear" or self.kind == "activation" else ""
            case "padding":
                return value if value != "valid" else ""
            case "number":
                return short(value) if value else ""
            case "sides":
                return ":".join(map(str, value[:1] if len(set(value)) == 1 else value))
            case "shared":
                return SHARED if value else ""
        return short(value)


def parse_layer(text: str) -> Layer:
    """Reads one layer in the notation that `str(layer)` writes; InputError says what is wrong with it."""
    kind, *words = (word.strip() for word in text.strip().split(":"))
    check_choice(gettext("layer kind"), kind, LAYER_KINDS)
    fields: dict[str, Any] = {}
    allowed = KINDS[kind].fields
    try:
        for name in ("units", "size"):
            if name in allowed:
                fields[name] = int(words.pop(0))
        if "rate" in allowed:
            fields["rate"] = float(words.pop(0))
        if "sides" in allowed:
            sides, words = [int(word) for word in words[:4]], words[4:]
            fields["sides"] = tuple(sides * 4 if len(sides) == 1 else sides)
            if len(fields["sides"]) != 4:
                raise ValueError
    except (IndexError, ValueError):
        example = KINDS[kind].example
        raise InputError(
            gettext(
                "The layer '{text}' lacks a number; write it like '{example}'.", text=readable(text), example=example
            )
        ) from None
    for word in words:
        name, value = _option(word, allowed)
        if not name or name in fields:
            raise InputError(
                gettext(
                    "The layer '{text}' has one part too many, '{word}'; remove it.",
                    text=readable(text),
                    word=readable(word),
                )
            )
        fields[name] = value
    return Layer(kind, **fields)


def _option(word: str, allowed: tuple[str, ...]) -> tuple[str, Any]:
    """Which of the allowed fields a word is about, and its value; an empty name where it is about none."""
    if "padding" in allowed and word in PADDINGS:
        return "padding", word
    if "shared" in allowed and word == SHARED:
        return "shared", True
    if "stride" in allowed and (found := re.fullmatch(r"stride(\d{1,9})", word)):
        return "stride", int(found[1])
    if "number" in allowed and re.fullmatch(r"-?\d[\d.]*(e[+-]?\d+)?", word):
        try:
            return "number", float(word)
        except ValueError:
            return "", None
    return ("activation", word) if "activation" in allowed else ("", None)


def parse_network(text: str) -> tuple[Layer, ...]:
    """Layers are separated by commas: `conv:16:5:relu,maxpool:2,flatten,dense:10:softmax`."""
    return tuple(parse_layer(part) for part in text.split(",") if part.strip())


def network_text(layers: tuple[Layer, ...]) -> str:
    return ",".join(str(layer) for layer in layers)


@dataclass(frozen=True)
class LayerSummary:
    """What a layer does to the picture."""

    layer: Layer
    output_shape: Shape  # without the batch
    arrays: tuple[Shape, ...]  # the shapes of its weights, in the order of Keras's `get_weights`

    @property
    def parameters(self) -> int:
        return sum(map(math.prod, self.arrays))


def summarize(layers: tuple[Layer, ...]) -> tuple[LayerSummary, ...]:
    """Follows a 28×28×1 picture through the layers, with Keras's rules for shapes and parameters.

    Raises InputError with the layer and the reason: "the third pooling leaves 0×0 pixels".
    """
    summaries, problem = follow(layers)
    if problem:
        raise problem
    return summaries


def follow(layers: tuple[Layer, ...]) -> tuple[tuple[LayerSummary, ...], InputError | None]:
    """As `summarize`, as far as the layers fit; also returns what is wrong with the next one, or with the whole."""
    summaries: list[LayerSummary] = []
    try:
        _follow(layers, summaries)
    except InputError as error:
        return tuple(summaries), error
    return tuple(summaries), None


def _follow(layers: tuple[Layer, ...], summaries: list[LayerSummary]) -> None:
    """Appends what each layer does, until one cannot stand where it does."""
    if not layers:
        raise InputError(gettext("The network has no layers; add at least 'flatten' and 'dense:10:softmax'."))
    if len(layers) > MOST_LAYERS:
        raise InputError(
            gettext(
                "The network has {layers} layers; at most {most_layers} are allowed; remove some.",
                layers=len(layers),
                most_layers=MOST_LAYERS,
            )
        )
    seen: Counter[str] = Counter()
    shape: Shape = IMAGE_SHAPE
    for layer in layers:
        name = LAYER_NAMES[layer.kind]
        seen[name] += 1
        before, shape = (
            shape,
            _output_shape(layer, shape, gettext("the {ordinal} {name}", ordinal=ordinal(seen[name]), name=name)),
        )
        summaries.append(LayerSummary(layer, shape, tuple(KINDS[layer.kind].arrays(layer, before))))
    last = layers[-1]
    if last.kind != "dense" or last.units != CLASSES or last.activation not in ("softmax", "sigmoid"):
        raise InputError(
            gettext(
                "The last layer is '{last}', but it must give one probability for each digit: end "
                "with 'dense:10:softmax' (or 'dense:10:sigmoid').",
                last=last,
            )
        )


def output_shape(layers: tuple[Layer, ...]) -> Shape:
    """Returns what the beginning of a network makes of a 28×28×1 picture, without the batch; as `summarize`."""
    shape: Shape = IMAGE_SHAPE
    for layer in layers:
        shape = _output_shape(layer, shape, gettext("a {name}", name=LAYER_NAMES[layer.kind]))
    return shape


def _output_shape(layer: Layer, before: Shape, which: str) -> Shape:
    """What a layer makes of a picture or a row of this shape; InputError if it does not fit."""
    kind = KINDS[layer.kind]
    if (kind.takes == "picture" or layer.shared) and len(before) != 3:
        raise InputError(
            gettext("{begun} needs a picture, but comes after 'flatten'; move it before it.", begun=begun(which))
        )
    if kind.takes == "row" and len(before) != 1:
        raise InputError(
            gettext("{begun} needs a row of numbers, but gets a picture; put 'flatten' first.", begun=begun(which))
        )
    shape = kind.shape(layer, before)
    if min(shape) < 1:
        raise InputError(
            gettext(
                "This network cannot be built: {which} leaves 0×0 pixels of the {height}×{width} "
                "that reach it; remove a pooling or use padding 'same'.",
                which=which,
                height=before[0],
                width=before[1],
            )
        )
    if math.prod(shape) > MOST_VALUES:
        raise InputError(
            gettext(
                "{begun} makes {number} numbers of a picture; at most {most_values} are allowed, make it smaller.",
                begun=begun(which),
                number=count(math.prod(shape)),
                most_values=count(MOST_VALUES),
            )
        )
    return shape


def count_parameters(layers: tuple[Layer, ...]) -> int:
    """Those that batch normalization tracks are included."""
    return sum(summary.parameters for summary in summarize(layers))


def count_multiply_adds(layers: tuple[Layer, ...]) -> int:
    """Of one picture in convolutions and dense layers; the other layers need hardly any."""
    # Each weight is used once for every pixel of the output; a bias, one for each channel, is not a multiplication.
    return sum(
        (summary.parameters - summary.output_shape[-1]) * math.prod(summary.output_shape[:-1])
        for summary in summarize(layers)
        if summary.layer.kind in WEIGHTED
    )


# --- The table of kinds ----------------------------------------------------------------------------------------------


def _slid(layer: Layer, side: int) -> int:
    """How many places a kernel or window has along a side of the picture, as TensorFlow counts them."""
    return -(-side // layer.step) if layer.padding == "same" else (side - layer.size) // layer.step + 1


def _convolved(layer: Layer, before: Shape) -> Shape:
    return _slid(layer, before[0]), _slid(layer, before[1]), layer.units


def _of_each_channel(layer: Layer, before: Shape) -> Shape:
    return _slid(layer, before[0]), _slid(layer, before[1]), before[2] * max(layer.units, 1)


def _padded(layer: Layer, before: Shape) -> Shape:
    top, bottom, left, right = layer.sides
    return before[0] + top + bottom, before[1] + left + right, before[2]


def _cropped(layer: Layer, before: Shape) -> Shape:
    top, bottom, left, right = layer.sides
    return before[0] - top - bottom, before[1] - left - right, before[2]


@dataclass(frozen=True)
class Kind:
    """A kind of layer: what people call it, which fields it has, and its rules, which are Keras's."""

    name: str
    fields: tuple[str, ...] = ()  # those of `Layer` that it uses, in the order of its notation
    example: str = ""  # of its notation
    takes: str = ""  # `picture`, `row`, or either
    # What it makes of a picture or a row, and the shapes of its arrays there, in the order of Keras's `get_weights`.
    shape: Callable[[Layer, Shape], Shape] = lambda layer, before: before
    arrays: Callable[[Layer, Shape], list[Shape]] = lambda layer, before: []


KINDS = {
    "conv": Kind(
        N_("convolution"),
        ("units", "size", "stride", "padding", "activation"),
        "conv:16:3:relu",
        "picture",
        _convolved,
        lambda layer, before: [(layer.size, layer.size, before[-1], layer.units), (layer.units,)],
    ),
    "maxpool": Kind(N_("pooling"), ("size", "stride", "padding"), "maxpool:2", "picture", _of_each_channel),
    "avgpool": Kind(N_("pooling"), ("size", "stride", "padding"), "avgpool:2", "picture", _of_each_channel),
    "depthwise": Kind(
        N_("depthwise convolution"),
        ("units", "size", "stride", "padding", "activation"),
        "depthwise:1:3:relu",
        "picture",
        _of_each_channel,
        lambda layer, before: [(layer.size, layer.size, before[-1], layer.units), (before[-1] * layer.units,)],
    ),
    "pad": Kind(N_("zero padding"), ("sides",), "pad:2", "picture", _padded),
    "crop": Kind(N_("cropping"), ("sides",), "crop:2", "picture", _cropped),
    "resize": Kind(
        N_("resizing"), ("size",), "resize:32", "picture", lambda layer, before: (layer.size, layer.size, before[2])
    ),
    "norm": Kind(
        N_("batch normalization"),
        arrays=lambda layer, before: [before[-1:]] * 4,  # scale, offset, mean, variance
    ),
    "activation": Kind(N_("activation"), ("activation", "number"), "activation:relu"),
    "prelu": Kind(
        "PReLU",
        ("shared",),
        "prelu",
        arrays=lambda layer, before: [(1, 1, before[-1]) if layer.shared else before],
    ),
    "dropout": Kind(N_("dropout"), ("rate",), "dropout:0.3"),
    "flatten": Kind(N_("flatten"), shape=lambda layer, before: (math.prod(before),)),
    "dense": Kind(
        N_("dense layer"),
        ("units", "activation"),
        "dense:64:relu",
        "row",
        lambda layer, before: (layer.units,),
        lambda layer, before: [(before[0], layer.units), (layer.units,)],
    ),
}
LAYER_KINDS = tuple(KINDS)
LAYER_NAMES = {kind: about.name for kind, about in KINDS.items()}
POOLINGS = ("maxpool", "avgpool")
# Those that multiply what they get by their weights.
WEIGHTED = ("conv", "depthwise", "dense")
