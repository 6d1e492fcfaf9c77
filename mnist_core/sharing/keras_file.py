"""A `.keras` file of a sequential model, read as plain JSON and plain arrays: nothing in it is ever executed.

Keras's own `load_model` builds whatever a file names, and has been led to run foreign code in a dozen ways. Here every
layer is held against a list of what the lab's layers can be, and every array against the shape that they call for,
before it is read. The layout is that of Keras 3: `config.json`, and `model.weights.h5` with `layers/<kind>/vars/<n>`.
"""

from pathlib import Path
from typing import Any

import numpy as np

from mnist_core.config.network import MOST_LAYERS, Layer, count_parameters
from mnist_core.config.train_config import MOST_PARAMETERS
from mnist_core.errors import InputError
from mnist_core.files import archives, sandbox
from mnist_core.formatting import count, readable
from mnist_core.mnist import IMAGE_SHAPE
from mnist_core.sharing import weights

# A compiled model's file holds, beside each weight, two or three values of its optimizer; they are not read.
MOST_WEIGHT_BYTES = 4 * 4 * MOST_PARAMETERS
NEEDED = {"config.json": 2_000_000, "model.weights.h5": MOST_WEIGHT_BYTES}
OPTIONAL = {"metadata.json": 10_000}
MODEL_MODULES = ("keras", "keras.models")
LAYER_MODULES = ("keras.layers",)
DTYPE = "float32"
LARGEST_NUMBER = 1_000_000

# What each kind of layer must say of itself, field by field. Its own values are read (`_layer_of`); what only matters
# to training may be anything, since it is not read; every other field must be absent, null or false.
FIXED: dict[str, dict[str, tuple[Any, ...]]] = {
    "InputLayer": {"batch_shape": ([None, *IMAGE_SHAPE],), "sparse": (False,)},
    "Conv2D": {
        "strides": ([1, 1],),
        "dilation_rate": ([1, 1],),
        "groups": (1,),
        "data_format": ("channels_last",),
        "use_bias": (True,),
        "padding": ("valid", "same"),
    },
    "MaxPooling2D": {"padding": ("valid",), "data_format": ("channels_last",)},
    "AveragePooling2D": {"padding": ("valid",), "data_format": ("channels_last",)},
    "BatchNormalization": {"axis": (-1,), "epsilon": (1e-3,), "center": (True,), "scale": (True,)},
    "Activation": {},
    "Dropout": {},
    "Flatten": {"data_format": ("channels_last",)},
    "Dense": {"use_bias": (True,)},
}
OWN_FIELDS: dict[str, tuple[str, ...]] = {
    "InputLayer": (),
    "Conv2D": ("filters", "kernel_size", "activation"),
    "MaxPooling2D": ("pool_size", "strides"),
    "AveragePooling2D": ("pool_size", "strides"),
    "BatchNormalization": (),
    "Activation": ("activation",),
    "Dropout": ("rate",),
    "Flatten": (),
    "Dense": ("units", "activation"),
}
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


def unpack(path: str, folder: str, what: str) -> list[str]:
    """Reads a `.keras` file and leaves its arrays in `weights.npz`; a task for `sandbox.run`.

    They are called `weight_00`, `weight_01`, …, in the order of Keras's `get_weights`. Returns the layers in the lab's
    notation.
    """
    sandbox.limit(archives.SYSTEM_MEMORY)
    layers, arrays = read(Path(path), Path(folder), what)
    weights.save(arrays, Path(folder) / "weights.npz")
    return [str(layer) for layer in layers]


def read(path: Path, folder: Path, what: str) -> tuple[tuple[Layer, ...], list[np.ndarray]]:
    """Reads the layers and their float32 arrays, in the order of Keras's `get_weights`, from a `.keras` file.

    The weights may be unpacked into the folder on the way. Raises InputError if the file is not a sequential model made
    of the lab's layers; the sentence says which layer it is about and what was expected.
    """
    _check_start(path, what)
    with archives.opened(path, what, NEEDED, OPTIONAL) as archive:
        layers = read_layers(archive.json("config.json"), what)
        unpacked = folder / "weights.h5"
        try:
            archive.copy("model.weights.h5", unpacked)
            return layers, weights.read_hdf5(unpacked, layers, what)
        finally:
            unpacked.unlink(missing_ok=True)


def _check_start(path: Path, what: str) -> None:
    """Says what a file is that only looks like a `.keras` file."""
    with path.open("rb") as file:
        start = file.read(8)
    if start == b"\x89HDF\r\n\x1a\n":
        raise InputError(
            f"{what} is an HDF5 file as older Keras wrote it; load it there and save it again with "
            "model.save('model.keras')."
        )
    if not start.startswith(b"PK"):
        raise InputError(
            f"{what} is not a .keras file, which is a zip file; save the model with model.save('name.keras')."
        )


# --- Layers ----------------------------------------------------------------------------------------------------------


def read_layers(config: dict[str, Any], what: str) -> tuple[Layer, ...]:
    """Reads `config.json` of a `.keras` file; raises InputError if it is not a sequential model of the lab's layers."""
    name, module = config.get("class_name"), config.get("module")
    if name != "Sequential" or module not in MODEL_MODULES or config.get("registered_name"):
        raise InputError(
            f"{what} holds the model '{readable(name)}' of '{readable(module)}'; only models of the class Sequential "
            "are read, so build it as one."
        )
    inside = config.get("config")
    if not isinstance(inside, dict) or not isinstance(described := inside.get("layers"), list) or not described:
        raise InputError(f"{what} lists no layers; save the model again.")
    if len(described) > MOST_LAYERS + 1:
        raise InputError(f"{what} has {count(len(described))} layers; at most {MOST_LAYERS} are read.")
    _check_dtype(inside.get("dtype", DTYPE), what)
    _check_input(described[0], inside, what)
    found = [_read_layer(layer, number, what) for number, layer in enumerate(described, 1)]
    layers = tuple(layer for layer in found if layer is not None)
    try:
        parameters = count_parameters(layers)
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
    if parameters > MOST_PARAMETERS:
        raise InputError(f"{what} has {count(parameters)} parameters; at most {count(MOST_PARAMETERS)} are read.")
    return layers


def _check_input(first: Any, model: dict[str, Any], what: str) -> None:
    """Checks that the model takes 28×28×1 images, which its first layer or itself says."""
    expected = [None, *IMAGE_SHAPE]
    has_input = isinstance(first, dict) and first.get("class_name") == "InputLayer"
    if not has_input and model.get("build_input_shape") != expected:
        raise InputError(f"{what} does not say that it takes images of 28×28×1; begin the model with an Input of that.")


def _read_layer(described: Any, number: int, what: str) -> Layer | None:
    """Reads one layer; None for the input, which is not a layer of the lab's."""
    if not isinstance(described, dict) or not isinstance(described.get("config"), dict):
        raise InputError(f"Layer {number} of {what} is not described as Keras does it; save the model again.")
    kind, module, config = described.get("class_name"), described.get("module"), described["config"]
    if not isinstance(kind, str) or kind not in FIXED or module not in LAYER_MODULES:
        raise InputError(
            f"Layer {number} of {what} is '{readable(kind)}' of '{readable(module)}', which the lab does not read; "
            f"expected keras.layers' {', '.join(FIXED)}."
        )
    which = f"Layer {number} of {what} ({kind})"
    if described.get("registered_name"):
        name = readable(described["registered_name"])
        raise InputError(f"{which} is registered as '{name}', a class of somebody's own, whose code is never run.")
    if kind == "InputLayer" and number > 1:
        raise InputError(f"{which} is an input in the middle of the model; expected one at its start only.")
    _check_dtype(config.get("dtype", DTYPE), which)
    _check_fields(kind, config, which)
    try:
        return _layer_of(kind, config)
    except InputError as error:
        raise InputError(f"{which}: {error}") from None


def _check_dtype(dtype: Any, which: str) -> None:
    """Checks a type that Keras writes as a name or, since 3.3, as the description of a policy."""
    if isinstance(dtype, dict):
        inside = dtype.get("config")
        keras_own = (dtype.get("module"), dtype.get("class_name")) == ("keras", "DTypePolicy")
        keras_own = keras_own and not dtype.get("registered_name")
        dtype = inside.get("name") if keras_own and isinstance(inside, dict) else dtype
    if dtype != DTYPE:
        raise InputError(f"{which} computes in '{readable(dtype)}'; expected float32.")


def _check_fields(kind: str, config: dict[str, Any], which: str) -> None:
    fixed = FIXED[kind]
    for field, good in fixed.items():
        value = config.get(field, good[0] if field == "sparse" else None)
        if not any(type(value) is type(one) and value == one for one in good):
            raise InputError(
                f"{which} has {field} {readable(value)}; expected {' or '.join(readable(one) for one in good)}."
            )
    known = {"name", "trainable", "dtype", *fixed, *OWN_FIELDS[kind], *FOR_TRAINING_ONLY}
    for field, value in config.items():
        if field not in known and value is not None and value is not False:
            raise InputError(f"{which} has a {readable(field)}, which the lab's layers have not; build it without.")


def _layer_of(kind: str, config: dict[str, Any]) -> Layer | None:
    """Returns the lab's layer, whose own limits hold; None for the input."""
    match kind:
        case "Conv2D":
            size, units = _square(config, "kernel_size"), _whole(config.get("filters"), "filters")
            return Layer("conv", units, size, _activation(config), config["padding"])
        case "MaxPooling2D" | "AveragePooling2D":
            size = _square(config, "pool_size")
            if _square(config, "strides") != size:
                raise InputError(f"Its strides are {readable(config['strides'])}; expected those of its window.")
            return Layer("maxpool" if kind == "MaxPooling2D" else "avgpool", size=size)
        case "BatchNormalization":
            return Layer("norm")
        case "Activation":
            return Layer("activation", activation=_activation(config))
        case "Dropout":
            return Layer("dropout", rate=_share(config.get("rate")))
        case "Flatten":
            return Layer("flatten")
        case "Dense":
            return Layer("dense", _whole(config.get("units"), "units"), activation=_activation(config))
    return None


def _square(config: dict[str, Any], field: str) -> int:
    value = config.get(field)
    if not isinstance(value, list) or len(value) != 2 or value[0] != value[1]:
        raise InputError(f"Its '{field}' is {readable(value)}; expected the same whole number twice.")
    return _whole(value[0], field)


def _whole(value: Any, field: str) -> int:
    if type(value) is not int or abs(value) > LARGEST_NUMBER:
        raise InputError(f"Its '{field}' is {readable(value)}; expected a whole number of ordinary size.")
    return value


def _share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < 1:
        raise InputError(f"Its rate is {readable(value)}; expected a number from 0 to below 1.")
    return float(value)


def _activation(config: dict[str, Any]) -> str:
    value = config.get("activation", "linear")
    if not isinstance(value, str):
        raise InputError("Its activation is an object of its own; expected the name of one of Keras's functions.")
    return readable(value)
