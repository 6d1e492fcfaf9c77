"""The layer list: a network as plain, frozen, checked values, its short notation, and what it makes of a picture.

Nothing here needs TensorFlow: output shapes and parameter counts follow from the list alone, so that a page can say
what a network looks like, or why it cannot be built, before anything heavy is loaded.
"""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from mnist_core.checks import check_choice, check_number, check_whole, short
from mnist_core.errors import InputError
from mnist_core.formatting import ordinal, readable
from mnist_core.mnist import CLASSES, IMAGE_SHAPE, SIDE

LAYER_KINDS = ("conv", "maxpool", "avgpool", "norm", "activation", "dropout", "flatten", "dense")
LAYER_NAMES = {
    "conv": "convolution",
    "maxpool": "pooling",
    "avgpool": "pooling",
    "norm": "batch normalization",
    "activation": "activation",
    "dropout": "dropout",
    "flatten": "flatten",
    "dense": "dense layer",
}
ACTIVATIONS = ("linear", "relu", "elu", "gelu", "leaky_relu", "tanh", "sigmoid", "softmax")
PADDINGS = ("valid", "same")

MOST_LAYERS = 40


@dataclass(frozen=True)
class Layer:
    """One layer of a sequential network; fields that a kind does not use stay at their defaults."""

    kind: str  # one of `LAYER_KINDS`
    units: int = 0  # filters of a convolution, neurons of a dense layer
    size: int = 0  # side of a convolution's kernel or of a pooling window, in pixels
    activation: str = "linear"  # one of `ACTIVATIONS`, for convolution, dense and activation layers
    padding: str = "valid"  # `valid` (the picture shrinks) or `same` (it does not), for convolutions
    rate: float = 0.0  # share of values that dropout sets to zero, 0 to below 1

    def __post_init__(self) -> None:
        check_choice("layer kind", self.kind, LAYER_KINDS)
        name = LAYER_NAMES[self.kind]
        check_choice(f"activation of a {name}", self.activation, ACTIVATIONS)
        check_choice(f"padding of a {name}", self.padding, PADDINGS)
        if self.kind in ("conv", "dense"):
            check_whole(f"number of {'filters' if self.kind == 'conv' else 'neurons'} of a {name}", self.units, 1, 4096)
        if self.kind in ("conv", "maxpool", "avgpool"):
            check_whole(f"side of a {name} in pixels", self.size, 1, SIDE)
        if self.kind == "dropout":
            check_number("dropout rate", self.rate, 0, 0.95)

    def __str__(self) -> str:
        """As in an address: `conv:16:5:same:relu`, `maxpool:2`, `dropout:0.3`, `dense:10:softmax`."""
        activation = [self.activation] if self.activation != "linear" else []
        match self.kind:
            case "conv":
                padding = [self.padding] if self.padding != "valid" else []
                words = [str(self.units), str(self.size), *padding, *activation]
            case "maxpool" | "avgpool":
                words = [str(self.size)]
            case "dense":
                words = [str(self.units), *activation]
            case "dropout":
                words = [short(self.rate)]
            case "activation":
                words = [self.activation]
            case _:
                words = []
        return ":".join([self.kind, *words])


def parse_layer(text: str) -> Layer:
    """Reads one layer in the notation that `str(layer)` writes; InputError says what is wrong with it."""
    kind, *words = (word.strip() for word in text.strip().split(":"))
    check_choice("layer kind", kind, LAYER_KINDS)
    fields: dict[str, Any] = {}
    numbers = {"conv": ["units", "size"], "dense": ["units"], "maxpool": ["size"], "avgpool": ["size"]}.get(kind, [])
    try:
        for name in numbers:
            fields[name] = int(words.pop(0))
        if kind == "dropout":
            fields["rate"] = float(words.pop(0))
    except (IndexError, ValueError):
        expected = {"conv": "conv:16:3:relu", "dense": "dense:64:relu", "dropout": "dropout:0.3"}.get(kind, f"{kind}:2")
        raise InputError(f"The layer '{readable(text)}' lacks a number; write it like '{expected}'.") from None
    if kind == "conv" and words and words[0] in PADDINGS:
        fields["padding"] = words.pop(0)
    if kind in ("conv", "dense", "activation") and words:
        fields["activation"] = words.pop(0)
    if words:
        raise InputError(f"The layer '{readable(text)}' has one part too many, '{readable(words[0])}'; remove it.")
    return Layer(kind, **fields)


def parse_network(text: str) -> tuple[Layer, ...]:
    """Layers are separated by commas: `conv:16:5:relu,maxpool:2,flatten,dense:10:softmax`."""
    return tuple(parse_layer(part) for part in text.split(",") if part.strip())


def network_text(layers: tuple[Layer, ...]) -> str:
    return ",".join(str(layer) for layer in layers)


@dataclass(frozen=True)
class LayerSummary:
    """What a layer does to the picture."""

    layer: Layer
    output_shape: tuple[int, ...]  # without the batch
    parameters: int


def summarize(layers: tuple[Layer, ...]) -> tuple[LayerSummary, ...]:
    """Follows a 28×28×1 picture through the layers, with Keras's rules for shapes and parameters.

    Raises InputError with the layer and the reason: "the third pooling leaves 0×0 pixels".
    """
    if not layers:
        raise InputError("The network has no layers; add at least 'flatten' and 'dense:10:softmax'.")
    if len(layers) > MOST_LAYERS:
        raise InputError(f"The network has {len(layers)} layers; at most {MOST_LAYERS} are allowed; remove some.")
    summaries: list[LayerSummary] = []
    seen: Counter[str] = Counter()
    shape: tuple[int, ...] = IMAGE_SHAPE
    for layer in layers:
        name = LAYER_NAMES[layer.kind]
        seen[name] += 1
        shape, parameters = _apply(layer, shape, f"the {ordinal(seen[name])} {name}")
        summaries.append(LayerSummary(layer, shape, parameters))
    last = layers[-1]
    if last.kind != "dense" or last.units != CLASSES or last.activation not in ("softmax", "sigmoid"):
        raise InputError(
            f"The last layer is '{last}', but it must give one probability for each digit: "
            "end with 'dense:10:softmax' (or 'dense:10:sigmoid')."
        )
    return tuple(summaries)


def output_shape(layers: tuple[Layer, ...]) -> tuple[int, ...]:
    """Returns what the beginning of a network makes of a 28×28×1 picture, without the batch; as `summarize`."""
    shape: tuple[int, ...] = IMAGE_SHAPE
    for layer in layers:
        shape, _ = _apply(layer, shape, f"a {LAYER_NAMES[layer.kind]}")
    return shape


def _apply(layer: Layer, shape: tuple[int, ...], which: str) -> tuple[tuple[int, ...], int]:
    """A layer's output shape and parameter count; InputError if it does not fit on `shape`."""
    if layer.kind in ("conv", "maxpool", "avgpool"):
        if len(shape) != 3:
            raise InputError(f"{which.capitalize()} needs a picture, but comes after 'flatten'; move it before it.")
        height, width, channels = shape
        if layer.kind == "conv":
            shrink = layer.size - 1 if layer.padding == "valid" else 0
            shape = (height - shrink, width - shrink, layer.units)
            parameters = (layer.size**2 * channels + 1) * layer.units
        else:
            shape = (height // layer.size, width // layer.size, channels)
            parameters = 0
        if shape[0] < 1:
            raise InputError(
                f"This network cannot be built: {which} leaves 0×0 pixels of the {height}×{width} that reach it; "
                "remove a pooling or use padding 'same'."
            )
        return shape, parameters
    if layer.kind == "dense":
        if len(shape) != 1:
            raise InputError(f"{which.capitalize()} needs a row of numbers, but gets a picture; put 'flatten' first.")
        return (layer.units,), (shape[0] + 1) * layer.units
    if layer.kind == "flatten":
        return (math.prod(shape),), 0
    return shape, 4 * shape[-1] if layer.kind == "norm" else 0


def count_parameters(layers: tuple[Layer, ...]) -> int:
    """Those that batch normalization tracks are included."""
    return sum(summary.parameters for summary in summarize(layers))


def count_multiply_adds(layers: tuple[Layer, ...]) -> int:
    """Of one picture in convolutions and dense layers; the other layers need hardly any."""
    number = 0
    for summary in summarize(layers):
        if summary.layer.kind in ("conv", "dense"):
            # Each weight is used once for every pixel of the output; a bias is not a multiplication.
            number += (summary.parameters - summary.layer.units) * math.prod(summary.output_shape[:-1])
    return number
