import csv
import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from mnist_core.errors import InputError
from mnist_core.evaluation.evaluation import NORMALIZATIONS, REPORT_COLUMNS, REPORT_ROWS, Evaluation
from mnist_core.files import npz


def random_answers(number: int = 700, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    # Right about six times in ten, and surer where right.
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, number)
    probabilities = random.dirichlet(np.ones(10), number) + 0.35 * np.eye(10)[labels] + 1e-3
    return probabilities / probabilities.sum(axis=1, keepdims=True), labels


def answers(*pairs: tuple[int, int]) -> Evaluation:
    # One image a pair: the true digit and the one it is read as; later ones surer.
    labels = np.array([actual for actual, _ in pairs])
    probabilities = np.full((len(pairs), 10), 0.05)
    for row, (_, predicted) in enumerate(pairs):
        probabilities[row, predicted] = 0.5 + 0.01 * row
    return Evaluation.measure(probabilities / probabilities.sum(axis=1, keepdims=True), labels)


@pytest.fixture
def evaluation() -> Evaluation:
    return Evaluation.measure(*random_answers(), identity="abc")


@pytest.mark.parametrize("seed", range(5))
def test_figures_agree_with_scikit_learn(seed: int) -> None:
    probabilities, labels = random_answers(500, seed)
    evaluation = Evaluation.measure(probabilities, labels)
    predictions = probabilities.argmax(axis=1)
    assert 0.4 < evaluation.accuracy < 0.95
    assert evaluation.accuracy == pytest.approx(metrics.accuracy_score(labels, predictions), abs=1e-9)
    assert evaluation.loss == pytest.approx(metrics.log_loss(labels, probabilities, labels=range(10)), abs=1e-9)
    assert evaluation.confusion.tolist() == metrics.confusion_matrix(labels, predictions, labels=range(10)).tolist()
    report = metrics.classification_report(labels, predictions, labels=range(10), output_dict=True, zero_division=0)
    expected = [[report[row][column] for column in REPORT_COLUMNS] for row in REPORT_ROWS]
    assert evaluation.report == pytest.approx(np.array(expected), abs=1e-9)


def test_the_report_follows_from_the_confusion_matrix(evaluation: Evaluation) -> None:
    right, actual, predicted = (
        np.diag(evaluation.confusion),
        evaluation.confusion.sum(axis=1),
        evaluation.confusion.sum(axis=0),
    )
    precision, recall = right / predicted, right / actual
    assert evaluation.report[:10, 0] == pytest.approx(precision)
    assert evaluation.report[:10, 1] == pytest.approx(recall)
    assert evaluation.report[:10, 2] == pytest.approx(2 * precision * recall / (precision + recall))
    assert evaluation.report[:10, 3].tolist() == actual.tolist()
    assert evaluation.report[10, :2] == pytest.approx([precision.mean(), recall.mean()])
    assert evaluation.report[11, 1] == pytest.approx(evaluation.accuracy)


def test_rows_add_up_to_the_class_counts_and_the_trace_to_the_accuracy(evaluation: Evaluation) -> None:
    confusion = evaluation.confusion
    assert confusion.sum(axis=1).tolist() == np.bincount(evaluation.labels, minlength=10).tolist()
    assert confusion.sum(axis=0).tolist() == np.bincount(evaluation.predictions, minlength=10).tolist()
    assert confusion.sum() == len(evaluation.labels) == 700
    assert np.trace(confusion) / confusion.sum() == pytest.approx(evaluation.accuracy, abs=1e-12)


def test_rows_are_true_digits_and_columns_predicted_ones() -> None:
    confusion = answers((4, 9), (4, 9), (4, 4), (1, 7)).confusion
    assert (confusion[4, 9], confusion[4, 4], confusion[1, 7], confusion[9, 4]) == (2, 1, 1, 0)


def test_matrices_are_normalized_by_row_or_by_column(evaluation: Evaluation) -> None:
    counts, by_actual, by_predicted = (evaluation.normalized_confusion(name) for name in NORMALIZATIONS)
    assert np.array_equal(counts, evaluation.confusion)
    assert by_actual.sum(axis=1) == pytest.approx(np.ones(10))
    assert by_predicted.sum(axis=0) == pytest.approx(np.ones(10))
    assert by_actual[3, 5] == pytest.approx(counts[3, 5] / counts[3].sum())
    assert by_predicted[3, 5] == pytest.approx(counts[3, 5] / counts[:, 5].sum())


def test_a_class_without_images_counts_zero_and_fails_nowhere() -> None:
    evaluation = answers((0, 0), (1, 1), (1, 0))
    assert evaluation.confusion[7].sum() == 0
    for name in NORMALIZATIONS:
        matrix = evaluation.normalized_confusion(name)
        assert np.isfinite(matrix).all()
        assert not matrix[7].any()
    assert evaluation.report[7].tolist() == [0, 0, 0, 0]
    assert evaluation.absent == (2, 3, 4, 5, 6, 7, 8, 9)
    assert evaluation.report[10, :3] == pytest.approx(evaluation.report[:2, :3].mean(axis=0))
    assert evaluation.report[10, 1] == pytest.approx((1 + 1 / 2) / 2)
    assert evaluation.absent_sentence().startswith("No image shows the digits 2, 3, 4, 5, 6, 7, 8 and 9, so the aver")
    everything = Evaluation.measure(np.eye(10)[[*range(10), 3]], np.array([*range(10), 3]))
    assert everything.absent == () and everything.absent_sentence() == ""
    assert evaluation.accuracy == pytest.approx(2 / 3)


def test_certain_and_wrong_costs_no_more_than_the_limit_of_keras() -> None:
    evaluation = Evaluation.measure(np.eye(10)[[3, 5]], np.array([3, 6]))
    assert evaluation.loss == pytest.approx(-np.log(1e-7) / 2)


def test_mistakes_are_all_wrong_images_the_most_confident_first(evaluation: Evaluation) -> None:
    mistakes = evaluation.mistakes()
    assert sorted(mistakes.tolist()) == np.flatnonzero(evaluation.predictions != evaluation.labels).tolist()
    assert len(mistakes) == 700 - np.trace(evaluation.confusion) > 50
    confidences = evaluation.probabilities[mistakes].max(axis=1)
    assert (np.diff(confidences) <= 0).all()
    assert confidences[0] > confidences[-1]


def test_mistakes_of_equal_confidence_keep_their_order() -> None:
    probabilities = np.tile(np.eye(10)[2], (4, 1))
    assert Evaluation.measure(probabilities, np.array([1, 2, 3, 0])).mistakes().tolist() == [0, 2, 3]


def test_selected_images_are_those_of_a_digit_read_as_another_the_most_confident_first(evaluation: Evaluation) -> None:
    confidences = evaluation.probabilities.max(axis=1)
    digits = (None, *range(10))
    for actual, predicted, mistakes_only in itertools.product(digits, digits, (False, True)):
        expected = [
            index
            for index in range(len(evaluation.labels))
            if actual in (None, evaluation.labels[index])
            and predicted in (None, evaluation.predictions[index])
            and not (mistakes_only and evaluation.labels[index] == evaluation.predictions[index])
        ]
        found = evaluation.selected(actual, predicted, mistakes_only)
        assert found.tolist() == sorted(expected, key=lambda index: -confidences[index])


def test_selected_images_are_as_many_as_the_matrix_says(evaluation: Evaluation) -> None:
    for actual, predicted in itertools.product(range(10), range(10)):
        assert len(evaluation.selected(actual, predicted)) == evaluation.confusion[actual, predicted]
    assert len(evaluation.selected(4)) == evaluation.report[4, 3]
    assert len(evaluation.selected()) == 700 == evaluation.right + len(evaluation.mistakes())


def test_a_perfect_model_has_no_mistakes() -> None:
    evaluation = answers(*((digit, digit) for digit in range(10)))
    assert evaluation.mistakes().size == 0
    assert evaluation.accuracy == 1
    assert evaluation.worst_confusion() == "Nothing is confused: each image is read as what it is."


def test_the_worst_confusion_is_said_in_a_sentence() -> None:
    assert answers((4, 9), (3, 3), (3, 3)).worst_confusion() == "Most often confused: 4 read as 9, 1 time."
    twice = answers((9, 4), (4, 9), (4, 9), (9, 9), (9, 9), (9, 9))
    assert twice.worst_confusion() == "Most often confused: 4 read as 9, 2 times."
    ties = answers((9, 4), (9, 4), (4, 9), (4, 9), (7, 1), (9, 9))
    assert ties.worst_confusion() == "Most often confused: 4 read as 9 and 9 read as 4, 2 times each."
    assert answers((9, 4), (4, 9), (7, 1)).worst_confusion() == "No two digits are confused more than once."


def test_the_report_as_csv_has_all_rows_and_values(evaluation: Evaluation) -> None:
    rows = list(csv.reader(io.StringIO(evaluation.report_csv())))
    assert rows[0] == ["class", "precision", "recall", "f1-score", "support"]
    assert [row[0] for row in rows[1:]] == [*"0123456789", "macro avg", "weighted avg"]
    values = np.array([[float(value) for value in row[1:]] for row in rows[1:]])
    assert values == pytest.approx(evaluation.report, abs=5e-7)
    assert rows[-1][-1] == "700"


def test_an_evaluation_comes_back_from_its_file(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "evaluation.npz"
    evaluation.save(path)
    loaded = Evaluation.load(path)
    assert loaded.probabilities.dtype == np.float32
    assert np.array_equal(loaded.probabilities, evaluation.probabilities.astype(np.float32))
    assert np.array_equal(loaded.labels, evaluation.labels)
    assert loaded.labels.dtype == np.int64
    assert np.array_equal(loaded.report, evaluation.report)
    assert loaded.identity == "abc"
    assert loaded.accuracy == evaluation.accuracy
    assert loaded.loss == pytest.approx(evaluation.loss, rel=1e-6)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["evaluation.npz"]


def test_a_missing_or_damaged_file_is_an_input_error(
    evaluation: Evaluation, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "evaluation.npz"
    with pytest.raises(InputError, match="cannot be read"):
        Evaluation.load(path)
    assert not caplog.records
    evaluation.save(path)
    whole = path.read_bytes()
    array = io.BytesIO()
    np.save(array, evaluation.labels)
    other = io.BytesIO()
    np.savez(other, labels=evaluation.labels)
    objects = io.BytesIO()
    np.savez(objects, probabilities=np.array([{}], dtype=object))
    damaged = [b"", b"PK", b"hello", whole[:100], whole[: len(whole) // 2], whole[:-5], array.getvalue()]
    damaged += [other.getvalue(), objects.getvalue()]
    for content in damaged:
        path.write_bytes(content)
        caplog.clear()
        with pytest.raises(InputError, match="judge the run again"):
            Evaluation.load(path)
        assert str(path) in caplog.text and "Traceback" in caplog.text


def test_changed_bytes_give_an_input_error_or_the_same_values(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "evaluation.npz"
    evaluation.save(path)
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        content = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            content[place] = random.integers(0, 256)
        path.write_bytes(content)
        try:
            assert np.array_equal(Evaluation.load(path).labels, evaluation.labels)
        except InputError:
            refused += 1
    assert refused > 200


@pytest.mark.parametrize(
    "change",
    [
        {"labels": np.array(["1"] * 4)},
        {"labels": np.array([1, 2, 3, 10])},
        {"labels": np.array([1, 2, 3, -1])},
        {"labels": np.array(3)},
        {"probabilities": np.zeros((3, 10), np.float32)},
        {"probabilities": np.zeros((4, 10), np.complex64)},
        {"report": np.zeros((2, 2))},
        {"identity": np.array(["a", "b"])},
        {"identity": np.array(3)},
    ],
)
def test_arrays_that_are_no_evaluation_are_refused(tmp_path: Path, change: dict[str, np.ndarray]) -> None:
    path = tmp_path / "evaluation.npz"
    good = {
        "probabilities": np.zeros((4, 10), np.float32),
        "labels": np.array([1, 2, 3, 4]),
        "report": np.zeros((12, 4)),
        "identity": np.array("x"),
    }
    npz.write(path, **good)
    assert Evaluation.load(path).labels.tolist() == [1, 2, 3, 4]
    npz.write(path, **(good | change))
    with pytest.raises(InputError, match=r"cannot be read \(it holds other arrays .*\); judge the run again\.$"):
        Evaluation.load(path)
