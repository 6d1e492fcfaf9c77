"""A file is called what it is, whatever its name says."""

import gzip
import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import sources, uploads
from mnist_core.errors import InputError
from mnist_core.files import kinds
from mnist_core.presentation.pictures import png
from tests.conftest import simple_images
from tests.support.writers import csv_text, idx_bytes, npy_bytes
from tests.support.zips import zip64

IMAGES, LABELS = simple_images(10, 0)
TABLE = csv_text(IMAGES, LABELS).encode()


def zipped(*names: str, content: bytes = b"x") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return written.getvalue()


ARCHIVE = zipped("x.npy", "y.npy", content=npy_bytes(IMAGES))
WEB = b"\n<!DOCTYPE html><html><title>Sign in</title></html>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2\nsize 12345\n"

# A name, a content, and what is said of it.
CALLED: dict[str, tuple[str, bytes, str]] = {
    "web page": ("mnist.npz", WEB, "is a web page, not a NumPy archive (.npz); download the file itself, on GitHub"),
    "web page as table": ("train.csv", WEB, "is a web page, not a table; download the file itself"),
    "web page without a name's end": (
        "t10k-images-idx3-ubyte",
        WEB,
        "is a web page, not a file that the lab reads; download",
    ),
    "LFS pointer": ("mnist.parquet", POINTER, "is a pointer of Git LFS, not a Parquet file; get the file itself, with"),
    "half an archive": ("mnist.npz", ARCHIVE[: len(ARCHIVE) // 2], "breaks off, as a download does that did not end;"),
    "half a gzip": ("a.csv.gz", gzip.compress(TABLE)[:-50], "breaks off, as a download does that did not end; get it"),
    "unfinished": ("mnist.npz.crdownload", ARCHIVE, "is a download that has not ended; wait until it has"),
    "empty": ("mnist.npz", b"", "is empty; expected a NumPy archive (.npz), get it again"),
    "pickle": ("mnist.pkl", pickle.dumps([1, 2]), "is a Python pickle, which can run code and is never read, not"),
    "pickle in gzip": ("mnist.pkl.gz", gzip.compress(pickle.dumps([1])), "is none that the lab reads"),
    "PyTorch": (
        "training.pt",
        zip64(zipped("training/data.pkl")),
        "is a file of PyTorch, which can run code and is never",
    ),
    "picture as table": ("digits.csv", png(IMAGES[0]), "is a PNG picture, not a table; give the file that is meant"),
    "table as picture": ("7.png", TABLE, "this file is not a PNG or JPEG picture"),
    "zip of pictures as archive": ("a.npz", zipped("3/a.png", content=png(IMAGES[3])), "lacks the array x_test; it"),
    "workbook": ("digits.xlsx", zipped("[Content_Types].xml", "xl/a.xml"), "is an Excel workbook, not"),
    "workbook as table": ("digits.csv", zipped("xl/a.xml"), "is an Excel workbook, not a table; save its table as CSV"),
    "old workbook": ("digits.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "older Excel or Word, not a file"),
    "PDF": ("digits.zip", b"%PDF-1.7 ...", "is a PDF document, not a zip file; save its pages as PNG"),
    "SQLite": ("digits.db", b"SQLite format 3\0" + bytes(50), "is an SQLite database, not a file that the lab reads"),
    "RAR": (
        "digits.rar",
        b"Rar!\x1a\x07\x01\0",
        "is a RAR archive, not a file that the lab reads; unpack it, and pack it as a zip",
    ),
    "7z": ("digits.7z", b"7z\xbc\xaf\x27\x1c\0\4", "is a 7z archive, not a file that the lab reads; unpack it"),
    "tar": (
        "mnist.tar",
        bytes(257) + b"ustar\x0000" + bytes(300),
        "is a tar archive, not a file that the lab reads; unpack it",
    ),
    "TFRecord": (
        "mnist-train.tfrecord-00000-of-00001",
        b"\x9b\1" + bytes(40),
        "is a TFRecord, not a file that the lab reads; save",
    ),
    "Keras model": (
        "best.keras",
        zipped("config.json", "model.weights.h5"),
        "is a Keras model, not a file that the lab reads; the",
    ),
    "MATLAB as HDF5": ("a.h5", b"MATLAB 5.0 MAT-file" + bytes(200), "is a MATLAB file, not an HDF5 file; give the"),
}


@pytest.mark.parametrize("name", CALLED)
def test_a_file_is_called_what_it_is(name: str, tmp_path: Path) -> None:
    called, content, said = CALLED[name]
    path = tmp_path / called
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        uploads.read([path])
    assert said in str(refused.value) and str(refused.value).endswith(".")
    if name not in ("zip of pictures as archive", "table as picture"):  # there another array is missed first
        with pytest.raises(InputError) as refused:
            sources.load(str(path))
        assert said in str(refused.value)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (TABLE, kinds.TEXT),
        (TABLE.decode().encode("utf-16"), kinds.TEXT),
        ("BM,1\nä,2\n".encode(), kinds.TEXT),
        (b"label;\xe4\n1;2\n", None),
        (b"% made by Weka\n@RELATION digits\n", kinds.ARFF),
        (b'{"images": []}', kinds.JSON),
        (idx_bytes(IMAGES), kinds.IDX),
        (npy_bytes(IMAGES), kinds.NPY),
        (np.random.default_rng(0).integers(128, 255, 100, np.uint8).tobytes(), None),
    ],
)
def test_what_is_read_is_told_too(content: bytes, kind: kinds.Kind | None) -> None:
    assert kinds.of_start(content[: kinds.LOOKED_AT]) is kind
