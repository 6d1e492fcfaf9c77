"""Every form in which people keep digits gives the same images and labels, to judge by and to learn from."""

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from scipy import io as scipy_io

from mnist_core.data import readers, sources, uploads
from mnist_core.data.dataset import LABELS_IN_NAMES
from mnist_core.errors import InputError
from mnist_core.preprocessing.ink import tight_box
from mnist_core.presentation.pictures import png
from tests.conftest import simple_images, simple_strokes
from tests.support.writers import csv_text, idx_bytes, npy_bytes


def in_the_middle(image: np.ndarray) -> np.ndarray:
    """A digit in 20×20, without the margins that MNIST adds."""
    box = tight_box(image)
    top, left = ((20 - side) // 2 for side in box.shape)
    small = np.zeros((20, 20), np.uint8)
    small[top : top + box.shape[0], left : left + box.shape[1]] = box
    return small


# The first twenty to learn from, the others to judge by.
IMAGES, LABELS = simple_images(34, 5)
FLAT = IMAGES.reshape(len(IMAGES), -1)
TRAIN, TEST = slice(0, 20), slice(20, None)
UPRIGHT = np.ascontiguousarray(IMAGES.transpose(0, 2, 1))  # columns for rows
SMALL = np.stack([in_the_middle(image) for image in IMAGES])

Files = dict[str, bytes]


def saved(write: Callable[[io.BytesIO], object]) -> bytes:
    content = io.BytesIO()
    write(content)
    return content.getvalue()


def mat(**arrays: object) -> bytes:
    return saved(lambda file: scipy_io.savemat(file, arrays, do_compression=True))


def hdf5(**arrays: np.ndarray) -> bytes:
    def write(content: io.BytesIO) -> None:
        with h5py.File(content, "w") as file:
            for name, array in arrays.items():
                file.create_dataset(name.replace("__", "/"), data=array, compression="gzip")

    return saved(write)


def table(columns: Mapping[str, object]) -> bytes:
    return saved(lambda file: parquet.write_table(pa.table(dict(columns)), file))


def hugging_face(chosen: slice) -> bytes:
    pictures = [{"bytes": png(image), "path": f"{place}.png"} for place, image in enumerate(IMAGES[chosen])]
    return table({"image": pictures, "label": LABELS[chosen]})


def arff(pixels: np.ndarray, labels: np.ndarray) -> bytes:
    names = "\n".join(f"@ATTRIBUTE pixel{place} real" for place in range(1, pixels.shape[1] + 1))
    rows = "\n".join(
        ",".join([*map(str, row), f"'{label}'"]) for row, label in zip(pixels.tolist(), labels, strict=True)
    )
    nominal = "@attribute class {0,1,2,3,4,5,6,7,8,9}"
    return f"% OpenML\n@RELATION mnist_784\n\n{names}\n{nominal}\n\n@DATA\n{rows}\n".encode()


def pair(prefix: str, chosen: slice, images: np.ndarray = IMAGES, packed: bool = False) -> dict[str, bytes]:
    files = {
        f"{prefix}-images-idx3-ubyte": idx_bytes(images[chosen]),
        f"{prefix}-labels-idx1-ubyte": idx_bytes(LABELS[chosen]),
    }
    return {f"{name}.gz": gzip.compress(one, 1) for name, one in files.items()} if packed else files


def four(train: str, test: str, images: np.ndarray = IMAGES, packed: bool = False) -> dict[str, bytes]:
    return pair(train, TRAIN, images, packed) | pair(test, TEST, images, packed)


def qmnist() -> Files:
    def labels(chosen: slice) -> bytes:
        rows = np.hstack([LABELS[chosen, np.newaxis], np.full((len(LABELS[chosen]), 7), 1234)])
        return b"\0\0\x0c\2" + struct.pack(">2I", *rows.shape) + rows.astype(">i4").tobytes()

    return {
        "qmnist-train-images-idx3-ubyte": idx_bytes(IMAGES[TRAIN]),
        "qmnist-train-labels-idx2-int": labels(TRAIN),
        "qmnist-test-images-idx3-ubyte.gz": gzip.compress(idx_bytes(IMAGES[TEST])),
        "qmnist-test-labels-idx2-int.gz": gzip.compress(labels(TEST)),
    }


def pictures(name: str, chosen: slice = slice(None)) -> dict[str, bytes]:
    places = range(len(IMAGES))[chosen]
    return {name.format(label=LABELS[place], place=f"{place:04}"): png(IMAGES[place]) for place in places}


def names_and_labels(head: str, form: str, chosen: slice = slice(None)) -> bytes:
    places = range(len(IMAGES))[chosen]
    return "\n".join([head, *(form.format(label=LABELS[place], place=f"{place:04}") for place in places)]).encode()


def folder_of(files: Files, top: str = "") -> Files:
    return {f"{top}{name}": content for name, content in files.items()}


NPY = {"x_train": IMAGES[TRAIN], "y_train": LABELS[TRAIN], "x_test": IMAGES[TEST], "y_test": LABELS[TEST]}

# Files that hold all digits, with nothing that tells those to judge by.
WHOLE: dict[str, Callable[[], Files]] = {
    "ARFF": lambda: {"mnist_784.arff": arff(FLAT, LABELS)},
    "CSV of a German Excel": lambda: {
        "a.csv": ("sep=;\r\n" + csv_text(IMAGES, LABELS).replace(",", ";") + ";" * 784 + "\n").encode("utf-16")
    },
    "Parquet of Hugging Face": lambda: {"a.parquet": hugging_face(slice(None))},
    "Parquet of columns": lambda: {
        "a.parquet": table({f"pixel{n}": column for n, column in enumerate(FLAT.T)} | {"class": LABELS.astype(str)})
    },
    "Parquet of lists": lambda: {"a.parquet": table({"label": LABELS, "pixels": (FLAT / 255).tolist()})},
    "Parquet of nested lists": lambda: {"a.parquet": table({"image": IMAGES.tolist(), "digit": LABELS})},
    "Parquet of bytes": lambda: {"a.parquet": table({"png": [png(image) for image in IMAGES], "y": LABELS})},
    "mat": lambda: {"a.mat": mat(X=FLAT, y=LABELS[:, np.newaxis])},
    "mnist-original": lambda: {"a.mat": mat(data=FLAT.T, label=LABELS[np.newaxis].astype(float))},
    "mat of 28×28×N": lambda: {"a.mat": mat(images=np.moveaxis(IMAGES, 0, -1), labels=LABELS)},
    "mat of columns": lambda: {"a.mat": mat(X=UPRIGHT.reshape(34, -1) / 255, y=np.where(LABELS == 0, 10, LABELS))},
    "mat of Coursera": lambda: {
        "a.mat": mat(
            X=SMALL.transpose(0, 2, 1).reshape(34, -1) / 255 * 1.1 - 0.05,
            y=np.where(LABELS == 0, 10, LABELS)[:, np.newaxis],
        )
    },
    "mat 7.3": lambda: {"a.mat": hdf5(X=UPRIGHT.reshape(34, -1).T, y=LABELS[np.newaxis])},
    "HDF5": lambda: {"a.h5": hdf5(data=FLAT / 255, target=LABELS)},
    "npy pair": lambda: {"X.npy": npy_bytes(FLAT), "y.npy": npy_bytes(LABELS)},
    "JSON of columns": lambda: {"a.json": json.dumps({"images": FLAT.tolist(), "labels": LABELS.tolist()}).encode()},
    "JSON of rows": lambda: {
        "a.json": json.dumps(
            [{"label": int(label), "image": image.tolist()} for label, image in zip(LABELS, IMAGES, strict=True)]
        ).encode()
    },
    "pictures in folders": lambda: pictures("digits/class_{label}/{place}.png"),
    "pictures with a table": lambda: (
        pictures("all/img_{place}.png") | {"labels.csv": names_and_labels("filename,label", "img_{place}.png,{label}")}
    ),
    "pictures with a table of paths": lambda: (
        pictures("all/img_{place}.png")
        | {"a.tsv": names_and_labels("n\tdigit\tid", "7\t{label}\tall\\img_{place}.png")}
    ),
    "pictures with a table without endings": lambda: (
        pictures("{place}.png") | {"truth.txt": names_and_labels("", "{place} {label}"), "readme.md": b"hello"}
    ),
    "pair below folders": lambda: folder_of(pair("t10k", slice(None)), "MNIST/raw/"),
}
# Files whose names or contents tell those to judge by.
PARTED: dict[str, Callable[[], Files]] = {
    "torchvision": lambda: (
        folder_of(four("train", "t10k") | four("train", "t10k", packed=True), "data/MNIST/raw/")
        | folder_of(four("train", "t10k", 255 - IMAGES), "data/FashionMNIST/raw/")
    ),
    "EMNIST": lambda: (
        folder_of(four("emnist-digits-train", "emnist-digits-test", UPRIGHT, packed=True), "gzip/")
        | {"gzip/emnist-letters-train-images-idx3-ubyte.gz": b"not looked at"}
    ),
    "QMNIST": qmnist,
    "Hugging Face's folder": lambda: {
        "mnist/train-00000-of-00002.parquet": hugging_face(slice(0, 10)),
        "mnist/train-00001-of-00002.parquet": hugging_face(slice(10, 20)),
        "mnist/test-00000-of-00001.parquet": hugging_face(TEST),
        "README.md": b"# MNIST",
    },
    "two tables": lambda: {
        "mnist_train.csv": csv_text(IMAGES[TRAIN], LABELS[TRAIN]).encode(),
        "mnist_test.csv": csv_text(IMAGES[TEST], LABELS[TEST]).encode(),
        "readme.txt": b"hello",
    },
    "four arrays": lambda: {f"{name}.npy": npy_bytes(array) for name, array in NPY.items()},
    "mat": lambda: {"a.mat": mat(trainX=FLAT[TRAIN], trainY=LABELS[TRAIN], testX=FLAT[TEST], testY=LABELS[TEST])},
    "EMNIST's mat": lambda: {
        "emnist-digits.mat": mat(
            dataset={
                "train": {"images": UPRIGHT[TRAIN].reshape(20, -1), "labels": LABELS[TRAIN], "writers": LABELS[TRAIN]},
                "test": {"images": UPRIGHT[TEST].reshape(14, -1), "labels": LABELS[TEST, np.newaxis]},
                "mapping": np.stack([np.arange(10)] * 2, axis=1),
            }
        )
    },
    "HDF5 of groups": lambda: {
        "usps.h5": hdf5(
            train__data=FLAT[TRAIN], train__target=LABELS[TRAIN], test__data=FLAT[TEST], test__target=LABELS[TEST]
        )
    },
    "pictures": lambda: pictures("train/{label}/{place}.png", TRAIN) | pictures("test/{label}/{place}.png", TEST),
    "pictures with two tables": lambda: (
        pictures("train/{place}.png", TRAIN)
        | pictures("val/{place}.png", TEST)
        | {
            "train_labels.csv": names_and_labels("Id,Category", "{place},{label}", TRAIN),
            "val_labels.csv": names_and_labels("Id,Category", "{place},{label}", TEST),
        }
    ),
}


def written(files: Files, folder: Path, packed: bool) -> Path:
    """Writes files into a folder or a zip; a file alone lies there by itself."""
    if packed:
        with zipfile.ZipFile(folder / "all.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return folder / "all.zip"
    for name, content in files.items():
        path = folder / "all" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "all" / next(iter(files)) if len(files) == 1 else folder / "all"


def assert_same(images: np.ndarray, labels: np.ndarray | None, expected: slice | np.ndarray, form: str) -> None:
    """They may come in another order, as those of folders do."""
    assert labels is not None and len(images) == len(labels) == len(LABELS[expected])
    difference = np.abs(images[:, np.newaxis].astype(int) - IMAGES[expected][np.newaxis]).mean(axis=(2, 3))
    most = 14 if form == "mat of Coursera" else 0.6  # one of those lies a pixel away
    assert difference.min(axis=0).max() < most and difference.min(axis=1).max() < most
    np.testing.assert_array_equal(labels, LABELS[expected][difference.argmin(axis=1)])
    np.testing.assert_array_equal(np.bincount(labels, minlength=10), np.bincount(LABELS[expected], minlength=10))


@pytest.mark.parametrize("form", WHOLE)
@pytest.mark.parametrize("packed", [False, True], ids=["", "in a zip"])
def test_each_form_gives_the_same_digits(form: str, packed: bool, tmp_path: Path) -> None:
    path = written(WHOLE[form](), tmp_path, packed)
    digits = uploads.read([path])
    assert_same(digits.images, digits.labels, slice(None), form)
    dataset = sources.load(str(path))
    assert (len(dataset.train_images), len(dataset.test_images)) == (29, 5)
    images = np.concatenate([dataset.train_images, dataset.test_images])
    assert_same(images, np.concatenate([dataset.train_labels, dataset.test_labels]), slice(None), form)
    assert "a seventh of it is set aside" in dataset.source


@pytest.mark.parametrize("form", PARTED)
@pytest.mark.parametrize("packed", [False, True], ids=["", "in a zip"])
def test_the_part_to_judge_by_is_found(form: str, packed: bool, tmp_path: Path) -> None:
    path = written(PARTED[form](), tmp_path, packed)
    digits = uploads.read([path])
    assert_same(digits.images, digits.labels, TEST, form)
    dataset = sources.load(str(path))
    assert_same(dataset.train_images, dataset.train_labels, TRAIN, form)
    assert_same(dataset.test_images, dataset.test_labels, TEST, form)


def test_what_was_done_is_said(tmp_path: Path) -> None:
    path = written(PARTED["EMNIST"](), tmp_path, packed=True)
    assert uploads.read([path]).note == (
        "Its images lie on their side, columns for rows, and are turned. "
        "Its images leave the margins that MNIST leaves, and are taken as they stand. "
        "Of the sets in there, emnist-digits is read, not emnist-letters."
    )
    wide = np.stack([np.kron(image[4:24, 4:24], np.ones((2, 2), np.uint8))[6:34, 6:34] for image in IMAGES])
    (tmp_path / "a.npy").write_bytes(npy_bytes(wide))
    assert "Its images fill other margins than MNIST's, and are prepared" in uploads.read([tmp_path / "a.npy"]).note
    pictures_there = written(WHOLE["pictures in folders"](), tmp_path, packed=False)
    assert uploads.read([pictures_there]).note == (
        "Its pictures have MNIST's size and margins, and are taken as they stand."
    )


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("{label}_{place}.png", True),
        ("img_{place}_label{label}.png", True),
        ("more/{place}-{label}.JPG", True),
        ("img_{place}.png", False),
        ("{place}.png", False),
    ],
)
def test_labels_in_names_count_only_for_who_says_so(name: str, holds: bool, tmp_path: Path) -> None:
    path = written(pictures(name), tmp_path, packed=True)
    digits = uploads.read([path])
    assert digits.labels is None and bool(digits.name_example) == holds
    if holds:
        named = digits.labelled_by_names()
        assert_same(named.images, named.labels, slice(None), name)
        with pytest.raises(InputError, match=r"has no labels.* with --labels-in-names"):
            sources.load(str(path))
        assert len(sources.load(f"{path}{LABELS_IN_NAMES}").test_images) == 5
    else:
        assert digits.labelled_by_names() is digits


@pytest.mark.parametrize("images", [FLAT.tolist(), [png(image) for image in IMAGES]], ids=["pixels", "pictures"])
def test_whole_numbers_are_labels_only_where_they_are_digits(images: list[object], tmp_path: Path) -> None:
    others = {"image": images, "id": np.arange(34), "split": np.arange(34) % 2}
    (tmp_path / "a.parquet").write_bytes(table(others))
    assert uploads.read([tmp_path / "a.parquet"]).labels is None
    (tmp_path / "b.parquet").write_bytes(table(others | {"what": LABELS}))
    digits = uploads.read([tmp_path / "b.parquet"])
    assert_same(digits.images, digits.labels, slice(None), "Parquet")
    assert digits.note.endswith("The numbers 'what' are taken for the labels.")


@pytest.mark.parametrize("packed", [False, True], ids=["", "in a zip"])
def test_pictures_that_no_table_names_have_no_labels(packed: bool, tmp_path: Path) -> None:
    files = pictures("Images/{place}.png", TRAIN) | pictures("Images/test/{place}.png", TEST)
    files["train.csv"] = names_and_labels("split,filename,category", "1,{place}.png,{label}", TRAIN)
    dataset = sources.load(str(written(files, tmp_path, packed)))
    assert (len(dataset.train_images), len(dataset.test_images), len(dataset.unlabelled_images)) == (17, 3, 14)
    images = np.concatenate([dataset.train_images, dataset.test_images])
    assert_same(images, np.concatenate([dataset.train_labels, dataset.test_labels]), TRAIN, "pictures")


def test_pictures_may_be_handed_over_with_their_table(tmp_path: Path) -> None:
    files = pictures("{place}.png") | {"labels.csv": names_and_labels("file,digit", "{place}.png,{label}")}
    folder = written(files, tmp_path, packed=False)
    digits = uploads.read([folder / name for name in files])
    assert (digits.title, digits.left_out) == ("34 pictures", ())
    assert_same(digits.images, digits.labels, slice(None), "pictures")
    (folder / "labels.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="These 35 files do not belong together"):
        uploads.read([folder / name for name in files])


def test_strokes_are_painted_to_be_judged_by(tmp_path: Path) -> None:
    rows = [{"label": digit, "strokes": [stroke.tolist() for stroke in simple_strokes(digit)]} for digit in range(8)]
    (tmp_path / "drawn.jsonl").write_text("\n".join(map(json.dumps, rows)))
    digits = uploads.read([tmp_path / "drawn.jsonl"])
    assert digits.labels is not None
    np.testing.assert_array_equal(digits.labels, np.arange(8))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.arff": arff(FLAT, LABELS).partition(b"@DATA")[0]}, "has no line @data below its columns (pixel1, pixel2"),
        ({"a.arff": b"@relation a\n@attribute b real\n@data\n{0 1}\n"}, "is a sparse ARFF table, which is not read"),
        ({"a.arff": b"@relation a\n" + b"@attribute b real\n" * 5000 + b"@data\n"}, "has more than 4,108 columns"),
        ({"a.mat": mat(X=FLAT[:, :50], y=LABELS)}, "has no array of images; it has X 34×50, y 1×34"),
        ({"a.mat": mat(names=np.array([["a", "b"]], object))}, "has no array of images; it has none"),
        ({"a.mat": mat(X=FLAT, y=LABELS)[:-300]}, "is no sound MATLAB or HDF5 file ("),
        ({"a.h5": hdf5(X=FLAT)[:3000]}, "is no sound MATLAB or HDF5 file ("),
        ({"a.parquet": hugging_face(TEST)[:-8]}, "is no sound Parquet file ("),
        ({"a.parquet": table({"text": ["a", "b"]})}, "have 1 values, which are no square image"),
        ({"a.npy": npy_bytes(np.array([{}], object))}, "holds Python objects, which are never read"),
        ({"a.json": b'{"images": [[1, 2], [3]]}'}, "has no array of images; it has none"),
        ({"a.json": b'{"images": '}, "is no JSON; expected {"),
        ({"a.csv": csv_text(IMAGES, LABELS).encode(), "b.csv": csv_text(IMAGES, LABELS).encode()}, "holds 2 files of"),
        ({"a.zip": b"zip in zip", "b.txt.bak": b"x"}, "holds no digits that the lab reads (it holds a.zip, b.txt.bak)"),
        (dict(list(pictures("{place}.png").items())[:1]), "has no labels"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(files: Files, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        sources.load(str(written(files, tmp_path, packed=False)))
    assert said in str(refused.value) and str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_each_form_has_an_end_of_its_own() -> None:
    endings = [ending for form in readers.FORMS for ending in form.endings]
    assert len(endings) == len(set(endings))
    assert set(readers.BY_KIND.values()) <= set(endings)
