"""Inference: the lab's `Classifier` and its judgement of a test set beside Keras's `predict` and `evaluate`."""

import os
from pathlib import Path

from mnist_core.bench.data import Sizes, shortened
from mnist_core.bench.processes import Measure, Named, medians, seconds_of, side_by_side
from mnist_core.bench.rows import Row
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.formatting import count
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import run_folders

MANY = 10_000
REPEATS = 20


def measure(sizes: Sizes) -> list[Row]:
    run, data = run_folders.find(run_folders.SHIPPED_MODEL), (sizes.data, sizes.images)
    many = min(MANY, len(shortened(*data).test_images))
    rows = []
    for number, words in ((1, "1 image"), (many, f"{count(many)} images")):
        lab: Named = ("inference_speed.classify", (str(run.model_path), *data, number))
        keras: Named = ("contenders.keras_predict", (str(run.keras_path), *data, number))
        rows.append(_row(f"reading {words}", "Keras's predict", lab, keras, sizes))
    lab = ("inference_speed.judge", (str(run.model_path), *data))
    keras = ("contenders.keras_evaluate", (str(run.keras_path), *data))
    return [*rows, _row("judging the test set, with report", "Keras's evaluate", lab, keras, sizes)]


def _row(what: str, against: str, lab: Named, keras: Named, sizes: Sizes) -> Row:
    with side_by_side(lab, keras) as contenders:
        ours, other = medians(contenders, sizes.rounds)
    return Row("inference", what, ours, "s", other, against)


def classify(path: str, data: str, images: int, number: int) -> Measure:
    """Seconds of `Classifier.probabilities` for so many images; a single one on one thread, as the Draw page has it."""
    pictures = shortened(data, images).test_images[:number]
    classifier = Classifier(Path(path), 1 if number == 1 else os.cpu_count())
    repeats = REPEATS if number == 1 else 1

    def read() -> None:
        for _ in range(repeats):
            classifier.probabilities(pictures)

    read()
    return lambda: seconds_of(read) / repeats


def judge(path: str, data: str, images: int) -> Measure:
    """Seconds of judging a test set: probabilities, confusion matrix, report."""
    dataset, classifier = shortened(data, images), Classifier(Path(path), os.cpu_count())

    def evaluate() -> None:
        Evaluation.measure(classifier.probabilities(dataset.test_images), dataset.test_labels)

    evaluate()
    return lambda: seconds_of(evaluate)
