import io

import numpy as np
import pytest
from PIL import Image

from mnist_core.data.stroke_files import Handwriting
from mnist_core.data.synthetic.class_sheets import fill, photographed
from mnist_core.preprocessing import class_sheet, picture_files
from mnist_core.presentation import class_sheet as printed
from tests.conftest import simple_strokes

DOTS_AN_INCH = 100


@pytest.fixture(scope="module")
def page() -> np.ndarray:
    """The sheet as it is printed, uint8 `[height, width]`."""
    return np.asarray(Image.open(io.BytesIO(printed.picture(DOTS_AN_INCH))).convert("L"))


@pytest.fixture(scope="module")
def drawn() -> Handwriting:
    return Handwriting(np.arange(10), np.zeros(10, np.int64), tuple(simple_strokes(digit) for digit in range(10)))


def test_the_marks_are_found_where_they_are_printed(page: np.ndarray) -> None:
    marks = class_sheet.find_marks(page)
    assert marks is not None
    assert np.abs(marks / DOTS_AN_INCH * 25.4 - np.array(class_sheet.MARKS)).max() < 0.5


@pytest.mark.parametrize("quarters", range(4))
def test_whichever_way_up_the_sheet_lies_the_digits_are_in_their_rows(
    quarters: int, page: np.ndarray, drawn: Handwriting
) -> None:
    filled = fill(page, drawn, np.random.default_rng(3))
    cells = class_sheet.read(np.rot90(filled.page, quarters))
    assert cells is not None
    assert {(cell.row, cell.column) for cell in cells} == set(filled.written)
    upright = class_sheet.read(filled.page)
    assert upright is not None
    pairs = zip(cells, upright, strict=True)
    apart = np.mean([np.abs(one.stages.image.astype(int) - other.stages.image).mean() for one, other in pairs])
    assert apart < 8


def test_a_photograph_in_perspective_gives_every_box(page: np.ndarray, drawn: Handwriting) -> None:
    random = np.random.default_rng(5)
    filled = fill(page, drawn, random)
    cells = class_sheet.read(picture_files.read_picture(photographed(filled.page, random)))
    assert cells is not None
    assert {(cell.row, cell.column) for cell in cells} == set(filled.written)


def test_an_empty_sheet_has_no_digits(page: np.ndarray) -> None:
    assert class_sheet.read(page) == []


def test_a_sheet_without_one_of_its_corners_is_none(page: np.ndarray) -> None:
    for left_out in class_sheet.MARKS:
        x, y = (round(place / 25.4 * DOTS_AN_INCH) for place in left_out)
        damaged = page.copy()
        damaged[y - 30 : y + 30, x - 30 : x + 30] = 255
        assert class_sheet.read(damaged) is None


def test_no_sheet_is_seen_where_there_is_none() -> None:
    random = np.random.default_rng(1)
    for picture in (
        np.full((300, 200), 255),
        np.zeros((300, 200)),
        random.integers(0, 256, (400, 300)),
        np.eye(5) * 255,
    ):
        assert class_sheet.find_marks(picture.astype(np.uint8)) is None
