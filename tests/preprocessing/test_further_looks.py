import numpy as np
from scipy import ndimage

from mnist_core.preprocessing import further_looks
from mnist_core.preprocessing.further_looks import without_lines, without_surroundings, without_underline
from mnist_core.preprocessing.pipeline import from_ink


def seven(side: int = 200) -> np.ndarray:
    """Ink with a level and a slanted stroke in the middle."""
    ink = np.zeros((side, side), np.uint8)
    ink[60:72, 70:130] = 255
    for row in range(72, 140):
        ink[row, 118 - (row - 72) // 2 : 130 - (row - 72) // 2] = 255
    return ink


def framed(ink: np.ndarray, rim: int = 20) -> np.ndarray:
    frame = np.zeros_like(ink)
    frame[rim:-rim, rim:-rim] = 255
    frame[rim + 4 : -rim - 4, rim + 4 : -rim - 4] = 0
    return np.maximum(ink, frame)


def squared(ink: np.ndarray, step: int = 31, width: int = 2) -> np.ndarray:
    lines = np.zeros_like(ink)
    for start in range(10, len(ink), step):
        lines[start : start + width], lines[:, start : start + width] = 200, 200
    return np.maximum(ink, lines)


def test_a_frame_goes_and_what_is_within_stays() -> None:
    np.testing.assert_array_equal(without_surroundings(framed(seven())), seven())
    assert without_surroundings(seven()) is None
    beside = framed(seven())
    beside[60:140, 4:10] = 255
    left = without_surroundings(beside)
    assert left is not None and not left[:, :20].any()


def test_the_stem_of_an_open_4_stands_within_nothing() -> None:
    ink = np.zeros((200, 200), np.uint8)
    ink[30:110, 50:60] = ink[100:110, 50:150] = 255
    ink[45:97, 110:120] = 255
    assert without_surroundings(ink, *further_looks.CLEARLY_INSIDE, closed=True) is None
    assert without_surroundings(ink) is None
    assert not list(further_looks.first_looks(from_ink(ink)))


def test_a_frame_may_have_a_gap() -> None:
    gap = framed(seven())
    gap[:30, 90:100] = 0
    np.testing.assert_array_equal(without_surroundings(gap), seven())


def test_a_dot_in_a_ring_belongs_to_it() -> None:
    rows, columns = np.mgrid[-100:100, -100:100]
    ring = np.where(abs(np.hypot(rows, columns) - 80) < 6, 255, 0).astype(np.uint8)
    ring[97:103, 97:103] = 255
    assert without_surroundings(ring) is None
    ring[45:155, 95:105] = 255
    assert without_surroundings(ring) is not None
    assert without_surroundings(ring, *further_looks.CLEARLY_INSIDE) is not None
    ring[28:172, 95:105] = 255
    assert without_surroundings(ring, *further_looks.CLEARLY_INSIDE) is None


def test_lines_of_squared_paper_go_and_the_digit_stays_whole() -> None:
    left = without_lines(squared(seven()))
    assert left is not None
    assert ndimage.label(left)[1] == 1
    assert np.count_nonzero((left > 0) != (seven() > 0)) < 0.1 * np.count_nonzero(seven())
    assert without_lines(seven()[50:150, 60:140]) is None


def test_paper_is_ruled_where_lines_are_longer_than_what_stands_on_it() -> None:
    level = seven()
    level[10::31] = level[11::31] = 200
    left = without_lines(level)
    assert left is not None and np.count_nonzero((left > 0) != (seven() > 0)) < 0.1 * np.count_nonzero(seven())
    upright_strokes = np.zeros((120, 400), np.uint8)
    for column in (20, 90, 160, 230):
        upright_strokes[10:110, column : column + 4] = 255
    upright_strokes[10:108, 300:304] = upright_strokes[10:14, 304:360] = upright_strokes[104:108, 304:360] = 255
    assert without_lines(upright_strokes) is None


def test_rows_that_fill_their_lines_stand_on_ruled_paper() -> None:
    paper = np.zeros((300, 620), np.uint8)
    for line in (20, 110, 200, 290):
        paper[line : line + 2, 4:616] = 200
    for left in range(20, 600, 100):
        for top in (30, 120):
            paper[top : top + 80, left : left + 60] = seven()[60:140, 70:130]
    left_over = without_lines(paper)
    assert left_over is not None and not left_over[:25].any()


def test_lines_as_wide_as_the_pen_are_cut_out_and_the_strokes_joined() -> None:
    ink = np.zeros((200, 200), np.uint8)
    ink[60:150, 95:99] = 255
    left = without_lines(squared(ink, step=60, width=4))
    assert left is not None and ndimage.label(left)[1] == 1
    rows = np.flatnonzero(left.any(axis=1))
    assert rows[0] <= 64 and rows[-1] >= 145


def test_a_line_below_goes_but_no_part_of_a_digit() -> None:
    ink = seven()
    ink[160:165, 60:140] = 255
    np.testing.assert_array_equal(without_underline(ink), seven())
    assert without_underline(seven()) is None
    above = seven()
    above[40:45, 60:140] = 255
    assert without_underline(above) is None


def test_tilted_lines_are_levelled_first() -> None:
    tilted = ndimage.rotate(squared(seven(), width=3), 3.2, reshape=False, order=1)
    looks = {look.words: look for look in further_looks.further_looks(from_ink(tilted))}
    found = looks["without the lines"].ink
    assert np.count_nonzero(found > 128) < 1.3 * np.count_nonzero(seven())


def test_a_picture_is_looked_at_turned_to_either_side() -> None:
    left, right = further_looks.turned_looks(from_ink(seven()))
    np.testing.assert_array_equal(left.ink, np.rot90(seven()))
    np.testing.assert_array_equal(right.ink, np.rot90(seven(), 3))


def test_a_page_is_turned_by_any_quarters_in_a_smaller_copy() -> None:
    page = np.zeros((900, 3000), np.uint8)
    page[100:800, 100:2900:40] = 255
    left, over, right = (further_looks.turned_page(from_ink(page), quarters) for quarters in (1, 2, 3))
    assert left.ink.shape == right.ink.shape == (1000, 300)
    assert over.ink.shape == over.given.shape == (300, 1000)
    np.testing.assert_array_equal(left.ink[::-1, ::-1], right.ink)
    np.testing.assert_array_equal(np.rot90(over.ink), right.ink)


def test_a_speck_beside_a_piece_leaves_it_one_piece_and_another_as_large_does_not() -> None:
    ink = np.zeros((40, 60), np.uint8)
    assert further_looks.is_one_piece(ink)
    ink[10:14, 5:45] = 255
    ink[30, 50] = 255
    assert further_looks.is_one_piece(ink)
    ink[30:34, 5:45] = 255
    assert not further_looks.is_one_piece(ink)
