import random

import numpy as np
import pytest

from mnist_core.errors import InputError
from mnist_core.inference import reading
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.canvas import visible
from mnist_core.preprocessing.keypad import COLUMNS, EXAMPLES, MOST_KEYS, ROWS, strokes_from_keys
from mnist_core.preprocessing.strokes import CANVAS_SIDE
from mnist_core.runs import run_folders


def test_a_stroke_passes_its_keys_in_their_order() -> None:
    (stroke,) = strokes_from_keys("1597")
    places = [(COLUMNS[0], ROWS[0]), (COLUMNS[1], ROWS[1]), (COLUMNS[2], ROWS[2]), (COLUMNS[0], ROWS[2])]
    passed = [int(np.flatnonzero((stroke == place).all(axis=1))[0]) for place in places]
    assert passed == sorted(passed) and passed[0] == 0 and passed[-1] == len(stroke) - 1
    assert stroke.dtype == np.float64 and stroke.shape == (25, 2)


def test_a_space_lifts_the_pen_and_more_of_them_too() -> None:
    four = strokes_from_keys("146 39")
    assert len(four) == 2
    assert [stroke.tolist() for stroke in strokes_from_keys("  146   39 ")] == [stroke.tolist() for stroke in four]


@pytest.mark.parametrize("text", ["", "   "])
def test_no_keys_are_no_strokes(text: str) -> None:
    assert strokes_from_keys(text) == []


def test_a_key_that_repeats_counts_once() -> None:
    assert strokes_from_keys("11337777")[0].tolist() == strokes_from_keys("137")[0].tolist()


def test_a_line_is_straight_and_a_loop_is_round() -> None:
    (line,) = strokes_from_keys("258")
    assert np.ptp(line[:, 0]) == 0 and (np.diff(line[:, 1]) > 0).all()
    (loop,) = strokes_from_keys("26842")
    along = np.diff(loop, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    turns = np.degrees(np.arccos(np.clip((along * np.roll(along, -1, axis=0)).sum(axis=1), -1, 1)))
    assert turns.max() < 45, "no corner, not even where the loop closes"


def test_whatever_is_typed_stays_on_the_canvas() -> None:
    chance = random.Random(0)
    for _ in range(300):
        keys = "".join(chance.choices("123456789", k=20))
        (stroke,) = strokes_from_keys(keys)
        assert (stroke >= 0).all() and (stroke <= CANVAS_SIDE).all()
        assert [piece.tolist() for piece in visible([stroke])] == [stroke.tolist()]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1x7", "The key 'x' is not one of 1 to 9; type those of one digit, such as 137 for a 7."),
        ("1037", "The key '0' is not"),
        ("1,3,7", "The key ',' is not"),
        ("137\t", "is not one of 1 to 9"),
        ("13²", "The key '²' is not"),
        ("١٣٧", "is not one of 1 to 9"),
        ("1 3 7", "Stroke 1 never leaves the key 1; a space lifts the pen"),
        ("137 55", "Stroke 2 never leaves the key 5"),
        ("12" * 51, f"more than {MOST_KEYS} keys"),
        ("x" * 10_000_000, f"more than {MOST_KEYS} keys"),
    ],
)
def test_what_is_no_digit_of_keys_gets_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        strokes_from_keys(text)
    assert sentence in str(refused.value) and len(str(refused.value)) < 200 and str(refused.value).endswith(".")


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return Classifier(next(run for run in run_folders.shipped_runs() if run.id == run_folders.SHIPPED_MODEL).model_path)


@pytest.mark.parametrize("digit", range(10))
def test_the_shipped_model_reads_the_examples_with_margin(shipped: Classifier, digit: int) -> None:
    strokes = strokes_from_keys(EXAMPLES[digit])
    answer = reading.read_strokes(strokes, shipped).answer
    assert answer.verdict == "digit" and answer.digit == digit and answer.probability > 0.9
    # And not by luck: turned, slanted and stretched a little they are still the same digit.
    chance = np.random.default_rng(0)
    for _ in range(20):
        turn, slant = np.radians(chance.uniform(-10, 10)), chance.uniform(-0.15, 0.15)
        shape = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ [[1, slant], [0, 1]]
        shape = shape * chance.uniform(0.85, 1.15, 2)
        shaken = [(stroke - CANVAS_SIDE / 2) @ shape.T + CANVAS_SIDE / 2 for stroke in strokes]
        assert reading.read_strokes(shaken, shipped).answer.digit == digit
