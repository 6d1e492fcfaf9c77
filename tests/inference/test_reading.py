import io
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_core import language
from mnist_core.bench import numbers
from mnist_core.bench.numbers import GAPS, rows_of_digits
from mnist_core.bench.sheets import LYING, lying
from mnist_core.data import stroke_files
from mnist_core.data.synthetic import picture_kinds
from mnist_core.environment import PRETRAINED
from mnist_core.errors import InputError
from mnist_core.inference.answer import NOTHING_DRAWN, TOO_LITTLE_INK, VERDICTS, Answer
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.reading import read_picture, read_strokes
from mnist_core.inference.reading_one_row import as_several, with_doubts_about_cuts
from mnist_core.inference.reading_pictures import TurnedPage, with_doubts_about_side
from mnist_core.inference.reading_result import Part, Reading
from mnist_core.preprocessing.pipeline import Steps, from_strokes
from mnist_core.preprocessing.segmentation import Box
from mnist_core.preprocessing.strokes import Strokes, paint
from mnist_core.presentation.pictures import png
from mnist_core.runs.run_folders import SHIPPED_MODEL
from tests.conftest import large_digit, simple_images, simple_strokes


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(PRETRAINED / SHIPPED_MODEL / "model.tflite")


class FakeClassifier:
    """Answers with the given probabilities and remembers what it was asked."""

    calibration = Calibration(sure=0.7, two=0.5)

    def __init__(self, **probabilities: float) -> None:
        self.values = np.full(10, 1e-6)
        for name, value in probabilities.items():
            self.values[int(name[1:])] = value
        self.seen: list[np.ndarray] = []

    def calibrated(self, images: np.ndarray) -> np.ndarray:
        self.seen.append(images)
        return np.stack([self.answer(image) for image in images])

    def answer(self, image: np.ndarray) -> np.ndarray:
        return self.values


def beside_each_other(*digits: int, step: tuple[int, int] = (100, 0)) -> Strokes:
    return [stroke + place * np.array(step) for place, digit in enumerate(digits) for stroke in simple_strokes(digit)]


def as_picture(strokes: Strokes, pen: float = 8) -> bytes:
    width = int(np.concatenate(strokes)[:, 0].max()) + 60
    return png(255 - paint([stroke + 20 for stroke in strokes], width, 140, pen))


# --- One digit ---------------------------------------------------------------------------------------------------


def test_a_drawing_of_one_stroke_is_classified_once() -> None:
    model = FakeClassifier(p7=0.98, p1=0.02)
    result = read_strokes(simple_strokes(7), cast(Classifier, model))
    stages = from_strokes(simple_strokes(7))
    assert stages is not None and result.stages is not None
    assert (result.shown, result.answer.verdict, result.parts, result.number) == ("7", "digit", (), "")
    assert len(model.seen) == 1
    np.testing.assert_array_equal(model.seen[0], stages.image[np.newaxis])


def test_digits_that_lie_apart_are_asked_about_at_once() -> None:
    strokes = beside_each_other(4, 2, 7)
    # A picture may lie on its side: each of its pieces is looked at in four ways, and the whole in two more.
    for read, images in (
        (read_strokes, [1 + 9]),
        (lambda *given: read_picture(as_picture(strokes), given[1]), [3 * 4, 1 + 5, 1, 1]),
    ):
        model = FakeClassifier(p3=0.98)
        assert len(read(strokes, cast(Classifier, model)).parts) == 3
        assert [len(asked) for asked in model.seen] == images


def test_nothing_drawn_is_said_without_asking_the_model() -> None:
    model = FakeClassifier(p1=1.0)
    result = read_strokes([], cast(Classifier, model))
    assert (result.answer, result.stages, result.shown) == (NOTHING_DRAWN, None, "–")
    assert model.seen == []
    with language.speaking("de"):
        told = read_strokes([], cast(Classifier, model)).answer
    assert (told.verdict, told.sentence) == ("nothing drawn", "Noch nichts gezeichnet.")


def test_a_touch_of_the_pen_is_too_little_ink() -> None:
    model = FakeClassifier(p1=1.0)
    result = read_strokes([np.array([[50.0, 50.0], [51.0, 52.0]])], cast(Classifier, model))
    corner = read_strokes([np.array([[20.0, 30.0], [28.0, 36.0]])], cast(Classifier, model), on_canvas=True)
    assert corner == result
    assert (result.answer, result.stages) == (TOO_LITTLE_INK, None)
    assert model.seen == []


def test_the_shipped_model_reads_plainly_drawn_digits(classifier: Classifier) -> None:
    for digit in range(10):
        for scale, offset in ((0.6, 5), (2.5, 30)):
            result = read_strokes([stroke * scale + offset for stroke in simple_strokes(digit)], classifier)
            assert result.shown == str(digit)
            assert result.answer.probability == max(result.answer.probabilities)


def test_a_step_left_out_changes_what_the_model_sees() -> None:
    model = FakeClassifier(p7=0.98)
    for step in ("invert", "centre_of_mass", "box", "pen_width"):
        read_strokes(simple_strokes(7), cast(Classifier, model), Steps().without(step))
    read_strokes(simple_strokes(7), cast(Classifier, model))
    assert len({images.tobytes() for images in model.seen}) == 5


# --- Numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", [(4, 2), (1, 0), (5, 4, 7), (9, 8, 3, 6), (2, 0, 2, 6, 7)])
def test_digits_side_by_side_are_read_as_a_number(digits: tuple[int, ...], classifier: Classifier) -> None:
    expected = "".join(map(str, digits))
    for result in (
        read_strokes(beside_each_other(*digits), classifier),
        read_picture(as_picture(beside_each_other(*digits)), classifier),
    ):
        assert result.shown == result.number == expected
        assert result.answer.verdict == "more than one digit"
        assert result.answer.sentence.startswith(f"{len(digits)} digits, read as {expected}.")
        assert [part.answer.digit for part in result.parts] == list(digits)
        lefts = [part.box.left for part in result.parts]
        assert lefts == sorted(lefts)
        assert all(part.image.shape == (28, 28) for part in result.parts)


def test_a_line_drawn_there_and_back_is_one_digit(classifier: Classifier) -> None:
    there = np.array([[160.0, 300.0], [160.0, 20.0]])
    for apart, shown in ((0, "1"), (10, "1"), (60, "11")):
        back = there[::-1] + np.array([apart, 0])
        assert read_strokes([there, back], classifier).shown == shown


@pytest.mark.parametrize("digits", [(8, 8), (2, 9)])
def test_two_digits_without_lifting_the_pen_are_taken_apart_as_ink(
    digits: tuple[int, int], classifier: Classifier
) -> None:
    first, second = simple_strokes(digits[0])[0], simple_strokes(digits[1])[0]
    joined = np.concatenate([first, second[:: 1 if digits[1] == 8 else -1] + np.array([85, 0])])
    assert read_strokes([joined], classifier).number == "".join(map(str, digits))


ARCHES = {
    "V": [[0, 0], [60, 200], [120, 0]],
    "M": [[0, 200], [10, 0], [80, 120], [150, 0], [160, 200]],
    "n": [[0, 0], [0, 200], [10, 60], [60, 0], [110, 40], [120, 200]],
    "W": [[0, 0], [40, 200], [80, 40], [120, 200], [160, 0]],
}


@pytest.mark.parametrize("letter", ARCHES)
def test_the_arches_of_a_letter_are_no_ones(letter: str, classifier: Classifier) -> None:
    result = read_strokes([np.array(ARCHES[letter], np.float64)], classifier)
    assert result.parts == ()


def test_the_four_strokes_of_a_cross_are_no_numbers(classifier: Classifier) -> None:
    corners = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]])
    for gap in (5, 20, 50):
        arms = [corner * np.array([[gap], [100]]) + 140.0 for corner in corners]
        assert read_strokes(arms, classifier).parts == ()


def circle(x: float, y: float, width: float, height: float) -> np.ndarray:
    angles = np.linspace(-np.pi / 2, 3 * np.pi / 2, 40)
    return np.stack([x + width / 2 * np.cos(angles), y + height / 2 * np.sin(angles)], axis=1)


@pytest.mark.parametrize("size", [50, 70])
def test_the_circles_of_a_percent_sign_are_no_number(size: float, classifier: Classifier) -> None:
    line = np.array([[130.0, 10.0], [30.0, 200.0]])
    assert read_strokes([circle(40, 50, size, size), line, circle(125, 160, size, size)], classifier).parts == ()


@pytest.mark.parametrize("leaning", [0.0, 0.2])
def test_a_number_that_leans_is_one(leaning: float, classifier: Classifier) -> None:
    strokes = [[[0, 0], [0, 200]], circle(90, 100, 100, 200).tolist(), [[190, 0], [190, 200]]]
    leant = [np.array([[x - leaning * y, y] for x, y in stroke], np.float64) for stroke in strokes]
    assert read_strokes(leant, classifier).number == "101"


@pytest.mark.parametrize("height", [0.5, 40, 60, 200])
@pytest.mark.parametrize("digits", [(3, 1), (4, 7, 1, 1)])
def test_a_number_is_one_at_any_size(digits: tuple[int, ...], height: float, classifier: Classifier) -> None:
    strokes = [height / 100 * stroke for stroke in beside_each_other(*digits)]
    assert read_strokes(strokes, classifier).number == "".join(map(str, digits))


@pytest.mark.parametrize("height", [0.0, 1e-7, 0.5, 5.0])
def test_a_dash_is_answered_at_once(height: float, classifier: Classifier) -> None:
    result = read_strokes([np.array([[10.0, 100.0], [200.0, 100.0 + height], [300.0, 100.0]])], classifier)
    assert result.shown in ("–", "1", "7")


def test_numbers_of_writers_that_no_model_has_seen(pen_strokes: Path, classifier: Classifier) -> None:
    _, held_back = stroke_files.read_handwriting(pen_strokes).split()
    rows = rows_of_digits(held_back, 100, GAPS["apart"], seed=5)
    assert np.mean([read_strokes(strokes, classifier).shown == number for strokes, number in rows]) >= 0.93


@pytest.mark.parametrize(("number_of", "least"), [(10, 0.6), pytest.param(60, 0.7, marks=pytest.mark.long)])
def test_numbers_whose_digits_touch_in_a_picture(
    number_of: int, least: float, pen_strokes: Path, classifier: Classifier
) -> None:
    learned, _ = stroke_files.read_handwriting(pen_strokes).split()
    random = np.random.default_rng(8)
    rows = rows_of_digits(learned, number_of, GAPS["close or touching"], seed=7)
    read = [(read_picture(numbers.as_picture(strokes, random), classifier).shown, number) for strokes, number in rows]
    assert np.mean([shown == number for shown, number in read]) >= least


def test_what_was_cut_out_of_ink_is_doubted_unless_it_reads_very_well() -> None:
    def part(digit: int, probability: float, is_cut: bool) -> Part:
        values = np.full(10, (1 - probability) / 9)
        values[digit] = probability
        answer = Answer.of(values, FakeClassifier.calibration)
        return Part(Box(0, 0, 10, 20), np.zeros((28, 28), np.uint8), answer, is_cut=is_cut)

    parts = part(3, 0.99, True), part(8, 0.97, True), part(5, 0.97, False)
    number = as_several(Reading(parts[0].answer, parts=parts))
    looked_at = replace(number, answer=replace(number.answer, sentence=f"{number.answer.sentence} Read turned."))
    doubted = with_doubts_about_cuts(looked_at)
    assert doubted.answer.sentence == (
        "3 digits, read as 385. Unsure: 8 (97 %), cut from its neighbour. Read turned. "
        "Digits that touch were cut apart: look whether they are right."
    )
    assert [one.answer.verdict for one in doubted.parts] == ["digit", "unsure", "digit"]
    apart = as_several(Reading(parts[2].answer, parts=(parts[2], parts[2])))
    assert with_doubts_about_cuts(apart) == apart


def test_digits_that_touch_in_a_picture_are_said_to_be_cut(classifier: Classifier) -> None:
    bridge = np.array([[60.0, 50.0], [125.0, 50.0]])
    touching = read_picture(as_picture([*beside_each_other(3, 4), bridge]), classifier)
    assert "Digits that touch were cut apart" in touching.answer.sentence
    assert all(part.is_cut for part in touching.parts)
    assert "cut apart" not in read_picture(as_picture(beside_each_other(3, 4)), classifier).answer.sentence


@pytest.mark.parametrize("letter", ARCHES)
def test_the_arches_of_a_painted_letter_are_no_ones(letter: str, classifier: Classifier) -> None:
    assert read_picture(as_picture([np.array(ARCHES[letter], np.float64) / 2]), classifier).parts == ()


# --- Sheets ------------------------------------------------------------------------------------------------------


def in_rows(*rows: tuple[int, ...], pitch: float = 160) -> Strokes:
    return [
        stroke + np.array([0, pitch * number]) for number, row in enumerate(rows) for stroke in beside_each_other(*row)
    ]


def sheet_picture(strokes: Strokes, pen: float = 8) -> bytes:
    width, height = np.concatenate(strokes).max(axis=0).astype(int) + 60
    return png(255 - paint([stroke + 20 for stroke in strokes], int(width), int(height), pen))


@pytest.mark.parametrize("rows", [((4, 2, 0), (7, 3, 6), (9, 8, 5)), ((2, 0, 7), (5,), (3, 6)), ((2,), (0,), (7,))])
def test_rows_are_read_one_after_the_other(rows: tuple[tuple[int, ...], ...], classifier: Classifier) -> None:
    strokes, expected = in_rows(*rows), tuple("".join(map(str, row)) for row in rows)
    for result in (read_strokes(strokes, classifier), read_picture(sheet_picture(strokes), classifier)):
        assert result.numbers == expected
        assert result.shown == result.number == " ".join(expected)
        assert result.answer.sentence.startswith(
            f"{len(result.digits)} digits in {len(rows)} rows, read as {result.number}."
        )
        for part in result.parts:
            assert 160 * part.row - 30 < part.box.top < part.box.bottom < 160 * part.row + 150


def test_a_sheet_is_told_in_one_short_sentence(classifier: Classifier) -> None:
    digits = (4, 2, 0, 7, 3)
    sentence = read_strokes(in_rows(digits, digits, digits), classifier).answer.sentence
    assert sentence.startswith("15 digits in 3 rows.") and len(sentence) < 120


def test_signs_are_said_and_not_read_as_digits(classifier: Classifier) -> None:
    first, second, third = simple_strokes(5), simple_strokes(4), simple_strokes(8)
    apart = [stroke + np.array([170, 0]) for stroke in second]
    slash = np.array([[105.0, 108.0], [155.0, -12.0]])
    comma = np.array([[128.0, 88.0], [120.0, 118.0]])
    minus = np.array([[110.0, 50.0], [150.0, 52.0]])
    for sign, shown, name in ((slash, "5/4", "slash"), (comma, "5,4", "comma"), (minus, "5-4", "minus sign")):
        result = read_strokes([*first, sign, *apart], classifier)
        assert result.number == shown
        assert f"Signs among them: {name}" in result.answer.sentence
        assert read_picture(sheet_picture([*first, sign, *apart]), classifier).number == shown
    equals = read_strokes([*first, minus - np.array([0, 10]), minus + np.array([0, 14]), *apart], classifier)
    assert equals.number == "5=4" and "Signs among them: equals sign (=)." in equals.answer.sentence
    plus = [minus, np.array([[131.0, 30.0], [129.0, 72.0]])]
    sum_of_two = read_strokes([*first, *plus, *apart], classifier)
    assert sum_of_two.number == "5+4" and "Signs among them: plus sign (+)." in sum_of_two.answer.sentence
    assert read_picture(sheet_picture([*first, *plus, *apart]), classifier).number == "5+4"
    bar = np.array([[-10.0, 130.0], [110.0, 131.0]])
    fraction = read_strokes([*first, bar, *(stroke + np.array([0, 160]) for stroke in third)], classifier)
    assert fraction.numbers == ("5", "―", "8")
    assert fraction.answer.sentence.startswith("2 digits in 2 rows, read as 5 ― 8.")


# --- Pictures ----------------------------------------------------------------------------------------------------


def test_a_picture_of_a_digit_is_read(classifier: Classifier) -> None:
    images, labels = simple_images(10, 2)
    for image, label in zip(images, labels, strict=True):
        for content in (png(np.pad(image, 60)), png(255 - np.pad(image, 60))):
            result = read_picture(content, classifier)
            assert result.stages is not None
            np.testing.assert_array_equal(result.stages.image, image)
            assert result.answer.digit == label


def test_an_empty_picture_is_nothing_drawn(classifier: Classifier) -> None:
    result = read_picture(png(np.full((50, 50), 255, np.uint8)), classifier)
    assert result.stages is None
    assert result.answer.verdict == "nothing drawn"


def bars(width: int) -> bytes:
    """A picture with an upright line every ten pixels."""
    paper = np.full((100, width), 255, np.uint8)
    paper[10:90, 5::10] = 0
    return png(paper)


def test_a_picture_of_countless_pieces_takes_little_memory(classifier: Classifier) -> None:
    tracemalloc.start()
    read_picture(bars(16_000), classifier)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000_000


@pytest.mark.parametrize(("side", "pen", "shade"), [(300, 3, 215), (300, 1, 0), (800, 2, 0), (1600, 3, 0)])
def test_faint_and_thin_lines_are_read_as_one_digit(side: int, pen: int, shade: int, classifier: Classifier) -> None:
    for digit in (0, 2, 3, 6):
        ink = paint([stroke * side / 100 for stroke in simple_strokes(digit)], side, side, pen)
        result = read_picture(png((255 - ink * ((255 - shade) / 255)).astype(np.uint8)), classifier)
        assert result.parts == ()
        assert result.answer.digit == digit


def test_a_dot_in_a_picture_is_too_little_ink(classifier: Classifier) -> None:
    paper = np.full((120, 120), 255, np.uint8)
    paper[60:64, 60:64] = 0
    assert read_picture(png(paper), classifier).answer == TOO_LITTLE_INK


def test_what_is_no_picture_is_an_input_error(classifier: Classifier) -> None:
    with pytest.raises(InputError, match="PNG or JPEG"):
        read_picture(b"hello", classifier)


def test_a_picture_full_of_specks_is_answered_in_time(classifier: Classifier) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 400)).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).save(content, "PNG")
    assert read_picture(content.getvalue(), classifier).answer.verdict in VERDICTS


@pytest.mark.parametrize("digit", [2, 4, 7, 8])
def test_a_picture_that_lies_on_its_side_is_read_turned_and_said_to_be(digit: int, classifier: Classifier) -> None:
    picture = Image.fromarray(255 - large_digit(digit))
    upright = read_picture(png(np.asarray(picture)), classifier)
    assert upright.shown == str(digit) and "urned" not in upright.answer.sentence
    for angle in (90, 270):
        turned = read_picture(png(np.asarray(picture.rotate(angle, expand=True))), classifier)
        assert turned.shown == str(digit)
        assert "Read turned by 90° to the " in turned.answer.sentence
        assert ": upright it is " in turned.answer.sentence
        assert turned.stages is not None
        np.testing.assert_allclose(turned.stages.ink.shape, upright.stages.ink.shape if upright.stages else ())


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (Image.Transpose.ROTATE_90, "turned by 90° to the right"),
        (Image.Transpose.ROTATE_270, "turned by 90° to the left"),
        (Image.Transpose.ROTATE_180, "turned by 180°"),
    ],
)
def test_a_page_that_lies_is_read_turned_and_said_to_be(
    way: Image.Transpose, words: str, classifier: Classifier
) -> None:
    page = sheet_picture(in_rows((2, 3, 5), (4, 8, 6)))
    assert "urned" not in read_picture(page, classifier).answer.sentence
    turned = read_picture(lying(page, way), classifier)
    assert turned.numbers == ("235", "486")
    assert turned.answer.sentence == f"6 digits in 2 rows, read as 235 486. Read {words}."


def test_a_page_on_a_table_is_read_turned(classifier: Classifier) -> None:
    paper = np.asarray(Image.open(io.BytesIO(sheet_picture(in_rows((2, 3, 5), (4, 8, 6))))).convert("L"))
    table = png(np.pad(np.minimum(paper, 235), 90, constant_values=70))
    for way in LYING:
        assert read_picture(lying(table, way), classifier).numbers == ("235", "486")


def test_letters_and_few_digits_are_no_page_that_lies(classifier: Classifier) -> None:
    letters = [np.array(points) / 2 + np.array([90 * place, 0]) for place, points in enumerate(ARCHES.values())]
    for way in LYING:
        for strokes in (letters, beside_each_other(2, 3)):
            read = read_picture(lying(as_picture(strokes), way), classifier)
            assert not read.parts or "Read turned" not in read.answer.sentence


def test_few_digits_that_lie_are_named_and_nothing_is_claimed(classifier: Classifier) -> None:
    number = as_picture(beside_each_other(3, 4))
    for way, how in zip(LYING, ("urned by 90° to the right", "urned by 90° to the left"), strict=False):
        read = read_picture(lying(number, way), classifier)
        assert how in read.answer.sentence and "34" in read.answer.sentence
        assert read.answer.verdict != "digit"
    upright = read_picture(number, classifier)
    assert upright.answer.sentence == "2 digits, read as 34."


def test_one_digit_is_unsure_where_several_read_well_turned(classifier: Classifier) -> None:
    page = read_picture(as_picture(beside_each_other(2, 5)), classifier)
    three = read_picture(as_picture(simple_strokes(3)), classifier)
    turned = TurnedPage("turned by 180°", page)
    assert with_doubts_about_side(three, turned) == three
    less = replace(three, answer=replace(three.answer, probability=0.82))
    assert with_doubts_about_side(less, turned).answer.sentence == (
        "Unsure: a 3 (82 %) as it lies, or the number 25 turned by 180°."
    )
    assert with_doubts_about_side(less, None) == less


class OneSided(FakeClassifier):
    """Answers to a drawing by how it lies: upright, turned to the left, or turned to the right."""

    def __init__(self, upright: np.ndarray, *answers: tuple[int, float]) -> None:
        super().__init__()
        self.sides = dict(zip((0, 1, 3), answers, strict=True))
        self.upright = upright.astype(float)

    def answer(self, image: np.ndarray) -> np.ndarray:
        side = max(self.sides, key=lambda quarters: float((np.rot90(self.upright, quarters) * image).sum()))
        digit, probability = self.sides[side]
        others = np.full(10, (1 - probability) / 9)
        others[digit] = probability
        return others


def read_by_side(*answers: tuple[int, float]) -> tuple[str, str, str, int]:
    """What is read of a 7 to which a model answers so upright, to the left and to the right, and how often it is asked.

    Returned are what is shown, the verdict, and the sentence.
    """
    stages = from_strokes(simple_strokes(7))
    assert stages is not None
    model = OneSided(stages.image, *answers)
    read = read_picture(as_picture(simple_strokes(7)), cast(Classifier, model))
    return read.shown, read.answer.verdict, read.answer.sentence, len(model.seen)


def test_one_side_alone_is_taken_where_upright_there_is_no_digit() -> None:
    shown, verdict, sentence, _ = read_by_side((4, 0.2), (5, 0.99995), (1, 0.3))
    assert (shown, verdict) == ("5", "digit")
    assert sentence == "A 5, > 99 % sure. Read turned by 90° to the left: upright it is no digit."
    assert "upright it is no certain digit" in read_by_side((4, 0.6), (5, 0.99995), (1, 0.3))[2]
    assert read_by_side((4, 0.2), (5, 0.95), (1, 0.3))[:2] == ("–", "not a digit")


def test_a_lying_6_is_a_9_and_nobody_can_tell_which() -> None:
    shown, verdict, sentence, _ = read_by_side((4, 0.2), (6, 0.99992), (9, 0.99999))
    assert (shown, verdict) == ("9", "unsure")
    assert sentence == ("Unsure: a 9 (> 99 %) turned by 90° to the right, or a 6 (> 99 %) turned by 90° to the left.")
    assert read_by_side((4, 0.2), (8, 0.99992), (8, 0.99999))[:2] == ("8", "digit")
    assert read_by_side((4, 0.2), (6, 0.99992), (9, 0.9))[:2] == ("6", "unsure")
    shown, verdict, sentence, _ = read_by_side((4, 0.2), (6, 0.99), (9, 0.98))
    assert (shown, verdict) == ("–", "not a digit")
    assert "Turned by 90° to the left, it would read as 6; turned by 90° to the right, it would read as 9" in sentence


def test_a_lying_3_may_be_a_letter() -> None:
    shown, verdict, sentence, _ = read_by_side((4, 0.2), (3, 0.99995), (1, 0.3))
    assert (shown, verdict) == ("3", "unsure")
    assert sentence == ("Unsure: a 3 (> 99 %) turned by 90° to the left, or no digit: it may be an M, a W or an E.")


def test_a_lying_1_may_be_a_dash() -> None:
    shown, verdict, sentence, _ = read_by_side((4, 0.2), (1, 0.95), (1, 0.8))
    assert (shown, verdict) == ("1", "unsure")
    assert sentence == "Unsure: a 1 (95 %) turned by 90° to the left, or no digit: it may be a dash."
    assert read_by_side((4, 0.2), (1, 0.95), (7, 0.9))[0] == "–"


def in_a_row(*digits: int) -> bytes:
    return as_picture(beside_each_other(*digits, step=(85, 6)))


def test_two_zeros_that_stand_apart_are_no_lying_8(classifier: Classifier) -> None:
    reading = read_picture(in_a_row(0, 0), classifier)
    assert (reading.shown, reading.answer.verdict) == ("00", "more than one digit")


class TallIsOne(FakeClassifier):
    """Takes what is much higher than wide for a 1, what is much wider than high for no digit, and all else for a 3."""

    def answer(self, image: np.ndarray) -> np.ndarray:
        height, width = (int(image.any(axis=axis).sum()) for axis in (1, 0))
        if width > 2 * height:
            return np.full(10, 0.1)
        probabilities = np.full(10, 0.0001)
        probabilities[1 if height > 2 * width else 3] = 0.9991
        return probabilities


def test_a_row_of_digits_is_no_lying_1() -> None:
    reading = read_picture(in_a_row(3, 3, 3, 3), cast(Classifier, TallIsOne()))
    assert (reading.shown, reading.answer.verdict) == ("3333", "more than one digit")


def test_a_row_of_what_is_no_digit_is_no_lying_1_but_a_level_stroke_may_be() -> None:
    class TallOnly(TallIsOne):
        def answer(self, image: np.ndarray) -> np.ndarray:
            probabilities = super().answer(image)
            return probabilities if probabilities.argmax() == 1 else np.full(10, 0.1)

    model = cast(Classifier, TallOnly())
    assert read_picture(in_a_row(3, 3, 3, 3), model).answer.verdict == "not a digit"
    level = [np.array([(10, 50), (200, 60)], float)]
    assert read_picture(as_picture(level), model).answer.sentence.startswith("A 1, > 99 % sure. Read turned by 90°")


def test_a_number_that_reads_well_is_named_beside_the_digit_that_it_is_turned(classifier: Classifier) -> None:
    first, second = ([stroke + np.array([60 + left, 60]) for stroke in simple_strokes(0)] for left in (0, 70))
    read = read_picture(png(255 - paint([*first, *second], 320, 240, 9)), classifier)
    assert (read.shown, read.answer.verdict) == ("8", "unsure")
    assert "or the number 00 as it lies." in read.answer.sentence


def test_what_is_another_digit_turned_is_doubted_where_it_does_not_read_well() -> None:
    shown, verdict, sentence, _ = read_by_side((4, 0.9), (5, 0.99999), (1, 0.3))
    assert (shown, verdict) == ("4", "unsure")
    assert sentence == "Unsure: a 4 (90 %) as it lies, or a 5 (> 99 %) turned by 90° to the left."
    shown, verdict, sentence, _ = read_by_side((4, 0.8), (5, 0.99999), (1, 0.3))
    assert (shown, verdict) == ("5", "unsure")
    assert sentence == "Unsure: a 5 (> 99 %) turned by 90° to the left, or a 4 (80 %) as it lies."
    assert read_by_side((4, 0.9), (4, 0.99999), (1, 0.3))[1] == "digit"
    assert read_by_side((4, 0.99995), (5, 0.99999), (1, 0.3))[1::2] == ("digit", 1)


def framed(corners: int) -> np.ndarray:
    """A digit on paper, in a box of four corners or in a circle of none."""
    picture = Image.new("L", (600, 600), 255)
    digit = Image.fromarray(255 - large_digit(3))
    picture.paste(digit, ((600 - digit.width) // 2, (600 - digit.height) // 2))
    draw = ImageDraw.Draw(picture).rectangle if corners else ImageDraw.Draw(picture).ellipse
    draw((60, 60, 540, 540), outline=20, width=6)
    return np.asarray(picture)


@pytest.mark.parametrize(
    ("corners", "words"),
    [(4, "Read inside the sheet, screen or box in the picture."), (0, "Read without what is drawn around it.")],
)
def test_what_is_drawn_around_a_digit_is_taken_away_and_said(corners: int, words: str, classifier: Classifier) -> None:
    read = read_picture(png(framed(corners)), classifier)
    assert read.shown == "3"
    assert read.answer.sentence.endswith(words)
    assert read.stages is not None
    np.testing.assert_array_equal(read.stages.given, framed(corners))


@pytest.mark.long
def test_a_sheet_on_a_desk_is_set_upright_and_a_hard_shadow_does_not_matter(
    pen_strokes: Path, classifier: Classifier
) -> None:
    _, held_back = stroke_files.read_handwriting(pen_strokes).split()
    for kind in ("paper on a dark desk", "a phone's screen photographed", "a hard shadow through the digit"):
        chosen = range(0, 200, 20)
        read = [read_picture(picture_kinds.make(kind, held_back.strokes[n], 9, n), classifier) for n in chosen]
        right = [one.shown == str(held_back.labels[n]) for one, n in zip(read, chosen, strict=True)]
        assert np.mean(right) >= 0.9, kind
