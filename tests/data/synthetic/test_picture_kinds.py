import numpy as np
import pytest

from mnist_core.bench import picture_kinds as bench
from mnist_core.data.stroke_files import Handwriting
from mnist_core.data.synthetic.picture_kinds import KINDS, make
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import run_folders
from tests.conftest import simple_strokes


# Turned digits are others' too, such as a 2 or a 6, and are left to the measurement.
@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("turned")])
def test_each_kind_is_read(kind: str) -> None:
    classifier = Classifier(run_folders.find(run_folders.SHIPPED_MODEL).model_path)
    digits = np.array([0, 2, 3, 6])
    drawn = Handwriting(digits, np.full(4, -1), tuple(simple_strokes(int(digit)) for digit in digits))
    found = bench.measure(classifier, drawn, kind)
    assert found == {"right": 1, "refused": 0, "sure and wrong": 0}
    assert make(kind, drawn.strokes[0], 1, 0) == make(kind, drawn.strokes[0], 1, 0)
