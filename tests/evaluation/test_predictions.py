"""Predictions say what the Draw page says, in their order, and a submission has a line for each."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_core.data.handed_digits import Digits
from mnist_core.environment import PRETRAINED
from mnist_core.evaluation.predictions import Predictions
from mnist_core.inference.answer import Answer
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.classifier import Classifier
from mnist_core.runs.run_folders import SHIPPED_MODEL
from tests.conftest import simple_images

CALIBRATION = Calibration(sure=0.7, two=0.8)


def predictions(probabilities: np.ndarray, names: tuple[str, ...] = ()) -> Predictions:
    """Answers with these probabilities `[N, 10]`, each row brought to a sum of 1."""
    digits = Digits("a", np.zeros((len(probabilities), 28, 28), np.uint8), names=names)
    return Predictions(digits, probabilities / probabilities.sum(axis=1, keepdims=True), CALIBRATION)


SURE = np.eye(10)[[7, 2, 2]]
# Between 1 and 7, and spread over all.
UNSURE = np.stack([0.55 * np.eye(10)[1] + 0.45 * np.eye(10)[7], np.linspace(0.05, 0.15, 10)])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.floats(0.05, 5), st.sampled_from([1, 2, 12]))
def test_one_answer_many_and_refusals_agree(seed: int, number: int, spread: float, decimals: int) -> None:
    # Rounded, rows have equal probabilities, and some lie exactly on a threshold.
    rows = np.random.default_rng(seed).dirichlet(np.full(10, spread), number).round(decimals) + 1e-12
    found = predictions(rows)
    refused = CALIBRATION.refuses(found.probabilities)
    for index, row in enumerate(found.probabilities):
        answer = Answer.of(row, CALIBRATION)
        assert (found.answers[index], found.verdicts[index]) == (answer.digit, answer.verdict)
        assert refused[index] == (answer.verdict != "digit")
        assert row[found.seconds[index]] == np.sort(row)[-2] and found.seconds[index] != answer.digit


def test_the_shipped_model_reads_them_calibrated() -> None:
    classifier = Classifier(PRETRAINED / SHIPPED_MODEL / "model.tflite")
    images, labels = simple_images(60, 0)
    found = Predictions.of(Digits("a", images), classifier)
    np.testing.assert_array_equal(found.probabilities, classifier.calibrated(images))
    assert (found.answers == labels).mean() > 0.8


def test_the_sentence_counts_digits_and_doubts() -> None:
    assert predictions(np.concatenate([SURE, UNSURE])).sentence() == (
        "5 images read: 1 as 1, 2 as 2, 1 as 7, 1 as 9. 1 (20.0 %) unsure and 1 (20.0 %) not a digit."
    )
    assert predictions(SURE[:1]).sentence() == "1 image read: 1 as 7. All are read for sure."


def test_a_submission_has_a_line_for_every_row_whatever_the_verdict() -> None:
    found = predictions(np.concatenate([UNSURE, SURE]))
    assert found.submission() == "ImageId,Label\n1,1\n2,9\n3,7\n4,2\n5,2\n"


@pytest.mark.parametrize(
    ("digit", "verdict", "indices"),
    [
        (None, "", [0, 1, 2, 3, 4]),
        (2, "", [1, 2]),
        (None, "unsure", [3]),
        (None, "not a digit", [4]),
        (9, "not a digit", [4]),
        (9, "digit", []),
    ],
)
def test_answers_are_selected_by_digit_and_verdict(digit: int | None, verdict: str, indices: list[int]) -> None:
    assert predictions(np.concatenate([SURE, UNSURE])).selected(digit, verdict).tolist() == indices


def test_the_table_comes_back_from_its_text_and_a_name_is_no_formula() -> None:
    found = predictions(np.concatenate([SURE[:1], UNSURE[:1]]), ("=cmd()", 'a "b", c'))
    assert list(csv.DictReader(io.StringIO(found.table_csv()))) == [
        {
            "image": "'=cmd()",
            "digit": "7",
            "probability": "1.0",
            "verdict": "digit",
            "second": "0",
            "second probability": "0.0",
        },
        {
            "image": 'a "b", c',
            "digit": "1",
            "probability": "0.55",
            "verdict": "unsure",
            "second": "7",
            "second probability": "0.45",
        },
    ]


def test_images_of_a_table_are_numbered_from_one() -> None:
    found = predictions(np.concatenate([SURE, UNSURE]))
    assert [row["image"] for row in found.rows()] == [1, 2, 3, 4, 5]
    assert found.columns(np.array([3]))["image"] == [4]
    assert found.caption(3) == "#4: 1, 55 %; unsure"
    assert predictions(SURE[:1], ("a.png",)).caption(0) == "a.png: 7, > 99 %"
