"""A sheet of digits → its rows, each with what may be one digit of it, and its signs, before any model is asked."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import ndimage

from mnist_core.preprocessing import candidates, layout, signs
from mnist_core.preprocessing.candidates import Candidates
from mnist_core.preprocessing.ink import bounds, pen_width
from mnist_core.preprocessing.ink_cuts import FAINT, seams, shrunk
from mnist_core.preprocessing.layout import Row
from mnist_core.preprocessing.pipeline import Stages
from mnist_core.preprocessing.segmentation import Box, around
from mnist_core.preprocessing.signs import Mark
from mnist_core.preprocessing.strokes import Strokes

# A row that falls or rises by less than this share of its digits' height is read as a level one.
LEVEL = 0.35
# Two rows this close, in heights, may be one digit in two parts; only a model can tell.
CLOSE = 0.2
# So wide a candidate, in heights of its row, is not one digit.
WIDEST_DIGIT = 2.5
# A sheet's ink is taken apart at this size in pixels: digits of 14 rows are still twice as high as MNIST's.
WORKING_SIDE = 1200
MOST_PIECES = 2000  # specks and all
SMALLEST_TOUCH = 0.7  # in pen widths
SMALLEST_DIGIT = 3  # in pen widths
# What is so much taller than most pieces, of so many at least, and so wide as a share of its height, may be digits of
# several rows that touch. Rows lie so far apart then, in heights of a digit, and a cut between them so near to its
# place and so level. Of 100 simulated photographs of grids by writers who are trained on, 91 % of the digits were right
# in their place without it, and 96 % are by it.
TALL, FEWEST_TO_COMPARE, NARROWEST_TALL = 1.75, 3, 0.15
ROW_PITCH, NEAR, LEVEL_REACH = 1.2, 0.35, 0.15
MOST_TALL = 30  # more are a texture, or a page of writing


@dataclass(frozen=True)
class SheetRow:
    """One row of a sheet."""

    row: Row
    seen: Candidates | None  # what may be a digit, each as if the row were level; None where there are signs alone
    signs: tuple[tuple[Box, str], ...]  # where each sign lies on the sheet, and which it is


@dataclass(frozen=True)
class Sheet:
    """Rows of what may be digits, from top to bottom."""

    rows: tuple[SheetRow, ...]
    may_be_one: bool  # whether it may as well be one row, of digits in parts


def of_strokes(strokes: Strokes, stages: Stages) -> Sheet | None:
    """Returns the rows of a drawing; None where it is one level row without signs, or too much."""
    if len(strokes) < 2:
        return None
    marks = [signs.mark_of_stroke(stroke) for stroke in strokes]

    def seen(units: Sequence[int], row: Row) -> Candidates:
        found = candidates.of_strokes([strokes[unit] for unit in units], stages, WIDEST_DIGIT * row.height)
        return replace(found, boxes=[row.levelled(box) for box in found.boxes])

    return _sheet(marks, seen)


def of_pieces(pieces: "InkPieces", stages: Stages) -> Sheet | None:
    """Returns the rows of the ink in a picture, which was taken apart; as `of_strokes`."""

    def seen(units: Sequence[int], row: Row) -> Candidates:
        # Whole pieces are moved until the row is level, so that no digit is sheared.
        ink, (left, top) = pieces.row_ink(units, row.slope)
        x, y = (pieces.corner[axis] + pieces.factor * place for axis, place in enumerate((left, top)))
        corner = x, y - row.slope * pieces.corner[0]
        return candidates.of_row_ink(stages, ink, pieces.factor, corner, WIDEST_DIGIT * row.height)

    return _sheet(pieces.marks, seen)


def _sheet(marks: Sequence[Mark], seen: Callable[[Sequence[int], Row], Candidates]) -> Sheet | None:
    """Groups marks into rows and signs; `seen` says what may be one digit among some of them, were their row level."""
    if not 2 <= len(marks) <= layout.MOST_UNITS_OF_A_SHEET:
        return None
    boxes = [mark.box for mark in marks]
    bars = signs.rulings(marks, layout.digit_height([mark.box for mark in marks if not mark.is_flat] or boxes))
    others = [index for index in range(len(marks)) if index not in bars]
    if not others:
        return None
    rows = [
        replace(row, units=tuple(others[unit] for unit in row.units))
        for row in layout.rows_of([boxes[index] for index in others])
    ]
    found = [
        signs.signs_of_row([marks[u] for u in row.units], [row.levelled(boxes[u]) for u in row.units]) for row in rows
    ]
    if not bars and len(rows) == 1 and not found[0] and _is_level(rows[0], boxes):
        return None
    read = [_row(row, boxes, places, seen) for row, places in zip(rows, found, strict=True)]
    return Sheet(tuple(_with_bars(read, [boxes[bar] for bar in bars])), _may_be_one(rows, boxes))


def _row(row: Row, boxes: Sequence[Box], found: Mapping[int, str], seen: Callable[..., Candidates]) -> SheetRow:
    units = [unit for place, unit in enumerate(row.units) if place not in found]
    placed = signs.joined([(boxes[row.units[place]], sign) for place, sign in found.items()])
    return SheetRow(row, seen(units, row) if units else None, tuple(placed))


def _with_bars(rows: Sequence[SheetRow], bars: Sequence[Box]) -> list[SheetRow]:
    """Puts fraction bars and rulings between the rows, each as a row of its own, by where they lie on the sheet."""
    alone = [SheetRow(Row((), 0.0, max(bar.height, 1.0)), None, ((bar, signs.BAR),)) for bar in bars]
    if not alone:
        return list(rows)
    # What lies above the middle of a row's digits there comes before it.
    result = list(rows)
    for bar_row in sorted(alone, key=lambda entry: entry.signs[0][0].top):
        bar = bar_row.signs[0][0]
        before = [place for place, row in enumerate(result) if _lies_above(row, bar)]
        result.insert(max(before, default=-1) + 1, bar_row)
    return result


def _lies_above(row: SheetRow, bar: Box) -> bool:
    boxes = [box for box, _ in row.signs]
    if row.seen:
        boxes += [row.row.on_sheet(box) for box in row.seen.boxes]
    whole = around(boxes)
    return whole.top + whole.bottom <= bar.top + bar.bottom


def _is_level(row: Row, boxes: Sequence[Box]) -> bool:
    """Whether a row falls or rises so little that its digits overlap from top to bottom."""
    whole = around([boxes[unit] for unit in row.units])
    return abs(row.slope) * whole.width <= LEVEL * row.height


def _may_be_one(rows: Sequence[Row], boxes: Sequence[Box]) -> bool:
    """Whether all may be one row with a digit in two parts: of two rows, one is a single mark close to the other."""
    if len(rows) != 2 or min(len(row.units) for row in rows) > 1:
        return False
    single, other = sorted(rows, key=lambda row: len(row.units))
    box = boxes[single.units[0]]
    height = max(single.height, other.height)
    near = (boxes[unit] for unit in other.units)
    return any(
        min(box.right, one.right) > max(box.left, one.left)
        and max(box.top, one.top) - min(box.bottom, one.bottom) < CLOSE * height
        for one in near
    )


# --- Ink ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class InkPieces:
    """The connected pieces of a picture's ink, in a smaller copy of it."""

    ink: np.ndarray  # uint8 `[height, width]`
    labels: np.ndarray  # int, as large: which piece each pixel belongs to
    names: tuple[int, ...]  # the label of each piece
    places: tuple[tuple[slice, slice], ...]  # where each lies there: rows and columns
    factor: float  # how much larger the picture is
    corner: tuple[float, float]  # and where the copy begins in it: left and top
    pen: float  # width of the pen in the copy

    @cached_property
    def marks(self) -> list[Mark]:
        """Describes each piece where it lies in the picture."""
        found = []
        for name, (rows, columns) in zip(self.names, self.places, strict=True):
            box = Box(columns.start, rows.start, columns.stop, rows.stop).without(self.pen / 2)
            placed = box.placed(self.factor, *self.corner)
            found.append(signs.mark_of_ink(self.labels[rows, columns] == name, self.pen, placed))
        return found

    @cached_property
    def _edges(self) -> np.ndarray:
        """Left, top, right and bottom of each piece that is no speck, int `[pieces, 4]`; specks have no extent."""
        edges = np.array([(columns.start, rows.start, columns.stop, rows.stop) for rows, columns in self.places])
        edges = edges.reshape(-1, 4)
        edges[edges[:, 3] - edges[:, 1] < SMALLEST_DIGIT * self.pen] = -1
        return edges

    @cached_property
    def tall(self) -> dict[int, np.ndarray]:
        """What may be digits of several rows that touch, uint8 ink by number: all that is much taller than the others.

        A line is narrower, and a frame has others within.
        """
        left, top, right, bottom = self._edges.T
        heights, widths = bottom - top, right - left
        if (heights > 0).sum() < FEWEST_TO_COMPARE:
            return {}
        is_tall = (heights > TALL * self._usual_height) & (widths > NARROWEST_TALL * heights)
        found = [number for number in np.flatnonzero(is_tall).tolist() if not self._holds_others(number)]
        return {number: self._piece(number) for number in found} if len(found) <= MOST_TALL else {}

    def _holds_others(self, number: int) -> bool:
        outer = self._edges[number]
        return bool(((self._edges[:, :2] > outer[:2]) & (self._edges[:, 2:] < outer[2:])).all(axis=1).any())

    @cached_property
    def _usual_height(self) -> float:
        heights = self._edges[:, 3] - self._edges[:, 1]
        return float(np.median(heights[heights > 0]))

    def of_usual_size(self, most: int) -> list[np.ndarray]:
        """The ink of pieces that are about as long as most are, however the picture lies: uint8 `[height, width]` each.

        Of more than so many, some of all of the page are taken, as a heading says nothing of its digits.
        """
        sides = np.array([max(side.stop - side.start for side in place) for place in self.places])
        large = sides >= SMALLEST_DIGIT * self.pen
        if not large.any():
            return []
        usual = np.median(sides[large])
        usual_ones = np.flatnonzero(large & (sides >= usual / 2) & (sides <= 2 * usual))
        spread = np.linspace(0, len(usual_ones) - 1, min(most, len(usual_ones))).round().astype(int)
        return [self._piece(number) for number in usual_ones[spread].tolist()]

    def cut(self, numbers: Collection[int]) -> "InkPieces":
        """Cuts the pieces of these numbers from left to right, along ways of least ink, into as many as would fit."""
        labels, names = self.labels.copy(), list(self.names)
        for number in numbers:
            there = labels[self.places[number]]
            mine = there == self.names[number]
            for way in _level_ways(self._piece(number), self._usual_height):
                names.append(max(names) + 1)
                there[mine & (np.arange(len(mine))[:, np.newaxis] > way)] = names[-1]
        found = dict(enumerate(ndimage.find_objects(labels), 1))
        places = {name: found[name] for name in names if found.get(name)}
        return replace(self, labels=labels, names=tuple(places), places=tuple(places.values()))

    def _piece(self, number: int) -> np.ndarray:
        rows, columns = self.places[number]
        piece: np.ndarray = np.where(self.labels[rows, columns] == self.names[number], self.ink[rows, columns], 0)
        return piece

    def row_ink(self, units: Sequence[int], slope: float) -> tuple[np.ndarray, tuple[int, int]]:
        """Returns some pieces, each moved up or down against the slope, and the left and top of what they form."""
        moved = []
        for unit in units:
            rows, columns = self.places[unit]
            piece = self._piece(unit)
            moved.append((columns.start, rows.start - round(slope * (columns.start + columns.stop) / 2), piece))
        left, top = min(x for x, _, _ in moved), min(y for _, y, _ in moved)
        right = max(x + piece.shape[1] for x, _, piece in moved)
        bottom = max(y + piece.shape[0] for _, y, piece in moved)
        ink = np.zeros((bottom - top, right - left), np.uint8)
        for x, y, piece in moved:
            there = ink[y - top : y - top + piece.shape[0], x - left : x - left + piece.shape[1]]
            np.maximum(there, piece, out=there)
        return ink, (left, top)


def _level_ways(ink: np.ndarray, usual: float) -> list[np.ndarray]:
    """Finds the ways from left to right through the least ink, between as many rows as usually high as would fit.

    Each is a row for each column, int `[width]`, from top to bottom.
    """
    number = max(round(len(ink) / (ROW_PITCH * usual)), 2)
    reach = max(round(LEVEL_REACH * usual), 1)
    costs, ways = seams(np.ascontiguousarray(ink.T), reach)
    found = []
    for place in range(1, number):
        middle = place * len(ink) / number
        near = np.arange(max(round(middle - NEAR * usual), 1), min(round(middle + NEAR * usual), len(ink) - 1))
        if len(near):
            found.append(ways[near[costs[near].argmin()]])
    return found


def pieces_of(ink: np.ndarray) -> InkPieces | None:
    """Takes ink apart into connected pieces; None where there is one alone, or too many."""
    rows, columns = bounds(ink)
    factor = max(math.ceil(max(rows.stop - rows.start, columns.stop - columns.start) / WORKING_SIDE), 1)
    small = shrunk(ink[rows, columns], factor)
    labels, number = ndimage.label(small > FAINT, structure=np.ones((3, 3)))
    if not 2 <= number <= MOST_PIECES:
        return None
    pen = max(pen_width(small > FAINT), 1.0)
    places = ndimage.find_objects(labels)
    # What is smaller than a touch of the pen is a speck of the paper.
    kept = [
        name
        for name, place in enumerate(places, 1)
        if max(side.stop - side.start for side in place) >= SMALLEST_TOUCH * pen
    ]
    chosen = tuple(places[name - 1] for name in kept)
    return InkPieces(small, labels, tuple(kept), chosen, factor, (columns.start, rows.start), pen)
