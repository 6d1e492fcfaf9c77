import numpy as np
import pytest

from mnist_core.preprocessing.ink_cuts import CUTS_APART, MOST_CUTS, Pieces, take_apart


def all_cut(ink: np.ndarray) -> Pieces:
    """Takes ink apart and cuts whatever may be two digits."""
    pieces = take_apart(ink)
    return pieces.cut([number for number, piece in enumerate(pieces.pieces) if piece.doubtful])


def inks(pieces: Pieces) -> list[np.ndarray]:
    return [piece.ink for piece in pieces.pieces]


def joined(pieces: Pieces) -> list[float]:
    return [piece.joined for piece in pieces.pieces]


def test_separate_ink_falls_into_pieces_from_left_to_right() -> None:
    ink = np.zeros((120, 300), np.uint8)
    ink[10:110, 200:220] = 255
    ink[20:100, 40:60] = 255
    pieces = all_cut(ink)
    assert joined(pieces) == [0, 0]
    assert [round(box.left / 10) for box in pieces.boxes] == [5, 21]  # without half a pen
    assert all(piece.shape == inks(pieces)[0].shape for piece in inks(pieces))
    assert [piece.any() for piece in inks(pieces)] == [True, True]


def test_small_pieces_belong_to_their_neighbour() -> None:
    ink = np.zeros((100, 200), np.uint8)
    ink[0:100, 20:40] = 255
    ink[0:100, 150:170] = 255
    ink[0:8, 45:60] = 255
    pieces = all_cut(ink)
    assert len(pieces) == 2
    assert sum(int(piece.astype(int).sum()) for piece in inks(pieces)) == int(ink.astype(int).sum())


def test_touching_digits_are_cut_where_the_ink_is_thin() -> None:
    ink = np.zeros((80, 160), np.uint8)
    for left in (0, 90):  # two frames
        ink[0:80, left : left + 60] = 255
        ink[10:70, left + 10 : left + 50] = 0
    ink[40:46, 60:90] = 255  # a bridge
    pieces = all_cut(ink)
    assert len(pieces) > 1
    assert joined(pieces)[0] == 0 and min(joined(pieces)[1:]) > 0
    # Some cut parts the bridge alone.
    edges = [np.flatnonzero(piece.any(axis=0)) for piece in inks(pieces)]
    assert any(60 <= edge[-1] <= 90 for edge in edges[:-1])
    np.testing.assert_array_equal(np.maximum.reduce(inks(pieces)), ink[:, :150])


def test_a_piece_that_reads_well_is_not_cut_unless_it_is_too_wide_for_a_digit() -> None:
    block, wide = np.full((100, 100), 255, np.uint8), np.full((100, 300), 255, np.uint8)
    block[10:90, 10:90], wide[10:90, 10:290] = 0, 0
    assert len(all_cut(block)) > 1
    assert len(take_apart(block)) == 1
    assert len(take_apart(wide)) > 1


def test_a_narrow_piece_stays_whole() -> None:
    ink = np.zeros((100, 100), np.uint8)
    ink[:, 20:40] = 255
    ink[:, 38:42] = 255
    assert len(all_cut(ink)) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (3000, 20)])
def test_ink_of_any_shape_is_taken_apart(shape: tuple[int, int]) -> None:
    pieces = all_cut(np.full(shape, 255, np.uint8))
    assert len(pieces) >= 1
    assert all(piece.any() for piece in inks(pieces))


def test_cuts_lie_everywhere_so_that_the_right_one_is_among_them() -> None:
    ink = np.zeros((100, 120), np.uint8)
    ink[:10], ink[-10:] = 255, 255  # two rails, as thin everywhere
    ink[:, :10], ink[:, -10:] = 255, 255
    rights = [box.right for box in all_cut(ink).boxes[:-1]]
    assert 8 <= len(rights) <= 120 / (100 * CUTS_APART)
    assert max(np.diff(rights)) <= 3 * 100 * CUTS_APART


def test_however_wide_ink_is_there_are_so_many_cuts_at_most() -> None:
    ink = np.zeros((100, 2300), np.uint8)
    ink[:10], ink[-10:] = 255, 255
    ink[:, :10], ink[:, -10:] = 255, 255
    assert 20 < len(take_apart(ink)) <= MOST_CUTS + 1
    # Two of them share the cuts.
    assert 20 < len(take_apart(np.hstack([ink, np.zeros((100, 50), np.uint8), ink]))) <= MOST_CUTS + 2


def test_a_cut_goes_around_ink_and_leaves_no_crumbs() -> None:
    ink = np.zeros((80, 100), np.uint8)
    ink[:, 10:18], ink[:, 80:88] = 255, 255
    ink[38:44, 18:80] = 255
    pieces = all_cut(ink)
    assert all(piece.ink.sum() > 255 * pieces.pen**2 for piece in pieces.pieces)
    assert all(piece.joined < 1.5 for piece in pieces.pieces)  # the bar alone is cut
