"""Results that take seconds and follow from a model and images alone, kept in `<home>/cache` for later starts.

The folder may be deleted at any time: what is missing or damaged there is computed again.
"""

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mnist_core import environment
from mnist_core.files import atomic, folders


def digest(model: Path, *arrays: np.ndarray) -> str:
    """A SHA-256 that only the same model file with the same arrays has; MNIST's test set takes some 10 ms."""
    found = hashlib.sha256(folders.read_bytes(model))
    for array in arrays:
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def place(folder: str, name: str) -> Path:
    """Where a result is kept: `<home>/cache/<folder>/<name>`."""
    return environment.home() / "cache" / folder / name


def keep(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` fill a file that is then kept at `path`; a disk that is full or read-only only costs time later."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_with(path, write)
