import io

import numpy as np
import pytest
from PIL import Image

from mnist_core.data.stroke_files import Handwriting
from mnist_core.data.synthetic.class_sheets import fill
from mnist_core.errors import InputError
from mnist_core.inference import class_sheets
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.strokes import CANVAS_SIDE, Strokes, paint
from mnist_core.presentation import class_sheet as printed
from mnist_core.presentation.pictures import png
from mnist_core.runs import run_folders
from tests.conftest import simple_strokes

READ_WELL = (0, 2, 3, 6, 7)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(run_folders.find(run_folders.SHIPPED_MODEL).model_path)


def page() -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(printed.picture(120))).convert("L"))


def test_the_printed_sheet_gives_labelled_drawings(classifier: Classifier) -> None:
    drawn = Handwriting(np.arange(10), np.zeros(10, np.int64), tuple(simple_strokes(digit) for digit in range(10)))
    filled = fill(page(), drawn, np.random.default_rng(2))
    sheet = class_sheets.read(png(filled.page), classifier)
    assert sheet.is_printed
    assert {(digit.row, digit.column) for digit in sheet.digits} == set(filled.written)
    assert [sheet.label_of(row) for row in sheet.rows] == list(range(10))
    for digit in sheet.digits:
        points = np.concatenate(digit.strokes)
        assert (points > 0).all() and (points < CANVAS_SIDE).all()
        assert digit.image.shape == (28, 28)
    read = classifier.calibrated(np.array([digit.image for digit in sheet.digits])).argmax(axis=1)
    well = [place for place, digit in enumerate(sheet.digits) if digit.row in READ_WELL]
    assert all(read[place] == sheet.digits[place].row for place in well)


def test_rows_of_any_sheet_are_guessed_by_what_most_of_them_is_read_as(classifier: Classifier) -> None:
    strokes: Strokes = []
    for row, digit in enumerate((7, 3, 0)):
        for column in range(4):
            written = simple_strokes(2 if (row, column) == (1, 2) else digit)
            strokes += [stroke + np.array([120 * column + 60, 150 * row + 60]) for stroke in written]
    sheet = class_sheets.read(png(255 - paint(strokes, 620, 560, 9, 2)), classifier)
    assert not sheet.is_printed
    assert [len([digit for digit in sheet.digits if digit.row == row]) for row in sheet.rows] == [4, 4, 4]
    assert [sheet.label_of(row) for row in sheet.rows] == [7, 3, 0]
    assert sheet.out_of_place({0: 7, 1: 3, 2: 0}) == {(1, 2)}
    assert len(sheet.out_of_place({0: 7, 1: 2, 2: 0})) == 3


def test_what_is_no_sheet_is_said(classifier: Classifier) -> None:
    with pytest.raises(InputError, match="boxes are empty"):
        class_sheets.read(png(page()), classifier)
    for picture in (np.full((200, 200), 255, np.uint8), 255 - paint([s + 60 for s in simple_strokes(3)], 220, 220, 9)):
        with pytest.raises(InputError, match="No rows of digits were found"):
            class_sheets.read(png(picture), classifier)


@pytest.mark.parametrize("part", [np.s_[:1200], np.s_[:, :800]])
def test_a_printed_sheet_that_is_not_all_in_the_picture_is_to_be_taken_again(
    classifier: Classifier, part: tuple[slice, ...] | slice
) -> None:
    drawn = Handwriting(np.arange(10), np.zeros(10, np.int64), tuple(simple_strokes(digit) for digit in range(10)))
    filled = fill(page(), drawn, np.random.default_rng(2)).page
    with pytest.raises(InputError, match="Not all four black corners"):
        class_sheets.read(png(filled[part]), classifier)
