import numpy as np
import pytest

from mnist_core.preprocessing import segmentation
from mnist_core.preprocessing.segmentation import Box, around, best_row, neighbours


def sure(ranges: list[tuple[int, int]], digits: dict[tuple[int, int], int]) -> np.ndarray:
    """Returns probabilities that are sure of the given ranges and of nothing else."""
    rows = np.full((len(ranges), 10), 0.1)
    for index, entry in enumerate(ranges):
        if entry in digits:
            rows[index] = 0.001
            rows[index, digits[entry]] = 0.991
    return rows


def row_of(boxes: list[Box], digits: dict[tuple[int, int], int]) -> list[tuple[int, int]]:
    ranges = neighbours(len(boxes))
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
    assert neighbours(1) == [(0, 1)]
    assert neighbours(3) == [(0, 3), (0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]
    many = neighbours(12)
    assert many[0] == (0, 12)
    assert max(last - first for first, last in many[1:]) == segmentation.MOST_UNITS_OF_A_DIGIT
    assert neighbours(segmentation.MOST_UNITS + 1) == [(0, segmentation.MOST_UNITS + 1)]


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


def test_a_cut_costs_as_much_as_the_ink_that_it_parts() -> None:
    boxes = [square(0, 50), square(48, 50)]
    ranges = neighbours(2)
    rows = sure(ranges, {(0, 1): 3, (1, 2): 4})
    rows[0, 7] = 0.8
    assert len(best_row(boxes, ranges, rows, [0.0, 0.1])) == 2
    assert len(best_row(boxes, ranges, rows, [0.0, 20.0])) == 1


def test_two_digits_that_read_badly_as_one_are_two_however_much_ink_joins_them() -> None:
    ranges = neighbours(2)
    rows = sure(ranges, {(0, 1): 3, (1, 2): 4})
    assert len(best_row([square(0, 50), square(48, 50)], ranges, rows, [0.0, 20.0])) == 2


def test_of_many_pieces_more_may_form_a_digit() -> None:
    assert max(last - first for first, last in neighbours(12, 7)[1:]) == 7
    assert neighbours(12, 7, most=11) == [(0, 12)]
