"""What may be one digit of a drawing is seen before a model is asked, and looked at once more only where it is cut."""

import numpy as np

from mnist_core.preprocessing import candidates
from mnist_core.preprocessing.candidates import Candidates
from mnist_core.preprocessing.pipeline import Stages, from_ink, from_strokes, prepare
from mnist_core.preprocessing.strokes import Strokes, paint
from tests.conftest import simple_strokes

SURE, UNSURE = np.eye(10)[3], np.full(10, 0.1)


def beside(*digits: int, apart: int = 100) -> Strokes:
    places = enumerate(digits)
    return [stroke + np.array([apart * place, 0]) for place, digit in places for stroke in simple_strokes(digit)]


def drawn(strokes: Strokes) -> Stages:
    stages = from_strokes(strokes)
    assert stages is not None
    return stages


def seen_in_ink(*digits: int, apart: int) -> Candidates:
    strokes = [stroke + 20 for stroke in beside(*digits, apart=apart)]
    return candidates.of_ink(from_ink(paint(strokes, 100 * len(digits) + 40, 140, 8)))


def test_strokes_are_seen_whole_and_with_their_neighbours_from_left_to_right() -> None:
    strokes = beside(7, 1, 3)
    stages = drawn(strokes[::-1])
    seen = candidates.of_strokes(strokes[::-1], stages)
    assert seen.ranges == [(0, 3), (0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]
    np.testing.assert_array_equal(seen.images[0], stages.image)
    np.testing.assert_array_equal(seen.images[3], prepare(strokes[1:2]))
    assert [box.left for box in seen.boxes] == [stroke[:, 0].min() for stroke in strokes]
    assert seen.finer(np.tile(UNSURE, (6, 1))) is None


def test_ink_that_lies_apart_is_seen_at_once() -> None:
    seen = seen_in_ink(7, 3, apart=110)
    assert (seen.ranges, len(seen.images)) == ([(0, 2), (0, 1), (1, 2)], 3)
    assert seen.doubtful == {0: 1, 1: 2}
    assert seen.finer(np.tile(SURE, (3, 1))) is None


def test_only_what_does_not_read_well_is_cut() -> None:
    seen = seen_in_ink(8, 0, apart=110)
    finer = seen.finer(np.stack([UNSURE, SURE, UNSURE]))
    assert finer is not None and seen.pieces is not None and finer.pieces is not None
    assert len(finer.pieces) > 2 and len(finer.joined) == len(finer.boxes) == len(finer.pieces)
    np.testing.assert_array_equal(finer.pieces.pieces[0].ink, seen.pieces.pieces[0].ink)
    np.testing.assert_array_equal(finer.images[0], seen.images[0])
    assert list(finer.joined[:2]) == [0, 0] and min(finer.joined[2:]) > 0


def test_one_piece_is_seen_as_the_whole_and_alone() -> None:
    seen = seen_in_ink(8, apart=0)
    assert (seen.ranges, seen.doubtful, len(seen.images)) == ([(0, 1)], {0: 1}, 2)
    assert seen.finer(np.stack([UNSURE, SURE])) is None
    assert seen.finer(np.stack([SURE, UNSURE])) is not None


def test_strokes_that_hang_together_are_taken_apart_where_they_stand() -> None:
    pair = [np.concatenate([simple_strokes(8)[0], simple_strokes(8)[0] + np.array([85, 0])]) * 2 + 30]
    seen = candidates.of_joined_strokes(pair, drawn(pair))
    assert seen is not None and len(seen.boxes) > 1
    left, right = min(box.left for box in seen.boxes), max(box.right for box in seen.boxes)
    assert abs(left - pair[0][:, 0].min()) < 5 and abs(right - pair[0][:, 0].max()) < 5


def test_a_narrow_drawing_and_a_dash_are_not_taken_apart() -> None:
    for strokes in (simple_strokes(1), [np.array([[0.0, 0.0], [300.0, 0.0]])]):
        assert candidates.of_joined_strokes(strokes, drawn(strokes)) is None


def test_strokes_that_meet_hang_together_and_those_beside_each_other_do_not() -> None:
    stem, arms = np.array([[0.0, 0.0], [0.0, 90.0]]), np.array([[50.0, 0.0], [1.0, 45.0], [50.0, 90.0]])
    for shift, together in ((0, True), (12, False)):
        strokes = [stem, arms + np.array([shift, 0])]
        seen = candidates.of_strokes(strokes, drawn(strokes))
        assert [seen.hangs_together(index) for index in range(len(seen.ranges))] == [False, together, together]
