"""`data` says where images come from, and fetches them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_core.cli import main
from mnist_core.data import dataset, download, sources
from mnist_core.data.dataset import Dataset
from mnist_core.errors import LabError
from tests.conftest import simple_images
from tests.support.commands import Captured, refusal, run
from tests.support.writers import idx_bytes


def test_data_says_where_each_would_come_from(
    capsys: Captured, simple_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = json.loads(run(capsys, "data", "--json"))
    assert places["mnist"].startswith("not here; ")
    assert places["digits-8x8"] == "bundled with scikit-learn, needs no network"
    monkeypatch.setenv("MNIST_DATA", str(simple_npz))
    assert json.loads(run(capsys, "data", "--json"))["mnist"] == str(simple_npz)
    assert [line.split()[0] for line in run(capsys, "data").splitlines()] == [*sources.BUILT_IN, "PATH"]


def test_data_describes_a_file(capsys: Captured, simple_npz: Path, simple_dataset: Dataset) -> None:
    described = json.loads(run(capsys, "data", simple_npz, "--json"))
    assert described["identity"] == simple_dataset.identity
    assert described["train"] == {"images": 600, "digits": [60] * 10}
    assert described["test"] == {"images": 200, "digits": [20] * 10}
    text = run(capsys, "data", simple_npz)
    assert simple_dataset.identity in text
    assert "test: 200 images, of each digit 20, 20," in text


def test_data_shows_the_first_images_and_what_would_put_them_right(
    capsys: Captured, tmp_path: Path, real_mnist: Path
) -> None:
    with np.load(real_mnist) as mnist:
        images, labels = mnist["x_test"][:100], mnist["y_test"][:100]
    np.savez(tmp_path / "turned.npz", images=images.transpose(0, 2, 1), labels=labels)
    text = run(capsys, "data", tmp_path / "turned.npz", "--png", tmp_path / "first.png")
    assert "These are the first 20 images, with their labels: right?\n" in text
    assert text.rstrip().endswith("'--correct transposed' makes them so.")
    with Image.open(tmp_path / "first.png") as picture:
        assert picture.width > 5 * 3 * 28
    put_right = run(capsys, "data", tmp_path / "turned.npz", "--correct", "transposed")
    assert put_right.rstrip().endswith("of the labels (of 86 images).")
    assert refusal(capsys, 2, "data", tmp_path / "turned.npz", "--correct", "turned").startswith("Data cannot be corr")


def test_data_shows_digits_that_only_judge(capsys: Captured, tmp_path: Path) -> None:
    images, _ = simple_images(30, 3)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(images))
    described = json.loads(run(capsys, "data", tmp_path / "t10k-images-idx3-ubyte", "--correct", "mirrored", "--json"))
    assert (described["images"], described["digits"]) == (30, None)
    assert described["title"] == "t10k-images-idx3-ubyte, mirrored left to right"


def test_data_fetches_mnist_where_it_is_missing(
    capsys: Captured, simple_dataset: Dataset, simple_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(progress: download.Progress) -> Path:
        for done in (1000, 2000, 500):  # a second file starts again
            progress(done, 2000)
        target = sources.mnist_path()
        target.parent.mkdir(parents=True)
        return simple_npz.rename(target)

    monkeypatch.setattr(download, "download_mnist", fetch)
    for module in (dataset, sources):
        monkeypatch.setattr(module, "MNIST_IDENTITY", simple_dataset.identity)
    assert json.loads(run(capsys, "data", "mnist", "--json"))["title"] == "MNIST"


def test_a_download_that_fails_is_a_failure(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(progress: download.Progress) -> Path:
        raise LabError("MNIST could not be downloaded (no connection). Try again.")

    monkeypatch.setattr(download, "download_mnist", fail)
    assert main(["data", "mnist"]) == 1
    assert (
        capsys.readouterr().err.splitlines()[-1].endswith("MNIST could not be downloaded (no connection). Try again.")
    )
