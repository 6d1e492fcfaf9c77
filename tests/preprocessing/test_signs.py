import numpy as np
import pytest

from mnist_core.preprocessing.ink import bounds
from mnist_core.preprocessing.segmentation import Box
from mnist_core.preprocessing.signs import (
    BAR,
    COMMA,
    MINUS,
    NAMES,
    PLUS,
    POINT,
    SLASH,
    Mark,
    joined,
    mark_of_ink,
    mark_of_stroke,
    rulings,
    signs_of_row,
)
from mnist_core.preprocessing.strokes import paint

TALL = Box(0, 0, 60, 100)


def digit(left: float) -> Mark:
    return Mark(Box(left, 0, left + 60, 100), is_straight=False, lean=0)


def line(*points: tuple[float, float]) -> Mark:
    return mark_of_stroke(np.array(points, np.float64))


def found(*marks: Mark) -> dict[int, str]:
    return signs_of_row(marks, [mark.box for mark in marks])


@pytest.mark.parametrize(
    ("mark", "sign"),
    [
        (line((75, 97), (77, 99)), POINT),
        (line((78, 85), (72, 115)), COMMA),
        (line((70, 50), (100, 52)), MINUS),
        (line((70, 112), (100, -8)), SLASH),
    ],
)
def test_a_sign_between_two_digits_is_told_by_its_place(mark: Mark, sign: str) -> None:
    assert found(digit(0), mark, digit(115)) == {1: sign}
    assert sign in NAMES


@pytest.mark.parametrize(
    "mark",
    [
        line((85, 0), (85, 100)),  # a 1
        line((95, 0), (80, 100)),  # a 1 that leans
        line((70, 5), (110, 5)),  # the bar of a 5
        line((78, 10), (72, 40)),  # an apostrophe, or a flag
    ],
)
def test_what_may_be_a_digit_or_a_part_of_one_is_no_sign(mark: Mark) -> None:
    assert found(digit(0), mark, digit(115)) == {}


def test_the_stem_of_a_4_in_two_strokes_is_no_slash() -> None:
    bow = Mark(Box(70, 0, 130, 70), is_straight=False, lean=0)
    stem = line((108, 105), (122, 5))
    assert found(digit(0), bow, stem, digit(150)) == {}


def test_a_level_and_an_upright_stroke_across_each_other_are_a_plus() -> None:
    bar, stem = line((70, 50), (110, 52)), line((91, 30), (89, 72))
    assert found(digit(0), bar, stem, digit(130)) == {1: PLUS, 2: PLUS}
    (one,) = joined([(bar.box, PLUS), (stem.box, PLUS)])
    assert one == (Box(70, 30, 110, 72), PLUS)
    # A 4 whose bar crosses its stem below the middle, a t, a hooked 1 with its foot, and an x are none.
    for first, second in (
        (line((70, 70), (110, 70)), line((95, 0), (95, 90))),
        (line((80, 20), (100, 20)), line((90, 0), (90, 100))),
        (line((80, 100), (100, 100)), line((90, 0), (90, 100))),
        (line((70, 30), (110, 70)), line((110, 30), (70, 70))),
    ):
        assert PLUS not in found(digit(0), first, second, digit(130)).values()


def test_ink_of_a_plus_is_one_and_that_of_a_4_a_t_or_an_x_is_none() -> None:
    def ink(*strokes: list[tuple[float, float]]) -> Mark:
        painted = paint([np.array(stroke, np.float64) for stroke in strokes], 120, 120, 8) > 100
        rows, columns = bounds(painted)
        return mark_of_ink(painted[rows, columns], 8.0, Box(0, 0, 1, 1))

    assert ink([(20, 60), (100, 62)], [(60, 20), (58, 100)]).is_plus
    assert ink([(20, 55), (100, 66)], [(66, 20), (55, 100)]).is_plus
    assert not ink([(60, 10), (15, 75), (105, 75)], [(75, 45), (75, 110)]).is_plus
    assert not ink([(30, 40), (90, 40)], [(60, 10), (60, 95), (85, 112)]).is_plus
    assert not ink([(20, 20), (100, 100)], [(100, 20), (20, 100)]).is_plus
    assert not ink([(60, 10), (60, 110)]).is_plus


def test_a_sign_alone_is_none() -> None:
    assert found(line((0, 50), (40, 50))) == {}
    assert found(digit(0)) == {}


def test_a_fraction_bar_and_a_ruling_are_found() -> None:
    above, below = digit(10), Mark(Box(10, 140, 70, 240), is_straight=False, lean=0)
    bar, ruling = line((0, 120), (85, 121)), line((0, 300), (700, 303))
    assert rulings([above, bar, below], 100) == [1]
    assert rulings([above, bar], 100) == []
    assert rulings([above, ruling], 100) == [1]
    crossed = line((0, 50), (85, 50))
    assert rulings([above, crossed, below], 100) == []
    assert BAR in NAMES


def test_ink_is_described_as_strokes_are() -> None:
    ink = np.zeros((120, 120), bool)
    for row in range(120):
        left = 90 - round(0.5 * row)
        ink[row, left : left + 6] = True
    mark = mark_of_ink(ink, 6, TALL)
    assert mark.is_straight and abs(mark.lean - 0.5) < 0.05
    curve = np.hypot(*np.mgrid[-60:60, -60:60])
    assert not mark_of_ink((curve > 50) & (curve < 56), 6, TALL).is_straight


def test_a_stroke_there_and_back_is_not_straight() -> None:
    assert not line((0, 0), (0, 100), (1, 2)).is_straight
    assert line((0, 0), (0, 100)).is_straight
