"""A `.keras` or `.h5` file of a model, read as plain JSON and plain arrays: nothing in it is ever executed.

Keras's own `load_model` builds whatever a file names, and has been led to run foreign code in a dozen ways. Here every
layer is held against a list of what the lab's layers can be, and every array against the shape that they call for,
before it is read. The layout is that of Keras 3: `config.json`, and `model.weights.h5` with `layers/<kind>/vars/<n>`.
What Keras 1 and 2 wrote is brought into its words first (`keras_1`, `weights.as_keras_3`).
"""

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mnist_core.config.network import MOST_LAYERS, Layer, count_parameters
from mnist_core.config.train_config import MOST_PARAMETERS
from mnist_core.errors import InputError
from mnist_core.files import archives
from mnist_core.formatting import count, readable
from mnist_core.language import gettext
from mnist_core.sharing import keras_1, keras_chain, keras_layers, weights
from mnist_core.sharing.keras_chain import Chain
from mnist_core.sharing.keras_fields import (
    FIXED,
    FOR_TRAINING_ONLY,
    GROUPS,
    HARD_SIGMOID_2,
    NOT_READ,
    OWN_FIELDS,
    WITHOUT_EFFECT,
)

# A compiled model's file holds, beside each weight, two or three values of its optimizer; they are not read.
MOST_WEIGHT_BYTES = 4 * 4 * MOST_PARAMETERS
NEEDED = {"config.json": 2_000_000, "model.weights.h5": MOST_WEIGHT_BYTES}
OPTIONAL = {"metadata.json": 10_000}
MODEL_MODULES = ("keras", "keras.models")
FUNCTIONAL_MODULES = (*MODEL_MODULES, "keras.src.models.functional", "keras.src.engine.functional")
LAYER_MODULES = ("keras.layers",)
# The arithmetic may be shorter; weights are float32 with all of these.
DTYPE = "float32"
DTYPES = (DTYPE, "mixed_float16", "mixed_bfloat16")
# What a model may say of its pixels; which values they have is found by what it reads best.
PIXEL_TYPES = ("uint8", "int32", "int64", "float16", "float64")
POLICIES = (("keras", "DTypePolicy"), ("keras.mixed_precision", "Policy"))
# What older versions of Keras do not write.
OPTIONAL_FIELDS = (
    *("sparse", "keepdims", "groups", "data_format"),
    *("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias", "invert"),
)
DEEPEST = 12  # a description of what a layer takes


def read(path: Path, folder: Path, what: str) -> tuple[tuple[Layer, ...], list[np.ndarray]]:
    """Reads the layers and their float32 arrays, in the order of Keras's `get_weights`, from a `.keras` file.

    The weights may be unpacked into the folder on the way. Raises InputError if the file is not a chain of layers that
    the lab knows; the sentence says which layer it is about and what was expected.
    """
    chain, arrays = read_chain(path, folder, what)
    return tuple(chain.layers), arrays


def read_chain(path: Path, folder: Path, what: str) -> tuple[Chain, list[np.ndarray]]:
    """As `read`, with what is to be said of the model: its `note`."""
    if _is_hdf5(path, what):
        return weights.read_whole_hdf5(path, chain_of, what)
    with archives.opened(path, what, NEEDED, OPTIONAL) as archive:
        chain = chain_of(archive.json("config.json") | _version(archive), what)
        unpacked = folder / "weights.h5"
        try:
            archive.copy("model.weights.h5", unpacked)
            return chain, weights.read_hdf5(unpacked, chain, what)
        finally:
            unpacked.unlink(missing_ok=True)


def _version(archive: archives.Archive) -> dict[str, Any]:
    """Which Keras wrote a `.keras` file."""
    about = archive.json("metadata.json") if "metadata.json" in archive else {}
    return {"keras_version": about.get("keras_version", "")}


def _is_hdf5(path: Path, what: str) -> bool:
    """Whether a file is a model as older Keras wrote it; says what it is if it is neither that nor a `.keras` file."""
    with path.open("rb") as file:
        start = file.read(8)
    if start == b"\x89HDF\r\n\x1a\n":
        return True
    if not start.startswith(b"PK"):
        raise InputError(
            gettext(
                "{what} is not a .keras file, which is a zip file; save the model with model.save('name.keras').",
                what=what,
            )
        )
    return False


# --- Layers ----------------------------------------------------------------------------------------------------------


def chain_of(config: dict[str, Any], what: str) -> Chain:
    """Reads `config.json` of a `.keras` file: the lab's layers, and what becomes of the arrays of the file's.

    Raises InputError if it is not a chain of layers that `keras_layers` knows, from a picture to ten probabilities.
    """
    described = _described(config, what)
    chain = _begun(described[0], config["config"], what)
    writer = _writer(config, described)
    for number, layer in enumerate(described, 1):
        _read_layer(layer, number, chain, what, writer)
    try:
        keras_chain.end(chain)
        parameters = count_parameters(tuple(chain.layers))
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
    if parameters > MOST_PARAMETERS:
        raise InputError(
            gettext(
                "{what} has {parameters} parameters; at most {most_parameters} are read.",
                what=what,
                parameters=count(parameters),
                most_parameters=count(MOST_PARAMETERS),
            )
        )
    return chain


@dataclass(frozen=True)
class _Writer:
    """The Keras that wrote a model."""

    version: int  # 1 to 3
    backend: str  # what computed for it; empty where that makes no difference


def _writer(config: dict[str, Any], described: list[Any]) -> _Writer:
    said = str(config.get("keras_version", ""))
    is_1 = said.startswith(keras_1.VERSION) or (not said and keras_1.speaks(described))
    return _Writer(1 if is_1 else 2 if said.startswith("2.") else 3, str(config.get("backend", "")))


def _described(config: dict[str, Any], what: str) -> list[Any]:
    """The descriptions of the layers of a sequential model, or of a functional one that is a single chain."""
    name, module, registered = config.get("class_name"), config.get("module"), config.get("registered_name")
    is_functional = name == "Functional" and module in FUNCTIONAL_MODULES and registered in (None, "Functional")
    if not is_functional and (name != "Sequential" or module not in MODEL_MODULES or registered):
        raise InputError(
            gettext(
                "{what} holds the model '{name}' of '{module}'; only models of the class Sequential, "
                "or functional ones that are a single chain, are read, so build it as one.",
                what=what,
                name=readable(name),
                module=readable(module),
            )
        )
    inside = config.get("config")
    if not isinstance(inside, dict) or not isinstance(described := inside.get("layers"), list) or not described:
        raise InputError(gettext("{what} lists no layers; save the model again.", what=what))
    if len(described) > MOST_LAYERS + 1:
        raise InputError(
            gettext(
                "{what} has {described} layers; at most {most_layers} are read.",
                what=what,
                described=count(len(described)),
                most_layers=MOST_LAYERS,
            )
        )
    _check_dtype(inside.get("dtype", DTYPE), what)
    if is_functional:
        _check_chain(described, what)
    return described


def _check_chain(described: list[Any], what: str) -> None:
    """Checks that each layer of a functional model takes what the one before it gives, and nothing else."""
    for before, layer in itertools.pairwise(described):
        nodes = layer.get("inbound_nodes") if isinstance(layer, dict) else None
        names = list(_tensors(nodes))
        if not isinstance(before, dict) or names != [before.get("name")]:
            name = readable(layer.get("name")) if isinstance(layer, dict) else ""
            _check_none_is_known_not_to_be_read(described, what)
            raise InputError(
                gettext(
                    "{what} is no single chain: the layer '{name}' takes more, or something else, than "
                    "what the layer before it gives.",
                    what=what,
                    name=name,
                )
            )


def _check_none_is_known_not_to_be_read(described: list[Any], what: str) -> None:
    """Says which layer is not read and why, where that is more than that the model is no chain."""
    for number, layer in enumerate(described, 1):
        if (
            isinstance(layer, dict)
            and str(layer.get("class_name")) in NOT_READ
            and layer.get("module") in LAYER_MODULES
        ):
            _known_kind(layer, gettext("Layer {number} of {what}", number=number, what=what))


def _tensors(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yields the names of the layers whose outputs are spoken of in a description, wherever they stand in it."""
    if depth > DEEPEST:
        yield None
    elif isinstance(value, dict):
        history = value.get("keras_history")
        if isinstance(history, list) and history:
            yield history[0]
        else:
            for part in value.values():
                yield from _tensors(part, depth + 1)
    elif isinstance(value, list):
        if value and isinstance(value[0], str):  # as Keras 2 writes it: the layer, and which of its outputs
            yield value[0]
        else:
            for part in value:
                yield from _tensors(part, depth + 1)


def _begun(first: Any, model: dict[str, Any], what: str) -> Chain:
    """Begins with the shape of what a model takes, which its first layer or itself says."""
    inside = first.get("config") if isinstance(first, dict) else None
    found = None
    if isinstance(inside, dict):
        found = inside.get("batch_shape") or inside.get("batch_input_shape")
    found = found or model.get("build_input_shape")
    if found is None:
        raise InputError(
            gettext(
                "{what} does not say that it takes images of 28×28×1; begin the model with an Input of that.", what=what
            )
        )
    if not isinstance(found, list) or not found or not (found[0] is None or type(found[0]) is int):
        raise InputError(
            gettext("{what} takes {found}; expected [null, 28, 28, 1] of its input.", what=what, found=readable(found))
        )
    try:
        return keras_chain.begin(tuple(found[1:]))
    except InputError as error:
        raise InputError(f"{what}: {error}") from None


def _read_layer(described: Any, number: int, chain: Chain, what: str, writer: _Writer) -> None:
    """Reads one layer into the chain."""
    if not isinstance(described, dict) or not isinstance(described.get("config"), dict):
        raise InputError(
            gettext(
                "Layer {number} of {what} is not described as Keras does it; save the model again.",
                number=number,
                what=what,
            )
        )
    try:
        if writer.version == 1:
            described = keras_1.in_new_words(described)
        if writer.backend == keras_1.THEANO:
            keras_1.check_theano(described)
    except InputError as error:
        raise InputError(
            gettext(
                "Layer {number} of {what} ({get}): {error}",
                number=number,
                what=what,
                get=readable(described.get("class_name")),
                error=error,
            )
        ) from None
    inside = _kinds_of_model(described)
    if inside and set(inside) <= {"InputLayer", *WITHOUT_EFFECT}:
        for kind in inside:
            chain.leave_out(kind)
        return
    kind, config = (
        _known_kind(described, gettext("Layer {number} of {what}", number=number, what=what)),
        described["config"],
    )
    which = gettext("Layer {number} of {what} ({kind})", number=number, what=what, kind=kind)
    if kind == "InputLayer" and number > 1:
        raise InputError(
            gettext("{which} is an input in the middle of the model; expected one at its start only.", which=which)
        )
    if kind in WITHOUT_EFFECT:
        chain.leave_out(kind)
        return
    if kind != "InputLayer" or config.get("dtype") not in PIXEL_TYPES:
        _check_dtype(config.get("dtype", DTYPE), which)
    config = _checked_fields(kind, config, which)
    if writer.version < 3 and config.get("activation") == "hard_sigmoid":
        config = config | {"activation": HARD_SIGMOID_2}
    before = len(chain.parts)
    try:
        keras_layers.add(chain, kind, config)
    except InputError as error:
        raise InputError(f"{which}: {error}") from None
    if any(value for name, value in config.items() if name.endswith("_regularizer")):
        chain.leave_out("regularizers")
    if kind in GROUPS:
        _name_parts(chain, before, GROUPS[kind], config, writer)


def _kinds_of_model(described: dict[str, Any]) -> list[str]:
    """The kinds of layers of a sequential model in the model, as augmentations are often put together."""
    layers = described["config"].get("layers")
    is_model = described.get("class_name") == "Sequential" and described.get("module") in (
        *MODEL_MODULES,
        *LAYER_MODULES,
    )
    if not is_model or described.get("registered_name") or not isinstance(layers, list):
        return []
    parts = [layer if isinstance(layer, dict) else {} for layer in layers[:MOST_LAYERS]]
    own = [part for part in parts if part.get("module", LAYER_MODULES[0]) in LAYER_MODULES]
    return [str(part.get("class_name")) for part in own] if len(own) == len(layers) else []


def _known_kind(described: dict[str, Any], which: str) -> str:
    """The kind of a layer that is one of Keras's own and is read; InputError says why another is not."""
    kind, module, registered = described.get("class_name"), described.get("module"), described.get("registered_name")
    if isinstance(kind, str) and (kind in FIXED or kind in WITHOUT_EFFECT) and module in LAYER_MODULES:
        if registered:
            name = readable(registered)
            raise InputError(
                gettext(
                    "{which} ({kind}) is registered as '{name}', somebody's own class, whose code is never run.",
                    which=which,
                    kind=kind,
                    name=name,
                )
            )
        return kind
    if kind in ("Sequential", "Functional") and module in (*LAYER_MODULES, *FUNCTIONAL_MODULES):
        raise InputError(gettext("{which} is a model in the model; put its layers into a single chain.", which=which))
    if isinstance(kind, str) and kind in NOT_READ and module in LAYER_MODULES:
        raise InputError(
            gettext("{which} is not read: {kind} {not_read}.", which=which, kind=kind, not_read=NOT_READ[kind])
        )
    raise InputError(
        gettext(
            "{which} is '{kind}' of '{module}', which the lab does not read; expected layers of "
            "keras.layers that networks for MNIST have, such as Conv2D, MaxPooling2D, Dropout, "
            "Flatten and Dense.",
            which=which,
            kind=readable(kind),
            module=readable(module),
        )
    )


def _name_parts(chain: Chain, before: int, group: str, config: dict[str, Any], writer: _Writer) -> None:
    """Says where and how the file keeps the arrays of a layer; those that the lab added have none in it."""
    first = config.get("data_format") == "channels_first"
    for number, part in enumerate(chain.parts[before:], before):
        if part.from_file:
            named = dataclasses.replace(part, group=group, name=str(config.get("name", "")))
            chain.parts[number] = keras_1.with_old_kernels(
                named, is_old=writer.version == 1, channels_first=first, backend=writer.backend
            )


def _check_dtype(dtype: Any, which: str) -> None:
    """Checks a type that Keras writes as a name or, since 3.3, as the description of a policy."""
    if isinstance(dtype, dict):
        inside = dtype.get("config")
        keras_own = (dtype.get("module"), dtype.get("class_name")) in POLICIES
        keras_own = keras_own and not dtype.get("registered_name")
        dtype = inside.get("name") if keras_own and isinstance(inside, dict) else dtype
    if dtype not in DTYPES:
        raise InputError(
            gettext("{which} computes in '{dtype}'; expected float32.", which=which, dtype=readable(dtype))
        )


def _checked_fields(kind: str, config: dict[str, Any], which: str) -> dict[str, Any]:
    """What a layer says of itself, with what it may leave out."""
    fixed = FIXED[kind]
    config = {name: good[0] for name, good in fixed.items() if name in OPTIONAL_FIELDS} | config
    for name, good in fixed.items():
        value = config.get(name)
        if not any(type(value) is type(one) and value == one for one in good):
            raise InputError(
                gettext(
                    "{which} has {name} {value}; expected {good}.",
                    which=which,
                    name=name,
                    value=readable(value),
                    good=" or ".join(readable(one) for one in good),
                )
            )
    own = OWN_FIELDS.get(kind, ())
    # The shape of what comes in, which Keras 2 says again in the first layer of all.
    known = {"name", "trainable", "dtype", "batch_input_shape", *fixed, *own, *FOR_TRAINING_ONLY}
    for name, value in config.items():
        if name not in known and value is not None and value is not False:
            raise InputError(
                gettext(
                    "{which} has a {name}, which the lab's layers have not; build it without.",
                    which=which,
                    name=readable(name),
                )
            )
    return config
