import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mnist_core.environment import PRETRAINED
from mnist_core.errors import LabError
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.classifier import Classifier
from mnist_core.runs.run_folders import SHIPPED_MODEL
from tests.conftest import simple_images

MODEL = PRETRAINED / SHIPPED_MODEL / "model.tflite"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(MODEL)


def test_probabilities_are_float32_and_add_up_to_one(classifier: Classifier) -> None:
    images, _ = simple_images(37, 0)
    probabilities = classifier.probabilities(images)
    assert probabilities.shape == (37, 10)
    assert probabilities.dtype == np.float32
    assert (probabilities >= 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(37), abs=1e-5)


def test_one_image_and_a_batch_of_250_agree(classifier: Classifier) -> None:
    # Two digits over each other, so that many answers are unsure: rounding shows there first.
    images = np.maximum(simple_images(250, 0)[0], np.roll(simple_images(250, 1)[0], 3, axis=0))
    batch = classifier.probabilities(images)
    alone = np.concatenate([classifier.probabilities(images[number : number + 1]) for number in range(250)])
    assert batch == pytest.approx(alone, abs=1e-5)
    assert (batch.max(axis=1) < 0.9).sum() > 30


@pytest.mark.parametrize("number", [0, 1, 2, 99, 100, 101, 200])
def test_a_batch_of_any_size_gives_one_row_an_image(classifier: Classifier, number: int) -> None:
    images, _ = simple_images(200, 0)
    probabilities = classifier.probabilities(images[:number])
    assert probabilities.shape == (number, 10)
    assert probabilities.dtype == np.float32
    assert probabilities == pytest.approx(classifier.probabilities(images)[:number], abs=1e-5)


def test_an_answer_is_a_copy_that_the_next_one_leaves_alone(classifier: Classifier) -> None:
    images, _ = simple_images(2, 0)
    first = classifier.probabilities(images[:1])
    before = first.copy()
    classifier.probabilities(images[1:])
    assert np.array_equal(first, before)


def test_threads_share_a_classifier(classifier: Classifier) -> None:
    images, _ = simple_images(300, 0)
    parts = [images[start : start + length] for start in range(0, 200, 20) for length in (1, 7, 100)]
    expected = [classifier.probabilities(part) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(classifier.probabilities, parts * 4))
    for result, one in zip(results, expected * 4, strict=True):
        assert np.array_equal(result, one)


@pytest.mark.parametrize("number", [40, 100, 101, 250, 700])
def test_more_cores_give_the_same_answer(classifier: Classifier, number: int) -> None:
    images, _ = simple_images(number, 0)
    expected = classifier.probabilities(images)
    for threads in (2, 3, 64):
        assert np.array_equal(Classifier(MODEL, threads).probabilities(images), expected)


def test_a_missing_or_garbage_model_is_a_lab_error(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    with pytest.raises(LabError, match="cannot be loaded"):
        Classifier(path)
    whole = MODEL.read_bytes()
    garbage = np.random.default_rng(0).integers(0, 256, 50_000).astype(np.uint8).tobytes()
    for content in (b"", b"TFL3", b"hello" * 1000, garbage, whole[:1000], whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(LabError, match="train it again or choose another"):
            Classifier(path)
    with pytest.raises(LabError):
        Classifier(tmp_path)


def test_the_shipped_model_reads_real_test_digits(classifier: Classifier, real_mnist: Path) -> None:
    with np.load(real_mnist) as arrays:
        images, labels = arrays["x_test"], arrays["y_test"]
    assert len(images) == 10_000
    predictions = classifier.probabilities(images).argmax(axis=1)
    assert (predictions == labels).mean() >= 0.99


def test_inference_does_not_import_tensorflow() -> None:
    program = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from mnist_core.inference.classifier import Classifier\n"
        f"print(Classifier(Path({str(MODEL)!r})).probabilities(np.zeros((3, 28, 28), np.uint8)).shape)\n"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split("\n")[:2] == ["(3, 10)", "[]"]


def test_a_model_brings_its_calibration(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(MODEL.read_bytes())
    assert Classifier(path).calibration == Calibration()
    mine = Calibration(temperature=2.0, sure=0.6, two=0.5, refused=0.01, caught={"scribbles": 0.9}, images=100)
    mine.save(tmp_path / "calibration.json")
    classifier = Classifier(path)
    assert classifier.calibration == mine
    images, _ = simple_images(20, 0)
    np.testing.assert_allclose(classifier.calibrated(images), mine.apply(classifier.probabilities(images)))
