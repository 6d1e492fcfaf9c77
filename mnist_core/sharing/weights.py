"""A network's weights as plain arrays: which shapes a layer list calls for, and the two kinds of file that hold them.

Such files come from outside too: each array is held against its shape before it is read.
"""

import contextlib
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.config.network import Layer, summarize
from mnist_core.errors import InputError, is_of_disk
from mnist_core.files import npz
from mnist_core.formatting import count, readable
from mnist_core.mnist import IMAGE_SHAPE

if TYPE_CHECKING:
    import h5py

Shape = tuple[int, ...]

# How Keras names the groups of an HDF5 file: the layer's class in small letters, with a number from the second one on.
GROUPS = {"conv": "conv2d", "norm": "batch_normalization", "dense": "dense"}


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


def read_hdf5(path: Path, layers: tuple[Layer, ...], what: str) -> list[np.ndarray]:
    """Reads `model.weights.h5` of a `.keras` file; what it holds beside the layers' arrays is not looked at.

    They are float32, in the order of Keras's `get_weights`. Raises InputError if one is missing, is a link, lies
    elsewhere, or is declared otherwise than the layers call for.
    """
    import h5py  # a fifth of a second, for those who read such files

    arrays: list[np.ndarray] = []
    seen: Counter[str] = Counter()
    with _explained(what), h5py.File(path, "r", locking=False) as file:
        groups = _child(file, "layers", h5py.Group, what)
        for layer, expected in zip(layers, shapes(layers), strict=True):
            if not expected:
                continue
            name = GROUPS[layer.kind]
            place = f"{name}_{seen[name]}" if seen[name] else name
            seen[name] += 1
            arrays += _read_group(groups, place, expected, what)
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
