import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.data.sources import load
from mnist_core.environment import PRETRAINED
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation import robustness
from mnist_core.evaluation.corruptions import KINDS
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.robustness import Robustness, beside_sentence, breaks_at, measure, sentence, wrong_sentence
from mnist_core.evaluation.significance import wilson
from mnist_core.inference.classifier import Classifier
from tests.conftest import simple_images

TEMPLATES = simple_images(10, 1)[0].reshape(10, -1).astype(float)


def nearest(images: np.ndarray) -> np.ndarray:
    """Classifies by the nearest of the ten simple digits."""
    flat = images.reshape(len(images), -1).astype(float)
    return np.asarray(2 * flat @ TEMPLATES.T - (TEMPLATES**2).sum(axis=1))


def result(rows: dict[str, tuple[int, ...]], images: int = 1000) -> Robustness:
    """A result in which kinds that are not given are read right throughout."""
    return Robustness(dict.fromkeys(KINDS, (images,) * 9) | rows, images)


# --- Measuring -----------------------------------------------------------------------------------------------------


def test_undisturbed_is_exactly_the_plain_accuracy() -> None:
    images, labels = simple_images(60, 3)
    labels[:7] = (labels[:7] + 1) % 10  # wrong labels, so that it is not simply all of them
    found = measure(nearest, images, labels)
    plain = int((nearest(images).argmax(axis=1) == labels).sum())
    assert 0 < plain < 60
    assert found.images == 60
    for kind, about in KINDS.items():
        assert found.right[kind][about.levels.index(about.undisturbed)] == plain
        assert len(found.right[kind]) == 9
    assert min(found.right["rotation"]) < plain
    assert measure(nearest, images, labels) == found


def test_the_shipped_model_undisturbed_reads_what_its_evaluation_says(real_mnist: Path) -> None:
    data = load("mnist")
    chosen = robustness.sample(data.test_labels)
    stored = Evaluation.load(PRETRAINED / "best" / "evaluation.npz")
    plain = int((stored.predictions[chosen] == stored.labels[chosen]).sum())
    model = Classifier(PRETRAINED / "best" / "model.tflite")
    asked: list[np.ndarray] = []

    def classify(images: np.ndarray) -> np.ndarray:
        # Only the undisturbed images are really asked; the whole takes half a minute on a busy machine.
        asked.append(images)
        return model.probabilities(images) if len(asked) == 1 else np.zeros((len(images), 10))

    found = measure(classify, data.test_images, data.test_labels)
    assert (asked[0] == data.test_images[chosen]).all()
    assert {row[KINDS[kind].levels.index(KINDS[kind].undisturbed)] for kind, row in found.right.items()} == {plain}
    assert plain > 990


def test_what_the_callback_raises_ends_the_measuring_as_a_closed_tab_does() -> None:
    images, labels = simple_images(10, 3)
    asked: list[int] = []

    def classify(given: np.ndarray) -> np.ndarray:
        asked.append(len(given))
        return nearest(given)

    def stop(share: float, words: str) -> None:
        if len(asked) > 4:
            raise StopIteration

    with pytest.raises(StopIteration):
        measure(classify, images, labels, stop)
    assert len(asked) == 5


def test_many_images_are_measured_on_a_sample_with_each_digits_share() -> None:
    images, labels = simple_images(1200, 3)
    chosen = robustness.sample(labels)
    assert np.bincount(labels[chosen]).tolist() == [100] * 10
    asked: list[int] = []

    def first(given: np.ndarray) -> np.ndarray:
        asked.append(len(given))
        return np.zeros((len(given), 10))

    assert measure(first, images, labels).images == 1000
    assert set(asked) == {1000}


def test_progress_is_told_in_words_from_the_start_to_nearly_the_end() -> None:
    images, labels = simple_images(10, 3)
    told: list[tuple[float, str]] = []
    measure(nearest, images, labels, lambda share, words: told.append((share, words)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert 0.9 < shares[-1] < 1
    assert len(told) == 6 * 8
    assert told[0][1] == "Rotation, −60°"


def test_nothing_to_disturb_is_said_in_a_sentence() -> None:
    with pytest.raises(InputError, match="no images to disturb"):
        measure(nearest, np.empty((0, 28, 28), np.uint8), np.empty(0, np.int64))


def test_accuracies_have_wilson_intervals() -> None:
    found = result({"shift": (100, 99, 98, 90, 80, 50, 20, 10, 0)}, images=100)
    assert found.accuracies("shift")[3] == 0.9
    assert found.intervals("shift")[3] == wilson(90, 100)
    for accuracy, (low, high) in zip(found.accuracies("shift"), found.intervals("shift"), strict=True):
        assert low <= accuracy <= high


# --- Keeping it ----------------------------------------------------------------------------------------------------


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    found = result({"shift": (1000, 990, 980, 900, 800, 500, 200, 100, 0)})
    found.save(tmp_path / "one.json")
    assert Robustness.load(tmp_path / "one.json") == found


@pytest.mark.parametrize(
    "change",
    [
        {"images": 0},
        {"images": 999.5},
        {"images": True},
        {"images": 500},
        {"right": {}},
        {"right": []},
        {"right": {kind: [1] * 8 for kind in KINDS}},
        {"right": {kind: [1.5] * 9 for kind in KINDS}},
        {"right": {kind: [-1] * 9 for kind in KINDS}},
        {"right": {kind: ["1"] * 9 for kind in KINDS}},
        {"right": dict.fromkeys(KINDS, 5)},
    ],
)
def test_a_damaged_result_is_none(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    values = dataclasses.asdict(result({}))
    path.write_text(json.dumps(values))
    assert Robustness.load(path) is not None
    path.write_text(json.dumps(values | change))
    assert Robustness.load(path) is None


@pytest.mark.parametrize("content", ["", "[]", "3", "{"])
def test_a_broken_file_is_none(content: str, tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    assert Robustness.load(path) is None
    path.write_text(content)
    assert Robustness.load(path) is None


def test_another_model_or_other_images_are_kept_elsewhere(temporary_home: Path, tmp_path: Path) -> None:
    images, labels = simple_images(20, 0)
    one, other = tmp_path / "one.tflite", tmp_path / "other.tflite"
    one.write_bytes(b"one")
    other.write_bytes(b"other")
    places = {
        robustness.stored_at(one, images, labels),
        robustness.stored_at(other, images, labels),
        robustness.stored_at(one, images[::-1], labels),
        robustness.stored_at(one, images, labels[::-1]),
    }
    assert len(places) == 4
    assert {place.parent for place in places} == {temporary_home / "cache" / "robustness"}
    with pytest.raises(LabError, match="there is no such file"):
        robustness.stored_at(tmp_path / "none", images, labels)


# --- In words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "right", "words", "breaks"),
    [
        (
            "rotation",
            (400, 700, 920, 990, 991, 989, 900, 710, 950),
            "From −30° to 30°, at least 9 of 10 digits are still read right; at −45° 70.0 % and at 45° 71.0 %.",
            45,
        ),
        (
            "shift",
            (991, 990, 989, 900, 899, 990, 9, 9, 9),
            "Up to 3 px, at least 9 of 10 digits are still read right; at 4 px 89.9 %.",
            4,
        ),
        (
            "contrast",
            (9, 9, 9, 9, 9, 9, 9, 985, 991),
            "Down to 95 %, at least 9 of 10 digits are still read right; at 90 % 0.9 %.",
            0.9,
        ),
        (
            "noise",
            (991, 9, 9, 9, 9, 9, 9, 9, 9),
            "The first step is already too much for 9 of 10 digits: at 20 greys 0.9 % are read right.",
            20,
        ),
        (
            "pen",
            (990, 990, 990, 991, 990, 990, 990, 990, 984),
            "However far it was tried, at least 9 of 10 digits are still read right: 98.4 % and more.",
            2.5,
        ),
        (
            "scale",
            (500, 990, 990, 990, 991, 990, 990, 990, 990),
            "From 0.625× to 1.5×, at least 9 of 10 digits are still read right; at 0.5× 50.0 %.",
            0.5,
        ),
        (
            "shift",
            (899, 950, 0, 0, 0, 0, 0, 0, 0),
            "Even as written, fewer than 9 of 10 digits are read right: 89.9 %.",
            2,
        ),
    ],
)
def test_the_sentence_says_how_far_it_holds_out(kind: str, right: tuple[int, ...], words: str, breaks: float) -> None:
    found = result({kind: right})
    assert sentence(found, kind) == words
    assert breaks_at(found, kind) == breaks


def test_two_models_are_compared_where_they_differ_most() -> None:
    one = result({"shift": (990, 990, 980, 900, 700, 300, 200, 100, 100)})
    other = result({"shift": (980, 980, 900, 500, 400, 300, 200, 100, 100)})
    assert (
        beside_sentence(one, other, "shift") == "The other model (dashed) differs most at 3 px: 50.0 % against 90.0 %."
    )
    assert beside_sentence(one, one, "shift") == "The other model (dashed) does about as well."


def test_mistakes_are_counted_in_words() -> None:
    assert wrong_sentence("rotation", 45, 290, 1000) == "Rotation, 45°: 290 of 1,000 images are read wrong."
    assert wrong_sentence("scale", 1, 5, 1000) == "Unchanged: 5 of 1,000 images are read wrong."
