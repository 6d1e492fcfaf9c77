import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.data.stroke_files import read_handwriting
from mnist_core.evaluation.ablation import ALL, FILE_NAME, STEP_NAMES, Ablation, as_picture, measure, moved
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.ink import tight_box
from mnist_core.preprocessing.pipeline import Steps, from_picture
from mnist_core.preprocessing.strokes import CANVAS_SIDE
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from tests.conftest import simple_images, simple_strokes
from tests.evaluation.test_robustness import nearest


def test_the_steps_are_those_of_the_preparation() -> None:
    assert STEP_NAMES == ("invert", "crop", "keep_aspect", "box", "centre_of_mass", "pen_width")
    assert tuple(field.name for field in dataclasses.fields(Steps)) == STEP_NAMES


def test_all_steps_read_more_than_any_but_one() -> None:
    images, labels = simple_images(20, 1)
    drawings = [simple_strokes(digit) for digit in labels]
    result = measure(nearest, images, labels, drawings, labels)
    assert (result.picture_count, result.stroke_count) == (20, 20)
    assert list(result.pictures) == list(result.strokes) == [ALL, *STEP_NAMES]
    assert result.pictures[ALL] > 0.9
    assert result.strokes[ALL] > 0.9
    for step in ("invert", "crop", "box"):
        of_pictures, of_strokes = result.cost(step)
        assert of_pictures > 0.2
        assert of_strokes is not None
        assert of_strokes > 0.2


def test_the_same_seed_gives_the_same_result_and_another_does_not() -> None:
    images, labels = simple_images(5, 1)
    assert measure(nearest, images, labels) == measure(nearest, images, labels)
    assert measure(nearest, images, labels) != measure(nearest, images, labels, seed=1)


def test_without_drawings_only_pictures_are_judged() -> None:
    images, labels = simple_images(5, 1)
    result = measure(nearest, images, labels)
    assert result.strokes == {}
    assert result.cost("crop")[1] is None


def test_an_empty_image_counts_as_wrong_and_a_dot_can_be_moved() -> None:
    result = measure(
        nearest, np.zeros((2, 28, 28), np.uint8), np.array([3, 4]), [[np.array([[5.0, 5.0]])]], np.array([1])
    )
    assert result.picture_count == 2
    assert result.pictures[ALL] <= 0.5


def test_pictures_vary_in_size_place_and_polarity_and_keep_their_digit() -> None:
    image = simple_images(10, 1)[0][4]
    pages = [as_picture(image, [0, number]) for number in range(60)]
    sides = np.array([max(tight_box(np.where(page[0, 0] > 127, 255 - page, page)).shape) for page in pages])
    assert sides.min() < 30
    assert 130 < sides.max() <= 165
    dark = sum(int(page[0, 0]) == 255 for page in pages)
    assert 30 < dark < 54
    for page in pages:
        stages = from_picture(page)
        assert stages is not None
        assert np.abs(stages.image.astype(int) - image).mean() < 18


def test_drawings_vary_in_size_and_place_and_stay_on_the_canvas() -> None:
    extents = []
    for number in range(60):
        points = np.concatenate(moved(simple_strokes(number % 10), [0, number]))
        assert (points >= 0).all()
        assert (points <= CANVAS_SIDE).all()
        extents.append(np.ptp(points, axis=0).max())
    assert min(extents) < 80
    assert max(extents) > 230


def test_a_result_is_kept_in_the_run_folder(tmp_path: Path) -> None:
    images, labels = simple_images(5, 1)
    result = measure(nearest, images, labels, [simple_strokes(3)], np.array([3]))
    assert Ablation.of(Run(tmp_path)) is None
    result.keep(Run(tmp_path))
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [FILE_NAME]
    assert Ablation.of(Run(tmp_path)) == result


SOUND = {"pictures": dict.fromkeys((ALL, *STEP_NAMES), 0.5), "strokes": {}, "picture_count": 5, "stroke_count": 0}

DAMAGED: dict[str, Any] = {
    "a list": [],
    "null": None,
    "nothing": {},
    "a step is missing": SOUND | {"pictures": {ALL: 0.5}},
    "no share": SOUND | {"pictures": SOUND["pictures"] | {"box": 7}},  # type: ignore[operator]
    "not a number": SOUND | {"pictures": SOUND["pictures"] | {"box": float("nan")}},  # type: ignore[operator]
    "text": SOUND | {"pictures": SOUND["pictures"] | {"box": "high"}},  # type: ignore[operator]
    "an endless count": SOUND | {"picture_count": float("inf")},
    "no pictures": SOUND | {"pictures": {}},
    "strokes that are a list": SOUND | {"strokes": [1]},
}


@pytest.mark.parametrize("value", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_result_counts_as_none(tmp_path: Path, value: Any) -> None:
    (tmp_path / FILE_NAME).write_text(json.dumps(SOUND))
    assert Ablation.of(Run(tmp_path)) is not None
    (tmp_path / FILE_NAME).write_text(json.dumps(value))
    assert Ablation.of(Run(tmp_path)) is None
    (tmp_path / FILE_NAME).write_text(json.dumps(SOUND)[:50])
    assert Ablation.of(Run(tmp_path)) is None


@pytest.mark.long
def test_the_shipped_model_needs_the_steps(real_mnist: Path, pen_strokes: Path) -> None:
    classifier = Classifier(environment.PRETRAINED / run_folders.SHIPPED_MODEL / "model.tflite")
    with np.load(real_mnist) as arrays:
        images, labels = arrays["x_test"][:100], arrays["y_test"][:100]
    drawn = read_handwriting(pen_strokes).chosen(np.arange(0, 7400, 74))
    result = measure(classifier.probabilities, images, labels, drawn.strokes, drawn.labels)
    assert result.pictures[ALL] >= 0.98
    assert result.strokes[ALL] >= 0.93
    assert result.pictures["invert"] < 0.7
    assert result.strokes["crop"] < 0.85


def test_the_shipped_model_tells_what_each_step_is_worth() -> None:
    """The microscope on Draw quotes it."""
    shipped = Ablation.load(environment.PRETRAINED / "best" / FILE_NAME)
    assert min(shipped.picture_count, shipped.stroke_count) >= 1900
    for shares in (shipped.pictures, shipped.strokes):
        assert shares[ALL] > 0.99 and max(shares["invert"], shares["crop"]) < 0.75
