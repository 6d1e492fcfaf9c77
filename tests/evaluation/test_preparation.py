"""Squares of another size are prepared as drawings or taken as they stand, whichever a model reads better."""

from pathlib import Path

import numpy as np
import pytest

from mnist_core.data import sources, uploads
from mnist_core.data.corrections import parsed
from mnist_core.data.handed_digits import Digits
from mnist_core.evaluation import preparation
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.pipeline import scale_picture
from mnist_core.runs import run_folders

SIDE = 32


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(run_folders.find(run_folders.SHIPPED_MODEL).model_path)


@pytest.fixture
def squares(real_mnist: Path) -> dict[str, np.ndarray]:
    """Small digits in a corner, which want a box of 20, and enlarged ones with dots in two corners, which do not."""
    with np.load(real_mnist) as arrays:
        images, labels = arrays["x_test"][:80], arrays["y_test"][:80]
    corner = np.zeros((len(images), SIDE, SIDE), np.uint8)
    corner[:, :14, :14] = images[:, ::2, ::2]
    dotted = np.stack([scale_picture(image, SIDE) for image in images])
    dotted[:, :3, :3] = dotted[:, -3:, -3:] = 255
    return {"corner": corner, "dotted": dotted, "labels": labels}


@pytest.mark.parametrize(("kind", "how"), [("corner", "former"), ("dotted", "latter")])
def test_what_reads_better_is_taken_and_told(
    squares: dict[str, np.ndarray],
    kind: str,
    how: str,
    classifier: Classifier,
    tmp_path: Path,
    reads_here: None,
) -> None:
    path = tmp_path / "squares.npz"
    np.savez(path, images=squares[kind], labels=squares["labels"])
    data = sources.load(str(path))
    assert data.resized
    found = preparation.of_dataset(data, sources.load, lambda: classifier)
    assert found.name == str(path) + ("?as-is" if how == "latter" else "")
    assert sources.load_same(found.reference()).identity == found.identity
    assert f"as they stand: the {how} is taken" in found.source
    digits = preparation.of_digits(uploads.read_apart([path]), lambda: classifier)
    assert digits.standing is not None if how == "former" else digits.standing is None
    assert f"as they stand: the {how} is taken." in digits.note
    assert preparation.of_digits(digits, lambda: classifier).note == digits.note  # said once
    both = uploads.read_apart([path])
    assert both.standing
    unlabelled = Digits("", both.images, standing=Digits("", both.standing.images))
    assert f"the {how} is taken" in preparation.of_digits(unlabelled, lambda: classifier).note
    for chosen in (f"{path}?drawing", f"{path}?as-is"):
        data = sources.load(chosen)
        assert preparation.of_dataset(data, sources.load, lambda: classifier) is data
    standing = both.corrected(parsed("as-is,mirrored"))
    assert (standing.images == both.standing.images[:, :, ::-1]).all()
    assert preparation.of_digits(standing, lambda: classifier) is standing


def test_other_data_is_left_alone(classifier: Classifier, simple_npz: Path) -> None:
    data = sources.load(str(simple_npz))
    assert preparation.of_dataset(data, sources.load, lambda: classifier) is data
    digits = uploads.read([simple_npz])
    assert preparation.of_digits(digits, lambda: classifier) is digits
