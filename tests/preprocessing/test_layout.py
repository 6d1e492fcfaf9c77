import numpy as np

from mnist_core.preprocessing.layout import digit_height, makes_a_row, rows_of
from mnist_core.preprocessing.segmentation import Box


def box(left: float, top: float, width: float = 60, height: float = 100) -> Box:
    return Box(left, top, left + width, top + height)


def turned(boxes: list[Box], degrees: float) -> list[Box]:
    """Moves boxes as if their sheet were turned; each stays upright."""
    angle = np.deg2rad(degrees)
    moved = []
    for one in boxes:
        x, y = (one.left + one.right) / 2, (one.top + one.bottom) / 2
        to = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
        moved.append(box(to[0] - one.width / 2, to[1] - one.height / 2, one.width, one.height))
    return moved


GRID = [box(90 * column, 160 * row) for row in range(4) for column in range(5)]


def test_a_grid_is_read_row_by_row_level_or_turned() -> None:
    for degrees in (-9, -4, 0, 5, 9):
        rows = rows_of(turned(GRID, degrees))
        assert [row.units for row in rows] == [tuple(range(5 * row, 5 * row + 5)) for row in range(4)]


def test_the_order_of_writing_does_not_matter() -> None:
    order = np.random.default_rng(0).permutation(len(GRID))
    rows = rows_of([GRID[index] for index in order])
    assert [[int(order[unit]) for unit in row.units] for row in rows] == [
        list(range(5 * n, 5 * n + 5)) for n in range(4)
    ]


def test_rows_may_be_of_different_length_and_a_column_is_many_rows() -> None:
    boxes = [*(box(90 * place, 0) for place in range(5)), box(0, 150), box(90, 150), box(30, 300)]
    assert [len(row.units) for row in rows_of(boxes)] == [5, 2, 1]
    assert [row.units for row in rows_of([box(0, 150 * place) for place in range(6)])] == [(n,) for n in range(6)]


def test_a_diagonal_is_one_row_that_falls() -> None:
    (row,) = rows_of([box(100 * place, 33 * place) for place in range(5)])
    assert row.units == (0, 1, 2, 3, 4)
    assert abs(row.slope - 0.33) < 0.04
    level = row.levelled(box(200, 66))
    assert row.on_sheet(level) == box(200, 66)


def test_what_is_small_belongs_to_the_row_that_is_near() -> None:
    boxes = [*GRID, box(70, 85, 8, 10), box(150, 320 + 92, 8, 10)]
    rows = rows_of(boxes)
    assert [len(row.units) for row in rows] == [6, 5, 6, 5]
    assert 20 in rows[0].units and 21 in rows[2].units


def test_how_high_digits_are_is_told_by_the_larger_ones() -> None:
    assert digit_height([*GRID, box(0, 0, 8, 8), box(0, 0, 9, 9)]) == 100
    assert makes_a_row(box(0, 0, 10, 90), 100)
    assert not makes_a_row(box(0, 0, 60, 10), 100)
    assert not makes_a_row(box(0, 0, 10, 12), 100)
