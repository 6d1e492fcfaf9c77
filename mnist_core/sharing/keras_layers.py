"""Keras's layers in the lab's terms: each kind that a chain for MNIST may have, what it must say of itself, what it is.

A layer that changes nothing when a model judges, such as noise or an augmentation, is left out; what training with it
would be, the lab does not learn from the file. Everything is plain data that was read as JSON.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mnist_core.config.network import Layer, output_shape
from mnist_core.errors import InputError
from mnist_core.formatting import readable
from mnist_core.mnist import IMAGE_SHAPE, SIDE

LARGEST_NUMBER = 1_000_000
# What an input may be: a picture with its channel, without it, or a row of pixels.
PICTURE, PLAIN, ROW = IMAGE_SHAPE, IMAGE_SHAPE[:2], (SIDE * SIDE,)
INPUTS = (PICTURE, PLAIN, ROW)
# The lab's batch normalization has this epsilon, Keras's by default.
EPSILON = 1e-3
PIXEL = 1 / 255

# What each kind of layer must say of itself, field by field. Its own values are read (`_add`); what only matters to
# training may be anything, since it is not read; every other field must be absent, null or false.
_WINDOW = {"padding": ("valid", "same"), "data_format": ("channels_last",)}
FIXED: dict[str, dict[str, tuple[Any, ...]]] = {
    "InputLayer": {"sparse": (False,)},
    "Conv2D": {
        "strides": ([1, 1],),
        "dilation_rate": ([1, 1],),
        "groups": (1,),
        "data_format": ("channels_last",),
        "use_bias": (True, False),
        "padding": ("valid", "same"),
    },
    "MaxPooling2D": _WINDOW,
    "AveragePooling2D": _WINDOW,
    "GlobalMaxPooling2D": {"data_format": ("channels_last",), "keepdims": (False, True)},
    "GlobalAveragePooling2D": {"data_format": ("channels_last",), "keepdims": (False, True)},
    "ZeroPadding2D": {"data_format": ("channels_last",)},
    "BatchNormalization": {"center": (True, False), "scale": (True, False)},
    "Activation": {},
    "ReLU": {"max_value": (None,), "negative_slope": (0.0, 0, None), "threshold": (0.0, 0, None)},
    "ELU": {"alpha": (1.0, 1)},
    "Softmax": {"axis": (-1,)},
    "Dropout": {},
    "Flatten": {"data_format": ("channels_last",)},
    "Reshape": {},
    "Rescaling": {},
    "Dense": {"use_bias": (True, False)},
}
OWN_FIELDS: dict[str, tuple[str, ...]] = {
    "InputLayer": ("batch_shape", "batch_input_shape"),
    "Conv2D": ("filters", "kernel_size", "activation"),
    "MaxPooling2D": ("pool_size", "strides"),
    "AveragePooling2D": ("pool_size", "strides"),
    "ZeroPadding2D": ("padding",),
    "BatchNormalization": ("axis", "epsilon"),
    "Activation": ("activation",),
    "Dropout": ("rate",),
    "Reshape": ("target_shape",),
    "Rescaling": ("scale", "offset"),
    "Dense": ("units", "activation"),
}
# Nothing of these is looked at: they do nothing to a picture that is judged.
WITHOUT_EFFECT = (
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "SpatialDropout2D",
    "ActivityRegularization",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "RandomShear",
    "RandomFlip",
    "RandomContrast",
    "RandomBrightness",
)
FOR_TRAINING_ONLY = (
    *(f"{part}_{what}" for part in ("kernel", "bias", "beta", "gamma") for what in ("initializer", "regularizer")),
    *(f"{part}_constraint" for part in ("kernel", "bias", "beta", "gamma")),
    "moving_mean_initializer",
    "moving_variance_initializer",
    "activity_regularizer",
    "momentum",
    "synchronized",
    "renorm_momentum",
    "seed",
)
GROUPS = {"conv": "conv2d", "norm": "batch_normalization", "dense": "dense"}


@dataclass(frozen=True)
class Stored:
    """How a file keeps the arrays of one of the lab's layers.

    The lab's layers have all their arrays, in the order of Keras's `get_weights`; a file may lack some.
    """

    kept: tuple[bool, ...] = ()  # which of them the file has; of a layer without arrays, none
    epsilon: float = EPSILON  # of a batch normalization
    name: str = ""  # that of the layer in its model
    given: tuple[float, ...] = ()  # values of all the arrays of a layer that the file has none for

    def complete(self, found: Sequence[np.ndarray], shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
        """Returns float32 arrays of these shapes from those that a file had."""
        if self.given:
            return [np.full(shape, value, np.float32) for shape, value in zip(shapes, self.given, strict=True)]
        arrays, remaining = [], iter(found)
        for number, (shape, there) in enumerate(zip(shapes, self.kept, strict=True)):
            # What a normalization lacks is a scale of 1 or an offset of 0, what others lack is a bias of 0.
            missing = float(len(shapes) == 4 and number == 0)
            arrays.append(next(remaining) if there else np.full(shape, missing, np.float32))
        if len(shapes) == 4 and self.epsilon != EPSILON:
            # The same function with the lab's epsilon.
            variance = np.maximum(arrays[3].astype(np.float64), 0)
            change = np.sqrt((variance + EPSILON) / (variance + self.epsilon))
            arrays[0] = (arrays[0] * change).astype(np.float32)
        return arrays


@dataclass
class Chain:
    """A model in the lab's terms, as far as it was read."""

    layers: list[Layer] = field(default_factory=list)
    stored: list[Stored] = field(default_factory=list)  # of each layer
    padding: int = 0  # pixels of a padding that waits for its convolution

    def add(self, layer: Layer, stored: Stored | None = None) -> None:
        """Adds a layer; InputError where a padding waits for something else."""
        if self.padding and layer.kind != "conv":
            raise InputError("A padding comes before it; expected a convolution there.")
        self.layers.append(layer)
        self.stored.append(stored or Stored())

    @property
    def shape(self) -> tuple[int, ...]:
        """What the layers so far make of a picture."""
        return output_shape(tuple(self.layers))


def begin(shape: tuple[int, ...]) -> Chain:
    """Begins the chain of a model with an input of `INPUTS`: rows of pixels are what flattening makes of pictures."""
    chain = Chain()
    if shape == ROW:
        chain.add(Layer("flatten"))
    return chain


def end(chain: Chain) -> None:
    """Gives the last layer its activation, which may stand behind it; scores without one are for softmax."""
    layers = chain.layers
    if chain.padding:
        raise InputError("The model ends with a padding; expected a convolution behind it.")
    if len(layers) > 1 and layers[-1].kind == "activation" and _is_bare(layers[-2]):
        last = layers.pop()
        chain.stored.pop()
        layers[-1] = Layer("dense", layers[-1].units, activation=last.activation)
    if layers and _is_bare(layers[-1]):
        layers[-1] = Layer("dense", layers[-1].units, activation="softmax")


def _is_bare(layer: Layer) -> bool:
    return layer.kind == "dense" and layer.activation == "linear"


def add(chain: Chain, kind: str, config: dict[str, Any]) -> None:
    """Adds one of Keras's layers to a chain; the lab's own limits hold, and InputError says what cannot be."""
    match kind:
        case "Conv2D":
            _add_convolution(chain, config)
        case "MaxPooling2D" | "AveragePooling2D":
            _add_pooling(chain, kind, config)
        case "GlobalMaxPooling2D" | "GlobalAveragePooling2D":
            _add_global_pooling(chain, kind, config)
        case "ZeroPadding2D":
            chain.padding = _padding(config)
        case "BatchNormalization":
            _add_normalization(chain, config)
        case "Activation":
            chain.add(Layer("activation", activation=_activation(config)))
        case "ReLU" | "ELU" | "Softmax":
            chain.add(Layer("activation", activation=kind.lower()))
        case "Dropout":
            chain.add(Layer("dropout", rate=_share(config.get("rate"))))
        case "Flatten":
            if len(chain.shape) > 1:
                chain.add(Layer("flatten"))
        case "Reshape":
            _add_reshape(chain, config)
        case "Rescaling":
            _add_rescaling(chain, config)
        case "Dense":
            units = _whole(config.get("units"), "units")
            chain.add(Layer("dense", units, activation=_activation(config)), Stored((True, config["use_bias"])))


def _add_convolution(chain: Chain, config: dict[str, Any]) -> None:
    size, padding = _square(config, "kernel_size"), config["padding"]
    if chain.padding:
        if padding != "valid" or size != 2 * chain.padding + 1:
            raise InputError(
                f"A padding of {chain.padding} comes before its kernel of {size}×{size}; expected one that keeps the "
                "picture's size."
            )
        padding, chain.padding = "same", 0
    layer = Layer("conv", _whole(config.get("filters"), "filters"), size, _activation(config), padding)
    chain.add(layer, Stored((True, config["use_bias"])))


def _add_normalization(chain: Chain, config: dict[str, Any]) -> None:
    last, axis = len(chain.shape), config.get("axis")
    # The last axis, which Keras 2 counts with the batch, in a list.
    if not any(type(axis) is type(one) and axis == one for one in (-1, last, [last])):
        raise InputError(f"Its axis is {readable(axis)}; expected -1.")
    epsilon = _number(config.get("epsilon", EPSILON), "epsilon", 0, 1)
    chain.add(Layer("norm"), Stored((config["scale"], config["center"], True, True), epsilon))


def _add_pooling(chain: Chain, kind: str, config: dict[str, Any]) -> None:
    size = _square(config, "pool_size")
    if _square(config, "strides") != size:
        raise InputError(f"Its strides are {readable(config['strides'])}; expected those of its window.")
    if config["padding"] == "same" and any(side % size for side in chain.shape[:2]):
        raise InputError(f"Its padding is same, and {size} does not divide the picture's side; expected valid.")
    chain.add(Layer("maxpool" if kind == "MaxPooling2D" else "avgpool", size=size))


def _add_global_pooling(chain: Chain, kind: str, config: dict[str, Any]) -> None:
    shape = chain.shape
    if len(shape) != 3 or shape[0] != shape[1]:
        raise InputError("It pools what is no square picture; expected one.")
    chain.add(Layer("maxpool" if kind == "GlobalMaxPooling2D" else "avgpool", size=shape[0]))
    if not config.get("keepdims"):
        chain.add(Layer("flatten"))


def _add_reshape(chain: Chain, config: dict[str, Any]) -> None:
    target = config.get("target_shape")
    if isinstance(target, list) and all(type(size) is int for size in target):
        if _is_at_start(chain) and tuple(target) in (PICTURE, PLAIN):
            # The pictures that came in, with their channel, or as a row.
            chain.layers.clear()
            chain.stored.clear()
            return
        shape = chain.shape
        if len(target) == 1 and target[0] in (-1, int(np.prod(shape))):
            if len(shape) > 1:
                chain.add(Layer("flatten"))
            return
    raise InputError(f"Its target is {readable(target)}; expected pictures of 28×28 at the start, or one row.")


def _is_at_start(chain: Chain) -> bool:
    """Whether nothing was done yet but, perhaps, to lay a picture out as a row."""
    return all(layer.kind == "flatten" for layer in chain.layers)


def _add_rescaling(chain: Chain, config: dict[str, Any]) -> None:
    """Values of 0 to 255 scaled to 0 to 1 are what the lab gives; anything else is a normalization that does it."""
    scale = _number(config.get("scale"), "scale", -LARGEST_NUMBER, LARGEST_NUMBER)
    offset = _number(config.get("offset", 0.0), "offset", -LARGEST_NUMBER, LARGEST_NUMBER)
    # A model that scales pixels itself was trained on 0 to 255.
    factor = 255 * scale if _is_at_start(chain) and abs(scale) < 10 * PIXEL else scale
    if abs(factor - 1) < 1e-4 and offset == 0:
        return
    chain.add(Layer("norm"), Stored(given=(factor, offset, 0.0, 1 - EPSILON)))


# --- Values ----------------------------------------------------------------------------------------------------------


def _square(config: dict[str, Any], name: str) -> int:
    value = config.get(name)
    if not isinstance(value, list) or len(value) != 2 or value[0] != value[1]:
        raise InputError(f"Its '{name}' is {readable(value)}; expected the same whole number twice.")
    return _whole(value[0], name)


def _padding(config: dict[str, Any]) -> int:
    value = config.get("padding")
    sides = {side for pair in value if isinstance(pair, list) for side in pair} if isinstance(value, list) else set()
    if len(sides) != 1 or not isinstance(value, list) or len(value) != 2:
        raise InputError(f"Its 'padding' is {readable(value)}; expected as many pixels on each side.")
    return _whole(sides.pop(), "padding")


def _whole(value: Any, name: str) -> int:
    if type(value) is not int or abs(value) > LARGEST_NUMBER:
        raise InputError(f"Its '{name}' is {readable(value)}; expected a whole number of ordinary size.")
    return value


def _number(value: Any, name: str, least: float, most: float) -> float:
    if type(value) not in (int, float) or not least <= value <= most:
        raise InputError(f"Its {name} is {readable(value)}; expected a number from {least:g} to {most:g}.")
    return float(value)


def _share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < 1:
        raise InputError(f"Its rate is {readable(value)}; expected a number from 0 to below 1.")
    return float(value)


def _activation(config: dict[str, Any]) -> str:
    value = config.get("activation", "linear")
    if not isinstance(value, str):
        raise InputError("Its activation is an object of its own; expected the name of one of Keras's functions.")
    return readable(value)
