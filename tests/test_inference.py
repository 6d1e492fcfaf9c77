import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from mnist_core import inference
from mnist_core.errors import InputError, LabError
from mnist_core.inference import Classifier, answer, answer_picture, answer_strokes
from mnist_core.pictures import png
from mnist_core.preprocess import from_strokes
from mnist_core.runs import PRETRAINED
from tests.conftest import simple_images, simple_strokes

MODEL = PRETRAINED / "starter" / "model.tflite"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(MODEL)


class FakeClassifier:
    """Answers with the given probabilities and remembers what it was asked."""

    def __init__(self, **probabilities: float) -> None:
        self.values = np.zeros(10, np.float32)
        for name, value in probabilities.items():
            self.values[int(name[1:])] = value
        self.seen: list[np.ndarray] = []

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        self.seen.append(images)
        return np.tile(self.values, (len(images), 1))


def fake(**probabilities: float) -> Classifier:
    return cast(Classifier, FakeClassifier(**probabilities))


# --- The classifier ----------------------------------------------------------------------------------------------


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


def test_more_cores_give_the_same_answer(classifier: Classifier) -> None:
    images, _ = simple_images(150, 0)
    assert Classifier(MODEL, threads=2).probabilities(images) == pytest.approx(
        classifier.probabilities(images), abs=1e-5
    )


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
        "import sys; from pathlib import Path; import numpy as np; from mnist_core.inference import Classifier\n"
        f"print(Classifier(Path({str(MODEL)!r})).probabilities(np.zeros((3, 28, 28), np.uint8)).shape)\n"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split("\n")[:2] == ["(3, 10)", "[]"]


# --- Verdicts ----------------------------------------------------------------------------------------------------


def test_a_sure_answer_is_a_digit() -> None:
    stages = from_strokes(simple_strokes(7))
    assert stages is not None
    model = FakeClassifier(p7=0.98, p1=0.02)
    result = answer(stages, cast(Classifier, model))
    assert result.verdict == "digit"
    assert result.digit == 7
    assert result.probability == pytest.approx(0.98)
    assert result.probabilities == pytest.approx((0, 0.02, 0, 0, 0, 0, 0, 0.98, 0, 0))
    assert result.sentence == "A 7, 98 % sure."
    # The model was asked about the prepared picture and nothing else.
    assert len(model.seen) == 1
    assert np.array_equal(model.seen[0], stages.image[np.newaxis])


def test_an_answer_never_claims_certainty() -> None:
    stages = from_strokes(simple_strokes(7))
    assert stages is not None
    assert answer(stages, fake(p7=1.0)).sentence == "A 7, > 99 % sure."


def test_an_unsure_answer_names_two_candidates() -> None:
    result, stages = answer_strokes(simple_strokes(4), fake(p4=0.55, p9=0.40, p1=0.05))
    assert stages is not None
    assert result.verdict == "unsure"
    assert result.digit == 4
    assert result.probability == pytest.approx(0.55)
    assert result.sentence == "Unsure: 4 (55 %) or 9 (40 %)."


def test_the_limit_between_sure_and_unsure_is_seventy_percent() -> None:
    assert answer_strokes(simple_strokes(4), fake(p4=0.75, p9=0.25))[0].verdict == "digit"
    assert answer_strokes(simple_strokes(4), fake(p4=0.69, p9=0.31))[0].verdict == "unsure"


def test_nothing_drawn_is_said_without_asking_the_model() -> None:
    model = FakeClassifier(p1=1.0)
    result, stages = answer_strokes([], cast(Classifier, model))
    assert stages is None
    assert result == inference.NOTHING_DRAWN
    assert (result.verdict, result.digit, result.probability) == ("nothing drawn", None, 0)
    assert result.probabilities == (0.0,) * 10
    assert model.seen == []


def test_a_touch_of_the_pen_is_too_little_ink() -> None:
    model = FakeClassifier(p1=1.0)
    result, stages = answer_strokes([np.array([[50.0, 50.0], [51.0, 52.0]])], cast(Classifier, model))
    assert stages is None
    assert result == inference.TOO_LITTLE_INK
    assert (result.verdict, result.digit) == ("too little ink", None)
    assert model.seen == []


def test_the_shipped_model_reads_plainly_drawn_digits(classifier: Classifier) -> None:
    for digit in range(10):
        for scale, offset in ((0.6, 5), (2.5, 30)):
            result, _ = answer_strokes([stroke * scale + offset for stroke in simple_strokes(digit)], classifier)
            assert result.digit == digit
            assert result.probabilities[digit] == max(result.probabilities) == result.probability


# --- Pictures ----------------------------------------------------------------------------------------------------


def test_a_picture_of_a_digit_is_read(classifier: Classifier) -> None:
    images, labels = simple_images(10, 2)
    for image, label in zip(images, labels, strict=True):
        for content in (png(np.pad(image, 60)), png(255 - np.pad(image, 60))):
            result, stages = answer_picture(content, classifier)
            assert stages is not None
            assert np.array_equal(stages.image, image)
            assert result.digit == label


def test_an_empty_picture_is_nothing_drawn(classifier: Classifier) -> None:
    result, stages = answer_picture(png(np.full((50, 50), 255, np.uint8)), classifier)
    assert stages is None
    assert result.verdict == "nothing drawn"


def test_what_is_no_picture_is_an_input_error(classifier: Classifier) -> None:
    with pytest.raises(InputError, match="PNG or JPEG"):
        answer_picture(b"hello", classifier)
