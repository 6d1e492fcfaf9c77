import numpy as np
import pytest

from mnist_core.bench import sheets
from mnist_core.data.stroke_files import Handwriting
from mnist_core.environment import PRETRAINED
from mnist_core.inference.answer import NO_INK
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.reading import Reading
from mnist_core.runs.run_folders import SHIPPED_MODEL
from tests.conftest import simple_strokes

DRAWN = Handwriting(np.arange(10), np.zeros(10, np.int64), tuple(simple_strokes(digit) for digit in range(10)))


def test_digits_are_counted_by_how_their_sheet_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnist_core.inference.reading.read_strokes", lambda *_: Reading(NO_INK))
    classifier = Classifier(PRETRAINED / SHIPPED_MODEL / "model.tflite")
    monkeypatch.setattr(sheets, "KINDS", {"rows of different length": sheets.KINDS["rows of different length"]})
    monkeypatch.setattr(sheets, "CONTROLS", {})
    (found,) = sheets.measure(classifier, DRAWN, 2, seed=3).values()
    assert tuple(found) == sheets.WAYS
    assert found["strokes"] == 0
    assert found["photographs"] >= 0.8 and found["when they lie"] >= 0.8
