"""A model of TensorFlow.js in one zip file, read as plain data: `model.json`, and its weights in `.bin` files.

What it calls a layers model is Keras's own description of a model, of Keras 2 or 3, without some of its words; the
weights lie one after the other, as float32 or in fewer bits.
"""

import math
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mnist_core.config.train_config import MOST_PARAMETERS
from mnist_core.errors import InputError
from mnist_core.files import archives
from mnist_core.formatting import count, readable
from mnist_core.language import N_, gettext
from mnist_core.sharing import keras_file, weights
from mnist_core.sharing.keras_chain import Model, Part
from mnist_core.sharing.keras_file import MOST_WEIGHT_BYTES

MEMBER = "model.json"
LARGEST_DESCRIPTION = 2_000_000
MOST_FILES, MOST_WEIGHTS, MOST_SIDES = 500, 1000, 6
TYPES = {"float32": np.float32, "int32": np.int32, "float16": np.float16, "uint16": np.uint16, "uint8": np.uint8}
# In which order Keras has a layer's arrays, which other orders of a file are brought into.
ORDER = (
    "depthwise_kernel",
    "pointwise_kernel",
    "kernel",
    "gamma",
    "alpha",
    "bias",
    "beta",
    "moving_mean",
    "moving_variance",
)
ROUNDED = N_(
    "Its file keeps weights in 8 or 16 bits. They are float32 here, and answer as they do "
    "in TensorFlow.js, but not as those that they were rounded from."
)


def read(path: Path, folder: Path, member: str, members: Sequence[str], what: str) -> Model:
    """Reads the layers and arrays of a zip file.

    `member` is where its `model.json` lies, `members` are all its names. Weights are unpacked into the folder. Raises
    InputError if it is not a chain of layers that the lab knows, or weights are missing or not as long as they say.
    """
    largest = dict.fromkeys(members, MOST_WEIGHT_BYTES)
    with archives.opened(
        path, what, {member: LARGEST_DESCRIPTION}, {**largest, member: LARGEST_DESCRIPTION}
    ) as archive:
        described = archive.json(member)
        chain = keras_file.chain_of(_topology(described, what), what)
        owners = _owners(chain.parts)
        found: dict[str, dict[str, np.ndarray]] = {}
        is_rounded = False
        for number, group in enumerate(_listed(described, "weightsManifest", what)):
            names = [str(PurePosixPath(member).parent / str(name)) for name in _listed(group, "paths", what)]
            unpacked = folder / f"group-{number}"
            try:
                _unpack(archive, names, unpacked, what)
                for name, array, rounded in _arrays(unpacked, _listed(group, "weights", what), what):
                    *folders, last = name.split("/")
                    if owner := next((owners[one] for one in _places(folders) if one in owners), ""):
                        found.setdefault(owner, {})[last] = array
                        is_rounded = is_rounded or rounded
            finally:
                unpacked.unlink(missing_ok=True)
    arrays = {name: [own[one] for one in sorted(own, key=_place)] for name, own in found.items()}
    for part in chain.parts:
        if part.unread and part.name in arrays:
            del arrays[part.name][len(part.shapes) :]
    del found
    note = " ".join(filter(None, (chain.note, gettext(ROUNDED) if is_rounded else "")))
    return Model(tuple(chain.layers), weights.complete(chain, arrays, what), note, chain.front)


def _topology(described: dict[str, Any], what: str) -> dict[str, Any]:
    """The description of the model as Keras 3 would write it."""
    topology = described.get("modelTopology")
    is_graph = described.get("format") == "graph-model" or (isinstance(topology, dict) and "node" in topology)
    if is_graph:
        raise InputError(
            gettext(
                "{what} holds a graph model of TensorFlow.js, in which layers are no longer told "
                "apart; import the model that it was made from, or convert that to a layers model "
                "(--output_format=tfjs_layers_model).",
                what=what,
            )
        )
    inside = topology.get("model_config", topology) if isinstance(topology, dict) else None
    if (
        not isinstance(topology, dict)
        or not isinstance(inside, dict)
        or not isinstance(described.get("weightsManifest"), list)
    ):
        raise InputError(
            gettext("{what} holds no layers model of TensorFlow.js; save it with model.save again.", what=what)
        )
    version = str(topology.get("keras_version", ""))
    # TensorFlow.js's own functions are those of Keras 2.
    return _with_plain_types(weights.as_keras_3(inside, "2.0" if version.startswith("tfjs") else version))


def _with_plain_types(config: dict[str, Any]) -> dict[str, Any]:
    """The description with types by their names: of a policy the converter leaves out where it is from."""
    inside = config.get("config")
    layers = inside.get("layers") if isinstance(inside, dict) else None
    for described in (config, *(layers if isinstance(layers, list) else ())):
        own = described.get("config") if isinstance(described, dict) else None
        dtype = own.get("dtype") if isinstance(own, dict) else None
        policy = dtype.get("config") if isinstance(dtype, dict) and dtype.get("class_name") == "DTypePolicy" else None
        if isinstance(own, dict) and isinstance(policy, dict):
            own["dtype"] = policy.get("name")
    return config


def _owners(parts: Sequence[Part]) -> dict[tuple[str, ...], str]:
    """The layer that arrays in a folder belong to: the folder is called as the layer, or as Keras 3 calls its group."""
    owners: dict[tuple[str, ...], str] = {}
    seen: Counter[str] = Counter()
    for part in parts:
        place = f"{part.group}_{seen[part.group]}" if seen[part.group] else part.group
        seen[part.group] += 1
        if part.shapes:
            owners["layers", place, "vars"] = part.name
            owners[(part.name,)] = part.name
    return owners


def _places(folders: Sequence[str]) -> list[tuple[str, ...]]:
    """What may name the layer of an array in these folders."""
    return [tuple(folders)] if folders[-1:] == ["vars"] else [(folder,) for folder in reversed(folders)]


def _listed(table: Any, name: str, what: str) -> list[Any]:
    value = table.get(name) if isinstance(table, dict) else None
    if not isinstance(value, list) or len(value) > MOST_WEIGHTS:
        raise InputError(
            gettext(
                "The {member} in {what} has no list of {name}; save the model again.",
                member=MEMBER,
                what=what,
                name=name,
            )
        )
    return value


def _unpack(archive: archives.Archive, names: Sequence[str], path: Path, what: str) -> None:
    """Writes the files of a group one behind the other."""
    if len(names) > MOST_FILES:
        raise InputError(
            gettext(
                "{what} keeps its weights in {names} files; at most {most_files} are read.",
                what=what,
                names=count(len(names)),
                most_files=MOST_FILES,
            )
        )
    with path.open("wb") as target:
        for name in names:
            if name not in archive:
                raise InputError(
                    gettext(
                        "{what} lacks the file '{name}', in which weights are said to be.",
                        what=what,
                        name=readable(name),
                    )
                )
            with archive.stream(name) as source:
                shutil.copyfileobj(source, target, 1 << 20)
            if target.tell() > MOST_WEIGHT_BYTES:
                raise InputError(gettext("{what} holds more weights than a network here can have.", what=what))


def _arrays(path: Path, described: Sequence[Any], what: str) -> Iterator[tuple[str, np.ndarray, bool]]:
    """Yields the name of each array of a group, the array as float32, and whether it was in fewer bits."""
    with path.open("rb") as file, np.errstate(all="ignore"):
        for one in described:
            name, shape, dtype, scale = _declared(one, what)
            number = math.prod(shape)
            content = file.read(number * dtype.itemsize)
            if len(content) != number * dtype.itemsize:
                raise InputError(
                    gettext(
                        "The array '{name}' of {what} is not all there; save the model again.",
                        name=readable(name),
                        what=what,
                    )
                )
            array = np.frombuffer(content, dtype).reshape(shape)
            if scale is not None:
                array = array * np.float32(scale[0]) + np.float32(scale[1])
            yield name, array.astype(np.float32, copy=False), dtype.itemsize < 4
        if file.read(1):
            raise InputError(
                gettext("The weights of {what} are longer than they say; save the model again.", what=what)
            )


def _declared(one: Any, what: str) -> tuple[str, tuple[int, ...], np.dtype[Any], tuple[float, float] | None]:
    """The name, the shape and the type of an array, and the factor and offset of whole numbers that stand for it."""
    known = isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("shape"), list)
    quantization = one.get("quantization") if known else None
    quantization = {} if quantization is None else quantization
    if not known or not isinstance(quantization, dict):
        raise InputError(
            gettext(
                "The {member} in {what} does not describe its weights; save the model again.", member=MEMBER, what=what
            )
        )
    sides, where = one["shape"], gettext("The array '{one}' of {what}", one=readable(one["name"]), what=what)
    if any(type(side) is not int or side < 0 for side in sides) or len(sides) > MOST_SIDES:
        raise InputError(
            gettext("{where} is declared as {sides}; save the model again.", where=where, sides=readable(sides))
        )
    if math.prod(sides) > MOST_PARAMETERS:
        raise InputError(
            gettext("{where} is declared as {sides}; no network here is as large.", where=where, sides=readable(sides))
        )
    name = quantization.get("dtype", one.get("dtype"))
    if not isinstance(name, str) or name not in TYPES or one.get("dtype") not in ("float32", "int32"):
        raise InputError(
            gettext(
                "{where} is of the type {name}; expected float32, or 8 or 16 bits that stand for it.",
                where=where,
                name=readable(name),
            )
        )
    scale: list[Any] = [quantization.get("scale"), quantization.get("min")]
    if name not in ("uint8", "uint16"):
        return one["name"], tuple(sides), np.dtype(TYPES[name]), None
    if any(type(value) not in (int, float) or not abs(value) < 1e30 for value in scale):
        raise InputError(
            gettext("{where} has the scale {scale}; expected two numbers.", where=where, scale=readable(scale))
        )
    return one["name"], tuple(sides), np.dtype(TYPES[name]), (float(scale[0]), float(scale[1]))


def _place(name: str) -> tuple[int, str]:
    """Where an array stands among those of its layer; Keras 3 numbers them."""
    return (ORDER.index(name) if name in ORDER else len(ORDER)), name
