"""Who wrote MNIST's digits is found where it may lie, and what is about other images is refused."""

from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import mnist_writers, sources
from mnist_core.data.dataset import Dataset
from mnist_core.data.mnist_writers import FILE, NAMED, PUPILS, STAFF
from mnist_core.errors import InputError


def who_wrote(path: Path, data: Dataset, more: int = 0) -> Path:
    """A file that says that every second ten of the images are by pupils, of `more` images than there are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    numbers = (len(data.train_labels), len(data.test_labels) + more)
    groups = [np.where(np.arange(number) // 10 % 2, PUPILS, STAFF).astype(np.uint8) for number in numbers]
    np.savez(path, train_group=groups[0], test_group=groups[1])
    return path


@pytest.fixture
def other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the lab is told to read instead of its own file."""
    path = tmp_path / FILE
    monkeypatch.setenv(NAMED, str(path))
    return path


def test_another_file_can_be_named(tmp_path: Path, other_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_file.touch()
    assert mnist_writers.find() == other_file
    monkeypatch.setenv("MNIST_WRITERS", str(tmp_path / "nowhere.npz"))
    with pytest.raises(InputError, match=r"^\$MNIST_WRITERS names .*nowhere.npz, which does not exist"):
        mnist_writers.find()


def test_it_is_read_for_as_many_images_as_there_are(other_file: Path, simple_dataset: Dataset) -> None:
    who_wrote(other_file, simple_dataset)
    found = mnist_writers.load(simple_dataset)
    assert found.train.tolist() == ([STAFF] * 10 + [PUPILS] * 10) * 30 and len(found.test) == 200


def test_what_is_about_other_images_is_refused(other_file: Path, simple_dataset: Dataset) -> None:
    who_wrote(other_file, simple_dataset, more=1)
    with pytest.raises(InputError, match=r"names the writers of 201 images; expected 200"):
        mnist_writers.load(simple_dataset)
    for group in (STAFF, 7):
        ones = {f"{part}_group": np.full(len(labels), group) for part, (_, labels) in simple_dataset.parts().items()}
        np.savez(other_file, **ones)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="does not know both groups of writers, staff and pupils"):
            mnist_writers.load(simple_dataset)
    other_file.write_bytes(b"PK")
    with pytest.raises(InputError):
        mnist_writers.load(simple_dataset)


def test_the_labs_own_file_has_both_groups(real_mnist: Path) -> None:
    found = mnist_writers.load(sources.load("mnist"))
    assert [int((found.test == group).sum()) for group in (STAFF, PUPILS)] == [4999, 5001]
    assert [int((found.train == group).sum()) for group in (STAFF, PUPILS)] == [30950, 29050]
