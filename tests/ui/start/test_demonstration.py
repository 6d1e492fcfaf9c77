"""The start page's picture that moves: its examples are read as they are meant, and so is what a browser sends."""

import pytest

from mnist_core.errors import InputError
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import run_folders
from mnist_core.ui.start import demonstration
from tests.conftest import simple_strokes


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(run_folders.find(run_folders.SHIPPED_MODEL).model_path)


def test_each_example_is_read_as_it_is_meant(classifier: Classifier) -> None:
    told = demonstration._examples(classifier, "test", "en")
    assert [one.shown for one in told] == ["7", "3", "4"]
    assert all(one.image and len(one.image) == 784 for one in told)


def test_a_drawing_is_answered_under_its_number(classifier: Classifier) -> None:
    strokes = [(2 * stroke).tolist() for stroke in simple_strokes(4)]
    answer = demonstration._answered({"drawing": 3, "strokes": strokes}, classifier)
    assert answer and (answer["drawing"], answer["shown"]) == (3, "4") and len(answer["image"]) == 784
    nothing = demonstration._answered({"drawing": 4, "strokes": []}, classifier)
    assert nothing and nothing["image"] is None


@pytest.mark.parametrize(
    "value", [None, 5, {}, {"drawing": "1", "strokes": []}, {"drawing": 1}, {"drawing": 1, "strokes": [[["a", 2]]]}]
)
def test_what_is_no_drawing_is_refused_in_words(classifier: Classifier, value: object) -> None:
    with pytest.raises(InputError, match=r"draw|Stroke 1"):
        demonstration._answered(value, classifier)
