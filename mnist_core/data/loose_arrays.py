"""Arrays that come one a file (.npy), and images as lists in JSON: named arrays, as an archive holds them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mnist_core.data import arrays
from mnist_core.data.greys import Part
from mnist_core.errors import InputError, check_disk
from mnist_core.files import folders, npz
from mnist_core.formatting import size
from mnist_core.language import gettext

ARRAY_SUFFIX, JSON_SUFFIX = ".npy", ".json"
MOST_FILES = 20
LARGEST_JSON = 100_000_000
LARGEST_VALUE = 8  # bytes
EXPECTED = '{"images": [[…], …], "labels": [3, …]}, or [{"label": 3, "pixels": […]}, …]'


def read_arrays(paths: Sequence[Path], most_bytes: int = npz.MOST_BYTES) -> dict[str, Part]:
    """Reads .npy files that belong together, as `arrays.parts_of` returns them."""
    if len(paths) > MOST_FILES:
        raise InputError(
            gettext(
                "There are {paths} arrays; at most {most_files} are read at once.",
                paths=len(paths),
                most_files=MOST_FILES,
            )
        )
    named = {path.stem: path for path in paths}
    shapes = {name: shape for name, path in named.items() if (shape := npz.shape_of_array(path)) is not None}
    title = paths[0].name if len(paths) == 1 else gettext("these {paths} arrays", paths=len(paths))
    if not shapes and len(paths) == 1:
        npz.read_array(paths[0], 0)  # says what is wrong with it
    most = LARGEST_VALUE * most_bytes
    return arrays.parts_of(shapes, lambda names: [npz.read_array(named[name], most) for name in names], title)


def with_labels(path: Path) -> list[Path]:
    """Returns a file of images, and with it the one of their labels where it lies beside it and is named so."""
    for name in arrays.label_names(path.stem):
        beside = path.with_name(f"{name}{path.suffix}")
        if beside.is_file():
            return [path, beside]
    return [path]


def read_json(path: Path) -> dict[str, Part]:
    """Reads images as lists of pixels in a JSON text; InputError where it is none, or holds none."""
    try:
        value = json.loads(folders.read_bytes(path, LARGEST_JSON))
    except (ValueError, RecursionError) as error:
        raise InputError(
            gettext("The file {path_name} is no JSON; expected {expected}.", path_name=path.name, expected=EXPECTED)
        ) from error
    except OSError as error:
        check_disk(path.name, error)
        raise InputError(
            gettext(
                "The file {path_name} cannot be read ({strerror}); expected at most {largest_json} of JSON.",
                path_name=path.name,
                strerror=error.strerror,
                largest_json=size(LARGEST_JSON),
            )
        ) from error
    named = {name: array for name, part in _columns(value).items() if (array := _array(part)) is not None}
    shapes = {name: array.shape for name, array in named.items()}
    return arrays.parts_of(shapes, lambda names: [named[name] for name in names], path.name)


def _columns(value: Any) -> dict[str, Any]:
    """The lists of a JSON value by their names: as they stand, or those of objects that stand in a list."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not value:
        return {}
    if all(isinstance(row, dict) for row in value):
        return {name: [row.get(name) for row in value] for name in list(value[0])[:MOST_FILES]}
    return {"images": value}


def _array(value: Any) -> np.ndarray | None:
    """Numbers in lists as float64; None where they are none."""
    try:
        array = np.array(value, np.float64) if isinstance(value, list) else np.empty(0)
    except (ValueError, TypeError, OverflowError):  # texts, objects, or lists of different lengths
        return None
    return array if array.size else None
