"""A network's weights as plain arrays: which shapes a layer list calls for, and the two kinds of file that hold them.

Such files come from outside too: each array is held against its shape before it is read.
"""

import contextlib
import math
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.config.network import Layer, summarize
from mnist_core.errors import InputError, is_of_disk
from mnist_core.files import archives, npz
from mnist_core.formatting import count, readable
from mnist_core.language import gettext
from mnist_core.sharing import keras_1
from mnist_core.sharing.keras_chain import Chain, Part

if TYPE_CHECKING:
    import h5py

Shape = tuple[int, ...]
ReadLayers = Callable[[dict[str, Any], str], Chain]
LARGEST_CONFIGURATION = 2_000_000
MOST_FOLDERS, MOST_GROUPS = 10, 200
# As Keras 3 calls the groups of arrays of the layers that are the lab's.
GROUPS_OF_KINDS = {
    "conv": "conv2d",
    "depthwise": "depthwise_conv2d",
    "norm": "batch_normalization",
    "prelu": "p_re_lu",
    "dense": "dense",
}


def shapes(layers: tuple[Layer, ...]) -> list[list[Shape]]:
    """Returns the shapes of each layer's arrays, in the order of Keras's `get_weights`."""
    return [list(summary.arrays) for summary in summarize(layers)]


def check(arrays: list[np.ndarray], layers: tuple[Layer, ...], what: str) -> None:
    """Checks that the values can be weights; raises InputError if one is not a number, or a variance is negative."""
    remaining = iter(arrays)
    for number, (layer, expected) in enumerate(zip(layers, shapes(layers), strict=True), 1):
        own = [next(remaining) for _ in expected]
        if not all(np.isfinite(array).all() for array in own):
            raise InputError(
                gettext(
                    "The weights of layer {number} of {what} ({layer}) hold values that are not numbers.",
                    number=number,
                    what=what,
                    layer=layer,
                )
            )
        if layer.kind == "norm" and (own[3] < 0).any():
            raise InputError(
                gettext(
                    "The variances of layer {number} of {what} ({layer}) are negative, which none can be.",
                    number=number,
                    what=what,
                    layer=layer,
                )
            )


def made(chain: Chain, found: list[list[np.ndarray]], what: str) -> list[np.ndarray]:
    """Returns the arrays of a chain's layers, made of those that a file has; InputError if they cannot be weights."""
    layers = tuple(chain.layers)
    arrays = chain.arrays(found)
    expected = [shape for own in shapes(layers) for shape in own]
    if [array.shape for array in arrays] != expected:
        raise InputError(gettext("The weights of {what} do not fit its layers; save the model again.", what=what))
    arrays = [np.ascontiguousarray(array, np.float32) for array in arrays]
    check(arrays, layers, what)
    return arrays


def complete(chain: Chain, found: dict[str, list[np.ndarray]], what: str) -> list[np.ndarray]:
    """As `made`, of the arrays of each layer under its name; InputError where one is missing, or has another shape."""
    given = []  # taken out of there: a large network is not kept twice
    for part in chain.parts:
        if part.shapes:
            own = found.pop(part.name, [])
            where = gettext("The layer {part_name} of {what}", part_name=readable(part.name), what=what)
            if [array.shape for array in own] != list(part.shapes):
                shown = [" and ".join(map(_written, some)) or "none" for some in ([a.shape for a in own], part.shapes)]
                raise InputError(
                    gettext(
                        "{where} has arrays of {shown}; expected {shown_2}.",
                        where=where,
                        shown=shown[0],
                        shown_2=shown[1],
                    )
                )
            given.append([np.ascontiguousarray(array, np.float32) for array in own])
    if left := next((name for name, own in found.items() if own), ""):
        raise InputError(
            gettext(
                "The layer {left} of {what} holds arrays that it cannot use; save it again.",
                left=readable(left),
                what=what,
            )
        )
    return made(chain, given, what)


# --- As NumPy archives -----------------------------------------------------------------------------------------------


def save(arrays: list[np.ndarray], path: Path) -> None:
    """Writes arrays as an archive of `weight_000`, `weight_001`, …"""
    npz.write(path, **{_name(number): array for number, array in enumerate(arrays)})


def read_npz(path: Path, layers: tuple[Layer, ...], what: str) -> list[np.ndarray]:
    """Reads what `save` wrote, for these layers: float32 arrays in the order of Keras's `get_weights`.

    Raises InputError if their number, shapes, types or values are not those of such a network's weights.
    """
    expected = {_name(number): shape for number, shape in enumerate(shape for own in shapes(layers) for shape in own)}
    where = gettext("weights.npz in {what}", what=what)
    arrays = npz.read_only(path, {name: 4 * math.prod(shape) for name, shape in expected.items()}, where)
    for array, (name, shape) in zip(arrays, expected.items(), strict=True):
        _check_declared(array.shape, array.dtype, shape, gettext("{name} of {what}", name=name, what=what))
    check(arrays, layers, what)
    return arrays


def _name(number: int) -> str:
    return f"weight_{number:03d}"


def _check_declared(shape: Shape, dtype: np.dtype[Any], expected: Shape, where: str, shorter: bool = False) -> None:
    """Checks what is declared of an array; `shorter` says that it may be of float16."""
    if shape != expected or not (dtype == np.float32 or (shorter and dtype == np.float16)):
        raise InputError(
            gettext(
                "The array {where} is declared as {dtype} {written}; expected float32 {written_2}.",
                where=where,
                dtype=dtype,
                written=_written(shape),
                written_2=_written(expected),
            )
        )


def _written(shape: Shape) -> str:
    return "×".join(map(str, shape)) or gettext("without a shape")


# --- As Keras keeps them in HDF5 -------------------------------------------------------------------------------------


def read_hdf5(path: Path, chain: Chain, what: str) -> list[np.ndarray]:
    """Reads `model.weights.h5` of a `.keras` file; what it holds beside the layers' arrays is not looked at.

    The chain says which arrays the file has. Returned are all that its layers have, float32, in the order of Keras's
    `get_weights`. Raises InputError if one is missing, is a link, lies elsewhere, or is declared otherwise than the
    layers call for.
    """
    import h5py  # a fifth of a second, for those who read such files

    found: list[list[np.ndarray]] = []
    seen: Counter[str] = Counter()
    with _explained(what), h5py.File(path, "r", locking=False) as file:
        groups = _child(file, "layers", h5py.Group, what)
        for part in chain.parts:
            # Keras names a group as the layer's class in small letters, with a number from the second one on.
            place = f"{part.group}_{seen[part.group]}" if seen[part.group] else part.group
            seen[part.group] += 1
            if part.shapes:
                found.append(_read_group(groups, place, part, what))
    return made(chain, found, what)


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    """Puts what h5py raises over a damaged file, which it does not document, into one sentence."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        if is_of_disk(error):
            raise
        reason = readable(str(error), 100)
        raise InputError(
            gettext("The weights of {what} cannot be read ({reason}); save the model again.", what=what, reason=reason)
        ) from error


def _read_group(groups: "h5py.Group", place: str, part: Part, what: str) -> list[np.ndarray]:
    import h5py

    variables = _child(_child(groups, place, h5py.Group, what), "vars", h5py.Group, what)
    if len(variables) != len(part.shapes) + part.unread:
        raise InputError(
            gettext(
                "{what} holds {variables} arrays for {place}; expected {shapes}.",
                what=what,
                variables=count(len(variables)),
                place=place,
                shapes=len(part.shapes),
            )
        )
    return [
        _read_dataset(
            _child(variables, str(number), h5py.Dataset, what),
            shape,
            gettext("{place}/{number} of {what}", place=place, number=number, what=what),
        )
        for number, shape in enumerate(part.shapes)
    ]


def _child(group: "h5py.Group", name: str, kind: type, what: str) -> Any:
    """Returns what lies under a name in an HDF5 group, if it lies there itself and is not a link."""
    import h5py

    link = group.get(name, getlink=True)
    if link is None:
        raise InputError(
            gettext(
                "The weights of {what} lack '{name}' where Keras 3 keeps the layers' arrays; save the "
                "model with Keras 3.",
                what=what,
                name=name,
            )
        )
    if type(link) is not h5py.HardLink:
        raise InputError(
            gettext(
                "The weights of {what} hold a link at '{name}', which is never followed; save the model again.",
                what=what,
                name=name,
            )
        )
    child = group[name]
    if not isinstance(child, kind):
        raise InputError(
            gettext(
                "The weights of {what} are not laid out at '{name}' as Keras 3 does it; save the model again.",
                what=what,
                name=name,
            )
        )
    return child


def _read_dataset(dataset: "h5py.Dataset", expected: Shape, where: str) -> np.ndarray:
    """Reads an array after comparing all that its header declares with what is expected."""
    import h5py

    # Keras 2 keeps what `Normalization` measured in the short type that a model of mixed precision computes in.
    _check_declared(dataset.shape, dataset.dtype, expected, where, shorter=True)
    properties = dataset.id.get_create_plist()
    filters = {properties.get_filter(number)[0] for number in range(properties.get_nfilters())}
    contiguous = properties.get_layout() == h5py.h5d.CONTIGUOUS
    chunked = properties.get_layout() == h5py.h5d.CHUNKED and filters <= {h5py.h5z.FILTER_DEFLATE}
    if not (contiguous or chunked) or properties.get_external_count():
        raise InputError(
            gettext(
                "The array {where} lies in another file or is packed in an unusual way; save the "
                "model with Keras itself.",
                where=where,
            )
        )
    length = dataset.dtype.itemsize * math.prod(expected)
    if not (dataset.id.get_storage_size() == length if contiguous else _all_chunks(dataset, expected)):
        raise InputError(
            gettext(
                "The array {where} declares {length} bytes, which are not all there; save it again.",
                where=where,
                length=count(length),
            )
        )
    values: np.ndarray = np.asarray(dataset[()], np.float32)
    return values


def _all_chunks(dataset: "h5py.Dataset", expected: Shape) -> bool:
    """Says whether an array's chunks are no larger than the array, and all there."""
    chunks = dataset.chunks
    fitting = all(chunk <= side for chunk, side in zip(chunks, expected, strict=True))
    pieces = math.prod(math.ceil(side / chunk) for chunk, side in zip(chunks, expected, strict=True))
    return fitting and dataset.id.get_num_chunks() == pieces


# --- As older Keras keeps whole models in HDF5 -------------------------------------------------------------------


def read_whole_hdf5(path: Path, read_layers: ReadLayers, what: str) -> tuple[Chain, list[np.ndarray]]:
    """Reads a whole model as `model.save('name.h5')` writes it: layers from its configuration, and their arrays.

    `read_layers` makes layers of the configuration, as `keras_file` does. Otherwise as `read_hdf5`.
    """
    import h5py

    found: list[list[np.ndarray]] = []
    with _explained(what), h5py.File(path, "r", locking=False) as file:
        config = _configuration(file, what)
        groups = _child(file, "model_weights", h5py.Group, what)
        chain = read_layers(config | {"backend": _backend(file, groups)}, what)
        for part in chain.parts:
            if part.shapes:
                group = _inside(groups, part.name, h5py.Group, what)
                found.append(_read_named(group, part, gettext("{part_name} of {what}", part_name=part.name, what=what)))
    return chain, made(chain, found, what)


def _backend(file: "h5py.File", groups: "h5py.Group") -> str:
    """What computed for the Keras that wrote a file (`keras_1.backend_of`)."""
    import h5py

    names: list[str] = []
    for place in list(groups)[:MOST_GROUPS]:
        if isinstance(groups.get(place, getlink=True), h5py.HardLink):
            named = groups[place].attrs.get("weight_names")
            names += [_text(name) for name in list(() if named is None else named)[:MOST_FOLDERS]]
    return keras_1.backend_of(_text(file.attrs.get("backend", "")), names)


def _configuration(file: "h5py.File", what: str) -> dict[str, Any]:
    """The configuration of a whole model, as Keras 3 would spell it, with the version of Keras."""
    text = file.attrs.get("model_config")
    if not isinstance(text, str | bytes):
        raise InputError(
            gettext(
                "{what} holds no whole model, but weights alone, or something else; save it with "
                "model.save('name.h5').",
                what=what,
            )
        )
    if len(text) > LARGEST_CONFIGURATION:
        raise InputError(
            gettext(
                "{what} describes its model in {text} characters, too many; save it again.",
                what=what,
                text=count(len(text)),
            )
        )
    config = archives.json_object(text, gettext("The description of the model in {what}", what=what))
    return as_keras_3(config, _text(file.attrs.get("keras_version", "")))


def as_keras_3(config: dict[str, Any], version: str) -> dict[str, Any]:
    """The description of a whole model by an older Keras, as Keras 3 would spell it."""
    inside = config.get("config")
    inside = {"layers": inside} if isinstance(inside, list) else inside  # as Keras 1 and 2.0 have it
    if isinstance(inside, dict) and isinstance(layers := inside.get("layers"), list):
        inside = inside | {"layers": [_with_module(layer) for layer in layers]}
    name = "Functional" if config.get("class_name") == "Model" else config.get("class_name")
    return {"module": "keras", **config, "class_name": name, "config": inside, "keras_version": version}


def _with_module(layer: Any) -> Any:
    return {"module": "keras.layers", **layer} if isinstance(layer, dict) else layer


def _read_named(group: "h5py.Group", part: Part, where: str) -> list[np.ndarray]:
    """Reads the arrays that a group of older Keras names in its attribute, in that order."""
    import h5py

    names = group.attrs.get("weight_names")
    named = [_text(name) for name in list(() if names is None else names)[:MOST_FOLDERS]]
    if len(named) != len(part.shapes) + part.unread:
        raise InputError(
            gettext(
                "{where} holds {named} arrays; expected {shapes}.",
                where=readable(where, 80),
                named=count(len(named)),
                shapes=len(part.shapes),
            )
        )
    return [
        _read_dataset(
            _inside(group, name, h5py.Dataset, where),
            shape,
            gettext("{name} of {where}", name=readable(name), where=readable(where, 80)),
        )
        for name, shape in zip(named[: len(part.shapes)], part.shapes, strict=True)
    ]


def _first_shape(group: "h5py.Group", what: str) -> Shape:
    """The shape that is declared of the first array of a group."""
    import h5py

    shape: Shape = _inside(group, _text(group.attrs["weight_names"][0]), h5py.Dataset, what).shape
    return shape


def _text(name: Any) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)


def _inside(group: "h5py.Group", path: str, kind: type, what: str) -> Any:
    """Returns what lies at a path in a group, none of whose parts is a link."""
    import h5py

    *folders, last = [part for part in path.split("/") if part] or [""]
    for folder in folders[:MOST_FOLDERS]:
        group = _child(group, folder, h5py.Group, what)
    return _child(group, last, kind, what)


# --- Weights alone ---------------------------------------------------------------------------------------------------


def are_alone(path: Path, what: str) -> bool:
    """Whether an HDF5 file holds the weights of a model without the layers that they belong to."""
    import h5py

    with _explained(what), h5py.File(path, "r", locking=False) as file:
        has_layers = file.get("layers", getlink=True) is not None or "layer_names" in file.attrs
        return "model_config" not in file.attrs and has_layers


def read_alone(path: Path, layers: tuple[Layer, ...], what: str) -> list[np.ndarray]:
    """Reads what `model.save_weights` of Keras 1 to 3 wrote, for these layers; otherwise as `read_hdf5`.

    The arrays are taken in the order of the file's layers, or, as Keras 3 has it, of the layers of each kind.
    """
    import h5py

    with _explained(what), h5py.File(path, "r", locking=False) as file:
        names = file.attrs.get("layer_names")
        if names is None:
            chain = _by_groups(_child(file, "layers", h5py.Group, what), layers, what)
        else:
            return _read_in_order(file, [_text(name) for name in list(names)[:MOST_GROUPS]], layers, what)
    return read_hdf5(path, chain, what)


def _filled(layer: Layer, expected: list[Shape], number: int) -> Part:
    """What a file with so many arrays has for a layer of the lab: all, or all but the bias."""
    has_all = layer.kind in ("norm", "prelu") or number != len(expected) - 1
    given = tuple(expected if has_all else expected[:-1])

    def make(found: list[np.ndarray]) -> list[np.ndarray]:
        return found if has_all else [*found, np.zeros(expected[-1], np.float32)]

    return Part(make, given, GROUPS_OF_KINDS[layer.kind])


def _by_groups(groups: "h5py.Group", layers: tuple[Layer, ...], what: str) -> Chain:
    """A chain of layers whose arrays lie in the groups of Keras 3."""
    import h5py

    chain, seen = Chain(list(layers)), Counter[str]()
    for layer, expected in zip(layers, shapes(layers), strict=True):
        if expected:
            name = GROUPS_OF_KINDS[layer.kind]
            place = f"{name}_{seen[name]}" if seen[name] else name
            seen[name] += 1
            is_there = groups.get(place, getlink=True) is not None
            number = len(_inside(groups, f"{place}/vars", h5py.Group, what)) if is_there else 0
            chain.parts.append(_filled(layer, expected, number))
    return chain


def _read_in_order(file: "h5py.File", names: list[str], layers: tuple[Layer, ...], what: str) -> list[np.ndarray]:
    """Reads the arrays of the layers that a file names, which follow each other as in the model."""
    import h5py

    groups = [(name, _inside(file, name, h5py.Group, what)) for name in names]
    filled = iter([(name, group) for name, group in groups if len(group.attrs.get("weight_names", ()))])
    chain, found = Chain(list(layers)), []
    old = keras_1.OldWeights(_backend(file, file))
    for summary in summarize(layers):
        expected = list(summary.arrays)
        if expected:
            name, group = next(filled, ("", None))
            if group is None:
                raise InputError(
                    gettext(
                        "{what} holds fewer layers with weights than there are; expected those of one network.",
                        what=what,
                    )
                )
            part = _filled(summary.layer, expected, len(group.attrs["weight_names"]))
            if summary.layer.kind == "conv" and _first_shape(group, what) != expected[0]:
                old.channels_first = True  # as the first layer says it, whose pictures have one channel
            chain.parts.append(old.part(part, summary.layer))
            found.append(_read_named(group, chain.parts[-1], gettext("{name} of {what}", name=name, what=what)))
        old.follow(summary)
    if next(filled, None):
        raise InputError(
            gettext("{what} holds more layers with weights than there are; expected those of one network.", what=what)
        )
    return made(chain, found, what)
