"""A network's weights as plain arrays: which shapes a layer list calls for, and the two kinds of file that hold them.

Such files come from outside too: each array is held against its shape before it is read.
"""

import contextlib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.config.network import Layer, summarize
from mnist_core.errors import InputError, is_of_disk
from mnist_core.files import archives, npz
from mnist_core.formatting import count, readable
from mnist_core.mnist import IMAGE_SHAPE
from mnist_core.sharing.keras_layers import GROUPS, Stored

if TYPE_CHECKING:
    import h5py

Shape = tuple[int, ...]
ReadLayers = Callable[[dict[str, Any], str], tuple[tuple[Layer, ...], tuple[Stored, ...]]]
LARGEST_CONFIGURATION = 2_000_000
MOST_FOLDERS, MOST_GROUPS = 10, 200


def shapes(layers: tuple[Layer, ...]) -> list[list[Shape]]:
    """Returns the shapes of each layer's arrays, in the order of Keras's `get_weights`."""
    found: list[list[Shape]] = []
    before: Shape = IMAGE_SHAPE
    for summary in summarize(layers):
        layer = summary.layer
        match layer.kind:
            case "conv":
                found.append([(layer.size, layer.size, before[-1], layer.units), (layer.units,)])
            case "dense":
                found.append([(before[-1], layer.units), (layer.units,)])
            case "norm":  # scale, offset, mean, variance
                found.append([(before[-1],)] * 4)
            case _:
                found.append([])
        before = summary.output_shape
    return found


def check(arrays: list[np.ndarray], layers: tuple[Layer, ...], what: str) -> None:
    """Checks that the values can be weights; raises InputError if one is not a number, or a variance is negative."""
    remaining = iter(arrays)
    for number, (layer, expected) in enumerate(zip(layers, shapes(layers), strict=True), 1):
        own = [next(remaining) for _ in expected]
        if not all(np.isfinite(array).all() for array in own):
            raise InputError(f"The weights of layer {number} of {what} ({layer}) hold values that are not numbers.")
        if layer.kind == "norm" and (own[3] < 0).any():
            raise InputError(f"The variances of layer {number} of {what} ({layer}) are negative, which none can be.")


# --- As other formats name them --------------------------------------------------------------------------------------


def complete(
    layers: tuple[Layer, ...], stored: Sequence[Stored], found: dict[str, list[np.ndarray]], what: str
) -> list[np.ndarray]:
    """Returns all the arrays of layers, float32 in the order of Keras's `get_weights`, from those under their names.

    They are taken out of there: a large network is not kept twice. `stored` says for each layer its name and which of
    its arrays are there. Raises InputError if one is missing, is one too many, or has another shape than the layers
    call for.
    """
    arrays: list[np.ndarray] = []
    for kept, expected in zip(stored, shapes(layers), strict=True):
        own = []
        for shape in [shape for shape, there in zip(expected, kept.kept, strict=True) if there] if kept.kept else []:
            where = f"{readable(kept.name)} of {what}"
            if not found.get(kept.name):
                raise InputError(f"The layer {where} lacks an array of {_written(shape)}; save the model again.")
            array = found[kept.name].pop(0)
            if array.shape != shape:
                raise InputError(f"The array {where} is {_written(array.shape)}; expected {_written(shape)}.")
            own.append(np.ascontiguousarray(array, np.float32))
        arrays += kept.complete(own, expected)
    if left := [name for name, own in found.items() if own]:
        raise InputError(f"The layer {readable(left[0])} of {what} holds more arrays than it can use; save it again.")
    check(arrays, layers, what)
    return arrays


# --- As NumPy archives -----------------------------------------------------------------------------------------------


def save(arrays: list[np.ndarray], path: Path) -> None:
    """Writes arrays as an archive of `weight_000`, `weight_001`, …"""
    npz.write(path, **{_name(number): array for number, array in enumerate(arrays)})


def read_npz(path: Path, layers: tuple[Layer, ...], what: str) -> list[np.ndarray]:
    """Reads what `save` wrote, for these layers: float32 arrays in the order of Keras's `get_weights`.

    Raises InputError if their number, shapes, types or values are not those of such a network's weights.
    """
    expected = {_name(number): shape for number, shape in enumerate(shape for own in shapes(layers) for shape in own)}
    where = f"weights.npz in {what}"
    arrays = npz.read_only(path, {name: 4 * math.prod(shape) for name, shape in expected.items()}, where)
    for array, (name, shape) in zip(arrays, expected.items(), strict=True):
        _check_declared(array.shape, array.dtype, shape, f"{name} of {what}")
    check(arrays, layers, what)
    return arrays


def _name(number: int) -> str:
    return f"weight_{number:03d}"


def _check_declared(shape: Shape, dtype: np.dtype[Any], expected: Shape, where: str) -> None:
    if shape != expected or dtype != np.float32:
        raise InputError(
            f"The array {where} is declared as {dtype} {_written(shape)}; expected float32 {_written(expected)}."
        )


def _written(shape: Shape) -> str:
    return "×".join(map(str, shape)) or "without a shape"


# --- As Keras keeps them in HDF5 -------------------------------------------------------------------------------------


def read_hdf5(path: Path, layers: tuple[Layer, ...], stored: Sequence[Stored], what: str) -> list[np.ndarray]:
    """Reads `model.weights.h5` of a `.keras` file; what it holds beside the layers' arrays is not looked at.

    `stored` says for each layer which of its arrays the file has. Returned are all that the layers have, float32, in
    the order of Keras's `get_weights`. Raises InputError if one is missing, is a link, lies elsewhere, or is declared
    otherwise than the layers call for.
    """
    import h5py  # a fifth of a second, for those who read such files

    arrays: list[np.ndarray] = []
    seen: Counter[str] = Counter()
    with _explained(what), h5py.File(path, "r", locking=False) as file:
        groups = _child(file, "layers", h5py.Group, what)
        for layer, kept, expected in zip(layers, stored, shapes(layers), strict=True):
            own = []
            if any(kept.kept):
                # Keras names a group as the layer's class in small letters, with a number from the second one on.
                name = GROUPS[layer.kind]
                place = f"{name}_{seen[name]}" if seen[name] else name
                seen[name] += 1
                declared = [shape for shape, there in zip(expected, kept.kept, strict=True) if there]
                own = _read_group(groups, place, declared, what)
            arrays += kept.complete(own, expected)
    check(arrays, layers, what)
    return arrays


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    """Puts what h5py raises over a damaged file, which it does not document, into one sentence."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        if is_of_disk(error):
            raise
        reason = readable(str(error), 100)
        raise InputError(f"The weights of {what} cannot be read ({reason}); save the model again.") from error


def _read_group(groups: "h5py.Group", place: str, expected: list[Shape], what: str) -> list[np.ndarray]:
    import h5py

    variables = _child(_child(groups, place, h5py.Group, what), "vars", h5py.Group, what)
    if len(variables) != len(expected):
        raise InputError(f"{what} holds {count(len(variables))} arrays for {place}; expected {len(expected)}.")
    return [
        _read_dataset(_child(variables, str(number), h5py.Dataset, what), shape, f"{place}/{number} of {what}")
        for number, shape in enumerate(expected)
    ]


def _child(group: "h5py.Group", name: str, kind: type, what: str) -> Any:
    """Returns what lies under a name in an HDF5 group, if it lies there itself and is not a link."""
    import h5py

    link = group.get(name, getlink=True)
    if link is None:
        raise InputError(
            f"The weights of {what} lack '{name}' where Keras 3 keeps the layers' arrays; save the model with Keras 3."
        )
    if type(link) is not h5py.HardLink:
        raise InputError(
            f"The weights of {what} hold a link at '{name}', which is never followed; save the model again."
        )
    child = group[name]
    if not isinstance(child, kind):
        raise InputError(
            f"The weights of {what} are not laid out at '{name}' as Keras 3 does it; save the model again."
        )
    return child


def _read_dataset(dataset: "h5py.Dataset", expected: Shape, where: str) -> np.ndarray:
    """Reads an array after comparing all that its header declares with what is expected."""
    import h5py

    _check_declared(dataset.shape or (), dataset.dtype, expected, where)
    properties = dataset.id.get_create_plist()
    filters = {properties.get_filter(number)[0] for number in range(properties.get_nfilters())}
    contiguous = properties.get_layout() == h5py.h5d.CONTIGUOUS
    chunked = properties.get_layout() == h5py.h5d.CHUNKED and filters <= {h5py.h5z.FILTER_DEFLATE}
    if not (contiguous or chunked) or properties.get_external_count():
        raise InputError(
            f"The array {where} lies in another file or is packed in an unusual way; save the model with Keras itself."
        )
    length = 4 * math.prod(expected)
    if not (dataset.id.get_storage_size() == length if contiguous else _all_chunks(dataset, expected)):
        raise InputError(f"The array {where} declares {count(length)} bytes, which are not all there; save it again.")
    return dataset[()]


def _all_chunks(dataset: "h5py.Dataset", expected: Shape) -> bool:
    """Says whether an array's chunks are no larger than the array, and all there."""
    chunks = dataset.chunks
    fitting = all(chunk <= side for chunk, side in zip(chunks, expected, strict=True))
    pieces = math.prod(math.ceil(side / chunk) for chunk, side in zip(chunks, expected, strict=True))
    return fitting and dataset.id.get_num_chunks() == pieces


# --- As older Keras keeps whole models in HDF5 -------------------------------------------------------------------


def read_whole_hdf5(path: Path, read_layers: ReadLayers, what: str) -> tuple[tuple[Layer, ...], list[np.ndarray]]:
    """Reads a whole model as `model.save('name.h5')` writes it: layers from its configuration, and their arrays.

    `read_layers` makes layers of the configuration, as `keras_file` does. Otherwise as `read_hdf5`.
    """
    import h5py

    arrays: list[np.ndarray] = []
    with _explained(what), h5py.File(path, "r", locking=False) as file:
        layers, stored = read_layers(_configuration(file, what), what)
        groups = _child(file, "model_weights", h5py.Group, what)
        for kept, expected in zip(stored, shapes(layers), strict=True):
            own = []
            if any(kept.kept):
                declared = [shape for shape, there in zip(expected, kept.kept, strict=True) if there]
                own = _read_named(_inside(groups, kept.name, h5py.Group, what), declared, f"{kept.name} of {what}")
            arrays += kept.complete(own, expected)
    check(arrays, layers, what)
    return layers, arrays


def _configuration(file: "h5py.File", what: str) -> dict[str, Any]:
    """The configuration of a whole model, as Keras 3 would spell it."""
    text = file.attrs.get("model_config")
    if not isinstance(text, str | bytes):
        raise InputError(
            f"{what} holds no whole model, but weights alone, or something else; save it with model.save('name.h5')."
        )
    if len(text) > LARGEST_CONFIGURATION:
        raise InputError(f"{what} describes its model in {count(len(text))} characters, too many; save it again.")
    return as_keras_3(archives.json_object(text, f"The description of the model in {what}"))


def as_keras_3(config: dict[str, Any]) -> dict[str, Any]:
    """The description of a whole model by an older Keras, as Keras 3 would spell it."""
    inside = config.get("config")
    inside = {"layers": inside} if isinstance(inside, list) else inside  # as Keras 1 and 2.0 have it
    if isinstance(inside, dict) and isinstance(layers := inside.get("layers"), list):
        inside = inside | {"layers": [_with_module(layer) for layer in layers]}
    name = "Functional" if config.get("class_name") == "Model" else config.get("class_name")
    return {"module": "keras", **config, "class_name": name, "config": inside}


def _with_module(layer: Any) -> Any:
    return {"module": "keras.layers", **layer} if isinstance(layer, dict) else layer


def _read_named(group: "h5py.Group", expected: list[Shape], where: str) -> list[np.ndarray]:
    """Reads the arrays that a group of older Keras names in its attribute, in that order."""
    import h5py

    names = group.attrs.get("weight_names")
    named = [_text(name) for name in list(() if names is None else names)[:MOST_FOLDERS]]
    if len(named) != len(expected):
        raise InputError(f"{readable(where, 80)} holds {count(len(named))} arrays; expected {len(expected)}.")
    return [
        _read_dataset(_inside(group, name, h5py.Dataset, where), shape, f"{readable(name)} of {readable(where, 80)}")
        for name, shape in zip(named, expected, strict=True)
    ]


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
        return "model_config" not in file.attrs and ("layers" in file or "layer_names" in file.attrs)


def read_alone(path: Path, layers: tuple[Layer, ...], what: str) -> list[np.ndarray]:
    """Reads what `model.save_weights` of Keras 1 to 3 wrote, for these layers; otherwise as `read_hdf5`.

    The arrays are taken in the order of the file's layers, or, as Keras 3 has it, of the layers of each kind.
    """
    import h5py

    with _explained(what), h5py.File(path, "r", locking=False) as file:
        names = file.attrs.get("layer_names")
        if names is None:
            stored = _stored_by_groups(_child(file, "layers", h5py.Group, what), layers)
        else:
            return _read_in_order(file, [_text(name) for name in list(names)[:MOST_GROUPS]], layers, what)
    return read_hdf5(path, layers, stored, what)


def _stored_by_groups(groups: "h5py.Group", layers: tuple[Layer, ...]) -> list[Stored]:
    """Which arrays the groups of Keras 3 have for layers; a bias may be missing."""
    stored, seen = [], Counter[str]()
    for layer, expected in zip(layers, shapes(layers), strict=True):
        if not expected:
            stored.append(Stored())
            continue
        name = GROUPS[layer.kind]
        place = f"{name}_{seen[name]}/vars" if seen[name] else f"{name}/vars"
        seen[name] += 1
        without_bias = layer.kind != "norm" and place in groups and len(groups[place]) == len(expected) - 1
        stored.append(Stored((*[True] * (len(expected) - 1), not without_bias)))
    return stored


def _read_in_order(file: "h5py.File", names: list[str], layers: tuple[Layer, ...], what: str) -> list[np.ndarray]:
    """Reads the arrays of the layers that a file names, which follow each other as in the model."""
    import h5py

    groups = [(name, _inside(file, name, h5py.Group, what)) for name in names]
    filled = iter([(name, group) for name, group in groups if len(group.attrs.get("weight_names", ()))])
    arrays: list[np.ndarray] = []
    for expected in filter(None, shapes(layers)):
        name, group = next(filled, ("", None))
        if group is None:
            raise InputError(f"{what} holds fewer layers with weights than there are; expected those of one network.")
        has_bias = len(group.attrs["weight_names"]) == len(expected) or len(expected) > 2
        kept = Stored((*[True] * (len(expected) - 1), has_bias))
        own = _read_named(group, expected if has_bias else expected[:-1], f"{name} of {what}")
        arrays += kept.complete(own, expected)
    if next(filled, None):
        raise InputError(f"{what} holds more layers with weights than there are; expected those of one network.")
    check(arrays, layers, what)
    return arrays
