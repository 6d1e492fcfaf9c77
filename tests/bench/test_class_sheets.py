import numpy as np

from mnist_core.bench import class_sheets
from mnist_core.data.stroke_files import Handwriting
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import run_folders
from tests.conftest import simple_strokes


def test_what_comes_back_of_a_sheet_is_counted() -> None:
    drawn = Handwriting(np.arange(10), np.zeros(10, np.int64), tuple(simple_strokes(digit) for digit in range(10)))
    classifier = Classifier(run_folders.find(run_folders.SHIPPED_MODEL).model_path)
    trip = class_sheets.measure(classifier, drawn, 1, seed=4)
    assert (trip.sheets, trip.lost, trip.empty_found) == (1, 0, 0)
    assert trip.found == trip.written > 60
    assert trip.found >= trip.right > 60
    assert trip.kept_right > 60
