import numpy as np

from mnist_core.preprocessing import pipeline, sheets
from mnist_core.preprocessing.pipeline import Stages
from mnist_core.preprocessing.sheets import Sheet
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


def of_ink(stages: Stages) -> Sheet | None:
    pieces = sheets.pieces_of(stages.ink)
    return sheets.of_pieces(pieces, stages) if pieces else None


def test_digits_that_touch_the_row_below_are_cut_between_the_rows() -> None:
    strokes = laid_out([[2, 0, 7], [3, 8, 5]], pitch=150)
    # The 2 reaches down to the 3.
    touching = [*strokes, np.array([[20.0, 90.0], [22.0, 165.0]])]
    pieces = sheets.pieces_of(ink_of(touching).ink)
    assert pieces and list(pieces.tall) == [0] and len(pieces.names) == 5
    sheet = sheets.of_pieces(pieces.cut(pieces.tall), ink_of(touching))
    assert sheet and [len(row.row.units) for row in sheet.rows] == [3, 3]


def test_neither_a_long_line_nor_a_frame_is_cut_into_rows() -> None:
    strokes = laid_out([[2, 0, 7], [3, 8, 5]])
    line = np.array([[-40.0, -30.0], [-38.0, 400.0]])
    frame = np.array([[-40.0, -30.0], [400.0, -30.0], [400.0, 300.0], [-40.0, 300.0], [-40.0, -30.0]])
    for around in (line, frame):
        pieces = sheets.pieces_of(ink_of([*strokes, around]).ink)
        assert pieces and len(pieces.names) == 7 and not pieces.tall


def test_one_level_row_is_no_sheet() -> None:
    for digits in ([3], [2, 0, 7]):
        strokes = laid_out([digits])
        assert sheets.of_strokes(strokes, stages_of(strokes)) is None
        assert of_ink(ink_of(strokes)) is None


def test_each_row_has_candidates_of_its_own() -> None:
    strokes = laid_out([[2, 0, 7], [3, 8], [6]])
    for sheet in (sheets.of_strokes(strokes, stages_of(strokes)), of_ink(ink_of(strokes))):
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
    assert of_ink(pipeline.from_ink(np.where((rows // 4 + columns // 4) % 2, 0, 255).astype(np.uint8))) is None


def test_pieces_of_usual_size_are_so_however_a_picture_lies() -> None:
    ink = np.zeros((120, 400), np.uint8)
    for left in (20, 80, 140, 200):
        ink[30:90, left : left + 8] = 255  # strokes
    ink[60:63, 260:262] = 255  # a speck
    ink[10:14, 5:395] = 255  # a ruling
    pieces = sheets.pieces_of(ink)
    lying = sheets.pieces_of(np.rot90(ink))
    assert pieces is not None and lying is not None
    assert [piece.shape for piece in pieces.of_usual_size(10)] == [(60, 8)] * 4
    assert [piece.shape for piece in lying.of_usual_size(10)] == [(8, 60)] * 4
    assert len(pieces.of_usual_size(2)) == 2
