import numpy as np

from mnist_core.inference.answer import Answer
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.class_sheets import ClassSheet, WrittenDigit
from mnist_core.presentation.tables.class_sheet import class_sheet_table, reads_as
from tests.support.markup import buttons


def written(row: int, column: int, digit: int) -> WrittenDigit:
    probabilities = np.full(10, 0.001)
    probabilities[digit] = 0.991
    answer = Answer.of(probabilities, Calibration())
    return WrittenDigit(row, column, [np.zeros((2, 2))], np.zeros((28, 28), np.uint8), answer)


def test_each_digit_can_be_pressed_and_says_what_it_is_read_as() -> None:
    sheet = ClassSheet((written(0, 0, 0), written(0, 3, 6), written(4, 1, 4)), is_printed=True)
    html = class_sheet_table(sheet, {0: 0, 4: 4}, {(4, 1)})
    assert [button["data-choice"] for button in buttons(html)] == ["0-0", "0-3", "4-1"]
    assert [button["aria-label"] for button in buttons(html)] == [
        "A 0 in place 1: kept, press to leave it out",
        "A 0 in place 4, read 6: kept, press to leave it out",
        "A 4 in place 2: left out, press to keep it",
    ]


def test_a_row_without_a_label_is_not_shown() -> None:
    sheet = ClassSheet((written(0, 0, 0), written(1, 0, 1)), is_printed=False)
    assert [button["data-choice"] for button in buttons(class_sheet_table(sheet, {1: 1}, ()))] == ["1-0"]


def test_what_is_read_as_its_label_needs_no_words() -> None:
    assert reads_as(written(0, 0, 5), 5) == ""
    assert reads_as(written(0, 0, 5), 6) == "read 5"


def test_what_the_model_is_unsure_of_is_marked_as_on_draw() -> None:
    probabilities = np.full(10, 0.01)
    probabilities[[5, 6]] = 0.5, 0.42
    one = written(0, 0, 5)
    unsure = WrittenDigit(0, 0, one.strokes, one.image, Answer.of(probabilities, Calibration()))
    assert (reads_as(unsure, 5), reads_as(unsure, 3)) == ("unsure", "read 5")
