"""What Keras's layers say of themselves: which kinds are read, which fields each has, and the values of these.

Everything is plain data that was read as JSON.
"""

from typing import Any

import numpy as np

from mnist_core.config.network import LEAST_NUMBER, MOST_NUMBER, MOST_PIXELS
from mnist_core.errors import InputError
from mnist_core.formatting import readable
from mnist_core.language import N_, gettext

LARGEST_NUMBER = 1_000_000

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
    *("RandomRotation", "RandomTranslation", "RandomZoom", "RandomShear", "RandomFlip", "RandomPerspective"),
    *("RandomElasticTransform", "RandomErasing", "RandomGaussianBlur", "RandomSharpness", "RandomInvert", "RandomHue"),
    *("RandomContrast", "RandomBrightness", "RandomSaturation", "RandomColorJitter", "RandomGrayscale"),
    *("RandomPosterization", "RandomColorDegeneration", "RandAugment", "AugMix", "MixUp", "CutMix"),
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
_SEQUENCES = N_("reads sequences; build the model from Conv2D and Dense")
_BRANCHES = N_("joins branches, and only single chains are read; build the model as one")
NOT_READ = {
    "Lambda": (
        N_("runs code of its file, which is never done; Rescaling, Normalization, Activation and Reshape say the same")
    ),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM2D", "Bidirectional", "TimeDistributed"), _SEQUENCES),
    **dict.fromkeys(("Conv1D", "MaxPooling1D", "AveragePooling1D", "Embedding", "Masking"), _SEQUENCES),
    **dict.fromkeys(("GlobalMaxPooling1D", "GlobalAveragePooling1D"), _SEQUENCES),
    **dict.fromkeys(
        ("Attention", "MultiHeadAttention", "AdditiveAttention", "GroupQueryAttention"),
        N_("looks at several places at once; Conv2D with a larger kernel is nearest"),
    ),
    **dict.fromkeys(
        ("Add", "Concatenate", "Merge", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Dot"), _BRANCHES
    ),
    **dict.fromkeys(
        ("LayerNormalization", "GroupNormalization", "UnitNormalization", "RMSNormalization"),
        N_("measures each picture anew; BatchNormalization is nearest"),
    ),
    **dict.fromkeys(
        ("Conv2DTranspose", "UpSampling2D"),
        N_("enlarges pictures, which no network that reads digits needs; use Resizing"),
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
HARD_SIGMOID_2 = "hard_sigmoid of Keras 2"  # which is another function than Keras 3's


# --- Values ----------------------------------------------------------------------------------------------------------


def pair(config: dict[str, Any], name: str) -> tuple[int, int]:
    value = config.get(name)
    if not isinstance(value, list) or len(value) != 2:
        raise InputError(
            gettext("Its '{name}' is {value}; expected two whole numbers.", name=name, value=readable(value))
        )
    for one in value:
        if not 1 <= whole(one, name) <= MOST_PIXELS:
            raise InputError(
                gettext(
                    "Its '{name}' is {value}; expected numbers from 1 to {most_pixels}.",
                    name=name,
                    value=readable(value),
                    most_pixels=MOST_PIXELS,
                )
            )
    return value[0], value[1]


def equal(config: dict[str, Any], name: str, own: int = 0) -> int:
    """A number that is said for both directions."""
    if own and config.get(name) is None:
        return own
    value = config.get(name)
    if not isinstance(value, list) or len(value) != 2 or value[0] != value[1]:
        raise InputError(
            gettext("Its '{name}' is {value}; expected the same whole number twice.", name=name, value=readable(value))
        )
    return pair(config, name)[0]


def sides(config: dict[str, Any], name: str) -> tuple[int, int, int, int]:
    value = config.get(name)
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(pair, list) and len(pair) == 2 for pair in value)
    ):
        raise InputError(
            gettext("Its '{name}' is {value}; expected two numbers of pixels twice.", name=name, value=readable(value))
        )
    top, bottom, left, right = (whole(pixels, name) for pair in value for pixels in pair)
    return top, bottom, left, right


def whole(value: Any, name: str) -> int:
    if type(value) is not int or abs(value) > LARGEST_NUMBER:
        raise InputError(
            gettext(
                "Its '{name}' is {value}; expected a whole number of ordinary size.", name=name, value=readable(value)
            )
        )
    return value


def number(value: Any, name: str, least: float, most: float) -> float:
    if type(value) not in (int, float) or not least <= value <= most:
        raise InputError(
            gettext(
                "Its {name} is {value}; expected a number from {least:g} to {most:g}.",
                name=name,
                value=readable(value),
                least=least,
                most=most,
            )
        )
    return float(value)


def list_of_numbers(value: Any, name: str) -> list[float]:
    """The numbers in lists of lists; as many as a picture has pixels at most."""
    numbers: list[float] = []
    waiting = [value]
    while waiting and len(numbers) + len(waiting) <= LARGEST_NUMBER:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(reversed(one))
        else:
            numbers.append(number(one, name, -LARGEST_NUMBER, LARGEST_NUMBER))
    return numbers


def share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < 1:
        raise InputError(gettext("Its rate is {value}; expected a number from 0 to below 1.", value=readable(value)))
    return float(value)


def activation(config: dict[str, Any]) -> tuple[str, float]:
    """The name of an activation and its number (`Layer.number`)."""
    value = config.get("activation", "linear")
    if value is None:
        return "linear", 0.0
    if isinstance(value, dict):
        kind, inside = value.get("class_name"), value.get("config")
        if kind == "function" and value.get("module") == "builtins" and isinstance(inside, str):
            value = inside  # one of TensorFlow's own
        elif value.get("module", "keras.layers") == "keras.layers" and not value.get("registered_name"):
            return of_layer(str(kind), inside if isinstance(inside, dict) else {})
    if not isinstance(value, str):
        raise InputError(
            gettext("Its activation is an object of its own; expected the name of one of Keras's functions.")
        )
    name = OTHER_NAMES.get(value, value)
    return name if name == HARD_SIGMOID_2 else readable(name), 0.0


def of_layer(kind: str, config: dict[str, Any]) -> tuple[str, float]:
    """The activation that one of Keras's layers is, and its number."""
    if kind not in ("Softmax", "ELU", "LeakyReLU", "ReLU"):
        raise InputError(
            gettext("Its activation is '{kind}'; expected the name of one of Keras's functions.", kind=readable(kind))
        )
    for name, good in FIXED[kind].items():
        if config.get(name) not in (None, *good):
            raise InputError(
                gettext(
                    "It has {name} {config}; expected {good}.",
                    name=name,
                    config=readable(config[name]),
                    good=readable(good[0]),
                )
            )
    if kind == "Softmax":
        return "softmax", 0.0
    if kind == "ELU":
        return "elu", shortest(number(config.get("alpha", 1.0), "alpha", LEAST_NUMBER, MOST_NUMBER))
    slope = config.get("negative_slope")
    if kind == "LeakyReLU":
        slope = number(config.get("alpha", 0.3) if slope is None else slope, "negative_slope", 0, MOST_NUMBER)
        return ("leaky_relu", shortest(slope)) if slope else ("relu", 0.0)
    slope = number(slope or 0.0, "negative_slope", 0, MOST_NUMBER)
    largest = config.get("max_value")
    if largest is None:
        return ("leaky_relu", shortest(slope)) if slope else ("relu", 0.0)
    if slope:
        raise InputError(gettext("It has both a max_value and a negative_slope; expected one of them."))
    largest = number(largest, "max_value", LEAST_NUMBER, MOST_NUMBER)
    return ("relu6", 0.0) if largest == 6 else ("relu", shortest(largest))


def shortest(value: float) -> float:
    """The shortest number that is the same in float32, in which Keras computes: 0.3 of 0.30000001192092896."""
    return float(str(np.float32(value)))
