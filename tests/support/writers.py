"""Writes digits in the files that they come in, by hand, so that the readers are not tested against themselves."""

import gzip
import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mnist_core.data.dataset import Dataset

PIXEL_COLUMNS = [f"pixel{number}" for number in range(784)]
CSV_HEADER = ",".join(["label", *PIXEL_COLUMNS])
IDX_NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx_bytes(array: np.ndarray) -> bytes:
    """Returns an array as an IDX file of unsigned bytes."""
    header = b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def idx_files(dataset: Dataset) -> dict[str, bytes]:
    """Returns a dataset as the four files of MNIST, gzipped, by name."""
    arrays = (dataset.train_images, dataset.train_labels, dataset.test_images, dataset.test_labels)
    return {
        f"{name}.gz": gzip.compress(idx_bytes(array), 1, mtime=0) for name, array in zip(IDX_NAMES, arrays, strict=True)
    }


def csv_text(images: np.ndarray, labels: np.ndarray | None) -> str:
    """Returns images as Kaggle's CSV has them, with or without labels."""
    rows = images.reshape(len(images), -1)
    header = ",".join(PIXEL_COLUMNS)
    if labels is not None:
        rows = np.column_stack([labels, rows])
        header = CSV_HEADER
    return "\n".join([header, *(",".join(map(str, row)) for row in rows.tolist())]) + "\n"


def npy_bytes(array: np.ndarray) -> bytes:
    """Returns an array as an .npy file; objects are pickled."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


def npy_header(description: object, shape: tuple[int, ...]) -> bytes:
    """Returns the start of an .npy file that declares what it likes."""
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(content, {"descr": description, "fortran_order": False, "shape": shape})
    return content.getvalue()


def write_npz(path: Path, members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    """Writes an archive of .npy files."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path
