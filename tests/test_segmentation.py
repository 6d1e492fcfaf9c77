import numpy as np
import pytest

from mnist_core import segmentation
from mnist_core.segmentation import Box, around, best_row, candidates, take_apart


def sure(ranges: list[tuple[int, int]], digits: dict[tuple[int, int], int]) -> np.ndarray:
    """Returns probabilities that are sure of the given ranges and of nothing else."""
    rows = np.full((len(ranges), 10), 0.1)
    for index, entry in enumerate(ranges):
        if entry in digits:
            rows[index] = 0.001
            rows[index, digits[entry]] = 0.991
    return rows


def row_of(boxes: list[Box], digits: dict[tuple[int, int], int]) -> list[tuple[int, int]]:
    ranges = candidates(len(boxes))
    return [ranges[index] for index in best_row(boxes, ranges, sure(ranges, digits))]


def square(left: float, width: float = 60) -> Box:
    return Box(left, 0, left + width, 100)


def test_boxes_know_their_size_and_what_surrounds_them() -> None:
    whole = around([Box(0, 5, 10, 20), Box(8, 0, 30, 10)])
    assert whole == Box(0, 0, 30, 20)
    assert (whole.width, whole.height) == (30, 20)
    assert whole.without(4) == Box(4, 4, 26, 16)
    assert Box(0, 0, 2, 100).without(4) == Box(1, 4, 1, 96)
    assert whole.at_least(40) == Box(-5, 0, 35, 20)
    assert whole.at_least(20) == whole
    assert whole.placed(2, 10, 5) == Box(10, 5, 70, 45)


def test_candidates_begin_with_the_whole_and_are_neighbours() -> None:
    assert candidates(1) == [(0, 1)]
    assert candidates(3) == [(0, 3), (0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]
    many = candidates(12)
    assert many[0] == (0, 12)
    assert max(last - first for first, last in many[1:]) == segmentation.MOST_UNITS_OF_A_DIGIT
    assert candidates(segmentation.MOST_UNITS + 1) == [(0, segmentation.MOST_UNITS + 1)]


def test_the_row_that_the_model_reads_best_wins() -> None:
    boxes = [square(0), square(80), square(160)]
    assert row_of(boxes, {(0, 1): 3, (1, 2): 4, (2, 3): 5}) == [(0, 1), (1, 2), (2, 3)]


def test_strokes_that_overlap_are_one_digit_if_that_reads_well() -> None:
    boxes = [Box(0, 0, 60, 60), Box(40, 0, 45, 100), square(90)]
    assert row_of(boxes, {(0, 2): 4, (1, 2): 1, (2, 3): 7}) == [(0, 2), (2, 3)]


def test_a_gap_or_a_great_width_speaks_against_one_digit() -> None:
    boxes = [square(0, 50), square(80, 50)]
    both_read_well = {(0, 2): 0, (0, 1): 1, (1, 2): 1}
    assert row_of(boxes, both_read_well) == [(0, 1), (1, 2)]
    assert row_of([square(0, 50), square(48, 50)], both_read_well) == [(0, 2)]


@pytest.mark.parametrize(("apart", "digits"), [(0, 1), (5, 1), (20, 2)])
def test_a_line_drawn_twice_over_is_one_digit(apart: float, digits: int) -> None:
    boxes = [square(0, 0), square(apart, 0)]
    assert len(row_of(boxes, {(0, 2): 1, (0, 1): 1, (1, 2): 1})) == digits


def test_a_piece_too_small_for_a_digit_is_not_one() -> None:
    boxes = [square(0), Box(50, 0, 70, 5)]
    assert row_of(boxes, {(0, 1): 5, (1, 2): 1, (0, 2): 5}) == [(0, 2)]


def test_a_drawing_of_one_unit_is_one_row() -> None:
    assert row_of([square(0)], {}) == [(0, 1)]


def never(ink: np.ndarray) -> bool:
    return False


# --- Ink ---------------------------------------------------------------------------------------------------------


def test_separate_ink_falls_into_pieces_from_left_to_right() -> None:
    ink = np.zeros((120, 300), np.uint8)
    ink[10:110, 200:220] = 255
    ink[20:100, 40:60] = 255
    pieces = take_apart(ink, never)
    assert pieces.joined == [0, 0]
    assert [round(box.left / 10) for box in pieces.boxes] == [5, 21]  # without half a pen
    assert all(piece.shape == pieces.inks[0].shape for piece in pieces.inks)
    assert [piece.any() for piece in pieces.inks] == [True, True]


def test_small_pieces_belong_to_their_neighbour() -> None:
    ink = np.zeros((100, 200), np.uint8)
    ink[0:100, 20:40] = 255
    ink[0:100, 150:170] = 255
    ink[0:8, 45:60] = 255
    pieces = take_apart(ink, never)
    assert len(pieces.inks) == 2
    assert sum(int(piece.astype(int).sum()) for piece in pieces.inks) == int(ink.astype(int).sum())


def test_touching_digits_are_cut_where_the_ink_is_thin() -> None:
    ink = np.zeros((80, 160), np.uint8)
    for left in (0, 90):  # two frames
        ink[0:80, left : left + 60] = 255
        ink[10:70, left + 10 : left + 50] = 0
    ink[40:46, 60:90] = 255  # a bridge
    pieces = take_apart(ink, never)
    assert len(pieces.inks) > 1
    assert pieces.joined[0] == 0 and min(pieces.joined[1:]) > 0
    # Some cut parts the bridge alone.
    edges = [np.flatnonzero(piece.any(axis=0)) for piece in pieces.inks]
    assert any(60 <= edge[-1] <= 90 for edge in edges[:-1])
    np.testing.assert_array_equal(np.maximum.reduce(pieces.inks), ink[:, :150])


def test_a_piece_that_reads_well_is_not_cut_unless_it_is_too_wide_for_a_digit() -> None:
    block, wide = np.full((100, 100), 255, np.uint8), np.full((100, 300), 255, np.uint8)
    block[10:90, 10:90], wide[10:90, 10:290] = 0, 0
    assert len(take_apart(block, never).inks) > 1
    assert len(take_apart(block, lambda ink: True).inks) == 1
    assert len(take_apart(wide, lambda ink: True).inks) > 1


def test_a_cut_costs_as_much_as_the_ink_that_it_parts() -> None:
    boxes = [square(0, 50), square(48, 50)]
    ranges = candidates(2)
    rows = sure(ranges, {(0, 1): 3, (1, 2): 4})
    assert len(best_row(boxes, ranges, rows, [0.0, 0.1])) == 2
    assert len(best_row(boxes, ranges, rows, [0.0, 4.0])) == 1


def test_a_narrow_piece_stays_whole() -> None:
    ink = np.zeros((100, 100), np.uint8)
    ink[:, 20:40] = 255
    ink[:, 38:42] = 255
    assert len(take_apart(ink, never).inks) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (3000, 20)])
def test_ink_of_any_shape_is_taken_apart(shape: tuple[int, int]) -> None:
    pieces = take_apart(np.full(shape, 255, np.uint8), never)
    assert len(pieces.inks) >= 1
    assert all(piece.any() for piece in pieces.inks)
