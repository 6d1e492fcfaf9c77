import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_core.evaluation import label_errors
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.label_errors import Doubts
from mnist_core.inference.calibration import Calibration
from mnist_core.runs import run_folders
from tests.evaluation.test_evaluation import random_answers
from tests.inference.test_calibration import drawn


def flagged_by_the_book(probabilities: np.ndarray, labels: np.ndarray) -> set[int]:
    """The off-diagonal entries of the confident joint, image by image."""
    pairs = list(zip(probabilities, labels, strict=True))
    thresholds = {digit: np.mean([row[digit] for row, label in pairs if label == digit]) for digit in set(labels)}
    found = set()
    for index, (row, label) in enumerate(pairs):
        confident = [j for j in thresholds if row[j] >= thresholds[j]]
        if confident and max(confident, key=lambda j: row[j]) != label and row.argmax() != label:
            found.add(index)
    return found


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 150), st.integers(1, 10))
def test_labels_are_flagged_as_the_paper_says(seed: int, number: int, digits: int) -> None:
    probabilities, labels = random_answers(number, seed)
    labels %= digits  # some digits have no images
    doubts = label_errors.find(probabilities, labels)
    assert set(doubts.flagged.tolist()) == flagged_by_the_book(probabilities, labels)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    assert sorted(doubts.contradictions.tolist()) == wrong.tolist()
    assert doubts.error == pytest.approx(len(wrong) / number)
    order = [label_errors.margins(probabilities, labels)[index] for index in doubts.contradictions]
    assert order == sorted(order)
    assert doubts.flagged.tolist() == [i for i in doubts.contradictions.tolist() if i in set(doubts.flagged.tolist())]


def test_the_margin_is_that_of_the_label_over_the_best_other_digit() -> None:
    rows = np.array([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    rows = np.hstack([rows, np.zeros((3, 7))])
    assert label_errors.margins(rows, np.array([0, 1, 0])) == pytest.approx([0.5, -0.5, -0.7])


def good_model(number: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated answers that are right 99 times in 100."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, number)
    sure = random.choice([0.9999, 0.8], number, p=[0.95, 0.05])
    probabilities = np.repeat(((1 - sure) / 9)[:, np.newaxis], 10, axis=1)
    read = np.where(random.random(number) < sure, labels, (labels + random.integers(1, 10, number)) % 10)
    probabilities[np.arange(number), read] = sure
    return probabilities, labels


def test_wrong_labels_are_found_and_not_put_down_to_the_model() -> None:
    probabilities, labels = good_model()
    random = np.random.default_rng(1)
    spoilt = random.choice(len(labels), 40, replace=False)
    labels[spoilt] = (labels[spoilt] + random.integers(1, 10, 40)) % 10
    doubts = label_errors.find(probabilities, labels)
    assert len(set(doubts.flagged.tolist()) & set(spoilt.tolist())) >= 34
    assert len(doubts.flagged) <= 44 and doubts.own_mistakes < 2
    said = f"Here the model strongly disagrees with {len(doubts.flagged)} labels. Look: who is right?"
    assert label_errors.sentence(doubts) == said
    own = "less than 1" if doubts.own_mistakes < 0.95 else f"about {round(doubts.own_mistakes)}"
    assert label_errors.details(doubts) == (
        "The model is more than 99 % sure of each of these other digits. It is as sure of "
        f"{doubts.sure:,} answers in all, and by its own figures {own} among them should be wrong. Here are more, so "
        "some of these labels may be wrong."
    )


def test_a_weak_models_contradictions_are_put_down_to_the_model() -> None:
    probabilities, labels = drawn(4000, 1.0)  # calibrated, and wrong on more than a third
    doubts = label_errors.find(probabilities, labels)
    assert doubts.error > 0.3 and len(doubts.flagged) > 100
    # What it expects of itself is what happens, because no label is wrong.
    assert doubts.own_mistakes == pytest.approx(len(doubts.flagged), rel=0.15)
    assert label_errors.details(doubts).endswith("so doubt the model first.")


def test_a_model_that_contradicts_nothing_says_so() -> None:
    doubts = label_errors.find(np.eye(10), np.arange(10))
    assert not len(doubts.flagged) and not len(doubts.contradictions) and np.isnan(doubts.least)
    assert label_errors.sentence(doubts) == "This model reads every image as it is labelled."


def test_one_label_is_spoken_of_as_one() -> None:
    one = Doubts(np.array([7]), np.array([7]), np.ones(10), 9620, 0.2, 0.01, 0.999)
    assert label_errors.sentence(one) == "Here the model strongly disagrees with 1 label. Look: who is right?"


def test_a_model_that_is_never_sure_of_its_contradictions_says_so() -> None:
    none = Doubts(np.array([], np.int64), np.array([7]), np.ones(10), 90, 0.2, 0.01, float("nan"))
    assert label_errors.sentence(none) == "This model disagrees with 1 label, but never strongly."
    assert label_errors.details(none) == ""


def test_the_shipped_model_doubts_a_handful_of_mnists_labels() -> None:
    run = run_folders.find(run_folders.SHIPPED_MODEL)
    evaluation = Evaluation.load(run.evaluation_path)
    calibrated = Calibration.load(run.calibration_path).apply(evaluation.probabilities)
    doubts = label_errors.find(calibrated, evaluation.labels)
    assert 1 <= len(doubts.flagged) <= 10 and doubts.least > 0.99
    assert doubts.own_mistakes < 10 and len(doubts.flagged) < len(doubts.contradictions) == len(evaluation.mistakes())
    assert set(doubts.flagged.tolist()) <= set(evaluation.mistakes().tolist())
