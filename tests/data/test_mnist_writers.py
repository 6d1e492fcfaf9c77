"""Who wrote MNIST's digits is found where it may lie, and what is about other images is refused."""

from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import mnist_writers, sources
from mnist_core.data.dataset import Dataset
from mnist_core.data.mnist_writers import FILE, PUPILS, STAFF
from mnist_core.data.sources import MissingDataError
from mnist_core.errors import InputError


def who_wrote(path: Path, data: Dataset, more: int = 0) -> Path:
    """A file that says that every second ten of the images are by pupils, of `more` images than there are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    numbers = (len(data.train_labels), len(data.test_labels) + more)
    groups = [np.where(np.arange(number) // 10 % 2, PUPILS, STAFF).astype(np.uint8) for number in numbers]
    np.savez(path, train_group=groups[0], test_group=groups[1])
    return path


def test_it_is_found_in_the_home_in_its_data_and_beside_mnist(
    temporary_home: Path, simple_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mnist_writers.find() is None
    beside = who_wrote(tmp_path / "elsewhere" / FILE, simple_dataset)
    (beside.parent / "mnist.npz").touch()
    monkeypatch.setenv("MNIST_DATA", str(beside.parent / "mnist.npz"))
    assert mnist_writers.find() == beside
    for folder in (temporary_home / "data", temporary_home):
        path = who_wrote(folder / FILE, simple_dataset)
        assert mnist_writers.find() == path
    monkeypatch.setenv("MNIST_WRITERS", str(beside))
    assert mnist_writers.find() == beside
    monkeypatch.setenv("MNIST_WRITERS", str(tmp_path / "nowhere.npz"))
    with pytest.raises(InputError, match=r"^\$MNIST_WRITERS names .*nowhere.npz, which does not exist"):
        mnist_writers.find()


def test_it_is_read_for_as_many_images_as_there_are(temporary_home: Path, simple_dataset: Dataset) -> None:
    who_wrote(temporary_home / FILE, simple_dataset)
    found = mnist_writers.load(simple_dataset)
    assert found.train.tolist() == ([STAFF] * 10 + [PUPILS] * 10) * 30 and len(found.test) == 200


def test_what_is_missing_is_said_with_how_to_get_it(simple_dataset: Dataset) -> None:
    with pytest.raises(MissingDataError, match=r"make mnist_writers.npz from the label files of QMNIST"):
        mnist_writers.load(simple_dataset)


def test_what_is_about_other_images_is_refused(temporary_home: Path, simple_dataset: Dataset) -> None:
    who_wrote(temporary_home / FILE, simple_dataset, more=1)
    with pytest.raises(InputError, match=r"names the writers of 201 images; expected 200"):
        mnist_writers.load(simple_dataset)
    for group in (STAFF, 7):
        ones = {f"{part}_group": np.full(len(labels), group) for part, (_, labels) in simple_dataset.parts().items()}
        np.savez(temporary_home / FILE, **ones)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="does not know both groups of writers, staff and pupils"):
            mnist_writers.load(simple_dataset)
    (temporary_home / FILE).write_bytes(b"PK")
    with pytest.raises(InputError):
        mnist_writers.load(simple_dataset)


def test_the_real_file_has_both_groups(real_mnist: Path) -> None:
    if mnist_writers.find() is None:
        pytest.skip("needs mnist_writers.npz beside the real MNIST")
    found = mnist_writers.load(sources.load("mnist"))
    assert [int((found.test == group).sum()) for group in (STAFF, PUPILS)] == [4999, 5001]
    assert [int((found.train == group).sum()) for group in (STAFF, PUPILS)] == [30950, 29050]
