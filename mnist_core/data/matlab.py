"""MATLAB's files of arrays: .mat up to version 7 by SciPy, and 7.3, which is HDF5, as other HDF5 files.

Only arrays of numbers are read, by their names, also inside structures; cells, functions and links are not looked at.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.data import arrays
from mnist_core.data.damage import explained
from mnist_core.data.greys import Part
from mnist_core.errors import InputError
from mnist_core.files import kinds, npz
from mnist_core.formatting import count, readable
from mnist_core.language import gettext

if TYPE_CHECKING:
    import h5py

SUFFIX = ".mat"
HDF5_SUFFIXES = (".h5", ".hdf5", ".hdf")
MOST_ARRAYS, DEEPEST = 1000, 5
# MATLAB's classes of numbers, as `scipy.io.whosmat` names them.
NUMBERS = frozenset(
    ("double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "logical")
)
# HDF5's own deflate, shuffle and checksum, and h5py's LZF; any other filter would be loaded from elsewhere.
FILTERS = frozenset((1, 2, 3, 32000))


def read(path: Path, most_bytes: int = npz.MOST_BYTES) -> dict[str, Part]:
    """Reads the images of a MATLAB or HDF5 file, as `arrays.parts_of` returns them; `most_bytes` are those of an array.

    Raises InputError if the file is damaged, or has no images.
    """
    if kinds.of(path) is kinds.HDF5:
        return _read_hdf5(path, most_bytes)
    with _explained(path):
        from scipy import io  # takes a moment to load

        declared = io.whosmat(path)
        shapes = {name: shape for name, shape, kind in declared if kind in NUMBERS}
        structures = [name for name, _, kind in declared if kind == "struct"]
        inside = {} if shapes or not structures else io.loadmat(path, variable_names=structures, simplify_cells=True)
    if inside:
        return _read_structures(inside, path)

    def handed(names: Sequence[str]) -> list[np.ndarray]:
        _check_size({name: shapes[name] for name in names}, path, most_bytes)
        with _explained(path):
            found = io.loadmat(path, variable_names=list(names))
            return [_numbers(found[name], path) for name in names]

    return arrays.parts_of(shapes, handed, path.name, turned="if wider")


def _read_structures(values: dict[str, Any], path: Path) -> dict[str, Part]:
    """Reads arrays inside structures, as EMNIST's `dataset.train.images`."""
    found: dict[str, np.ndarray] = {}

    def look(value: object, name: str, depth: int) -> None:
        if isinstance(value, dict) and depth < DEEPEST:
            for inside, part in value.items():
                look(part, f"{name}.{inside}" if name else str(inside), depth + 1)
        elif isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and len(found) < MOST_ARRAYS:
            found[name] = value

    look(values, "", 0)
    shapes = {name: array.shape for name, array in found.items()}
    return arrays.parts_of(shapes, lambda names: [found[name] for name in names], path.name, turned="if wider")


def _numbers(value: object, path: Path) -> np.ndarray:
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        raise InputError(
            gettext(
                "The file {path_name} does not hold numbers where it declares them; save it again.", path_name=path.name
            )
        )
    return value


def _check_size(shapes: arrays.Shapes, path: Path, most_bytes: int) -> None:
    for name, shape in shapes.items():
        number = int(np.prod([max(size, 0) for size in shape], dtype=object))
        if number > most_bytes:
            raise InputError(
                gettext(
                    "The array {name} in {path_name} declares {number} values; at most {most_bytes} are read.",
                    name=readable(name, 40),
                    path_name=path.name,
                    number=count(number),
                    most_bytes=count(most_bytes),
                )
            )


def _explained(path: Path) -> contextlib.AbstractContextManager[None]:
    return explained(path, gettext("MATLAB or HDF5 file"), gettext("save or get it again"))


# --- HDF5 ------------------------------------------------------------------------------------------------------------


def _read_hdf5(path: Path, most_bytes: int) -> dict[str, Part]:
    with contextlib.ExitStack() as stack:
        with _explained(path):
            import h5py  # a fifth of a second, for those who read such files

            file = stack.enter_context(h5py.File(path, "r", locking=False))
            found = _datasets(file)
            shapes = {name: dataset.shape for name, dataset in found.items()}

        def handed(names: Sequence[str]) -> list[np.ndarray]:
            _check_size({name: shapes[name] for name in names}, path, most_bytes)
            with _explained(path):
                return [found[name][()] for name in names]

        # MATLAB stores the last axis first.
        is_matlabs = path.suffix.lower() == SUFFIX
        return arrays.parts_of(shapes, handed, path.name, turned="if wider" if is_matlabs else "never")


def _datasets(file: "h5py.File") -> dict[str, "h5py.Dataset"]:
    """The arrays of numbers that lie in the file itself, by their paths; links are not followed."""
    import h5py

    found: dict[str, h5py.Dataset] = {}

    def look(name: str, value: object) -> bool | None:
        if len(found) >= MOST_ARRAYS:
            return True
        if isinstance(value, h5py.Dataset) and value.shape and value.dtype.kind in "biuf":
            properties = value.id.get_create_plist()
            filters = {properties.get_filter(place)[0] for place in range(properties.get_nfilters())}
            if not value.is_virtual and not properties.get_external_count() and filters <= FILTERS:
                found[name] = value
        return None

    file.visititems(look)
    return found
