import numpy as np

from mnist_core.preprocessing import pipeline, sheets
from mnist_core.preprocessing.pipeline import Stages
from mnist_core.preprocessing.signs import BAR, POINT
from mnist_core.preprocessing.strokes import Strokes, paint
from tests.conftest import simple_strokes


def laid_out(rows: list[list[int]], pitch: float = 150) -> Strokes:
    """Simple digits, 100 high, in rows."""
    strokes: Strokes = []
    for number, row in enumerate(rows):
        for place, digit in enumerate(row):
            strokes += [stroke + np.array([110 * place, pitch * number]) for stroke in simple_strokes(digit)]
    return strokes


def stages_of(strokes: Strokes) -> Stages:
    stages = pipeline.from_strokes(strokes)
    assert stages is not None
    return stages


def ink_of(strokes: Strokes) -> Stages:
    """The same as the ink of a picture."""
    extent = np.ptp(np.concatenate(strokes), axis=0) + 80
    placed = [stroke - np.concatenate(strokes).min(axis=0) + 40 for stroke in strokes]
    return pipeline.from_ink(paint(placed, int(extent[0]), int(extent[1]), 8, 2))


def test_one_level_row_is_no_sheet() -> None:
    for digits in ([3], [2, 0, 7]):
        strokes = laid_out([digits])
        assert sheets.of_strokes(strokes, stages_of(strokes)) is None
        assert sheets.of_ink(ink_of(strokes)) is None


def test_each_row_has_candidates_of_its_own() -> None:
    strokes = laid_out([[2, 0, 7], [3, 8], [6]])
    for sheet in (sheets.of_strokes(strokes, stages_of(strokes)), sheets.of_ink(ink_of(strokes))):
        assert sheet is not None
        assert len(sheet.rows) == 3
        assert all(row.seen is not None and not row.signs for row in sheet.rows)
        tops = [row.seen.boxes[0].top for row in sheet.rows if row.seen]
        assert tops == sorted(tops) and tops[1] - tops[0] > 100


def test_a_point_and_a_fraction_bar_are_set_aside() -> None:
    point = np.array([[100.0, 96.0], [102.0, 99.0]])
    strokes = [*laid_out([[3, 8]]), point]
    sheet = sheets.of_strokes(strokes, stages_of(strokes))
    assert sheet is not None
    assert [sign for _, sign in sheet.rows[0].signs] == [POINT]
    bar = np.array([[-10.0, 125.0], [120.0, 126.0]])
    strokes = [*laid_out([[3], [8]]), bar]
    sheet = sheets.of_strokes(strokes, stages_of(strokes))
    assert sheet is not None
    assert [[sign for _, sign in row.signs] for row in sheet.rows] == [[], [BAR], []]


def test_a_texture_is_no_sheet() -> None:
    rows, columns = np.mgrid[:400, :400]
    assert sheets.of_ink(pipeline.from_ink(np.where((rows // 4 + columns // 4) % 2, 0, 255).astype(np.uint8))) is None
