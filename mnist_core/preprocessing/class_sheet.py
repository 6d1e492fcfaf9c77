"""The class's printed sheet: where its boxes lie, and how a photograph of it is laid flat again by its four marks.

The sheet has a row of boxes for each digit. Its marks are black squares in the corners; that of the upper left has a
hole, which tells which way up the sheet was photographed.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from mnist_core.mnist import CLASSES
from mnist_core.preprocessing import pipeline
from mnist_core.preprocessing.ink import tight_box
from mnist_core.preprocessing.ink_extraction import find_ink
from mnist_core.preprocessing.panels import Corners, area_of, four_corners, homography
from mnist_core.preprocessing.pipeline import Stages

# --- The sheet, in millimetres -----------------------------------------------------------------------------------

PAGE = (210.0, 297.0)  # A4
MARK, HOLE = 9.0, 4.5  # the sides of a mark, and of the hole in the first
# Middles of the marks, clockwise from the upper left.
MARKS = ((16.0, 18.0), (194.0, 18.0), (194.0, 283.0), (16.0, 283.0))
ROWS, COLUMNS = CLASSES, 9
LEFT, TOP = 24.0, 33.0  # of the boxes
BOX_WIDTH, BOX_HEIGHT = 18.6, 24.0
LINE = 0.25  # width of a box's line


def geometry() -> dict[str, object]:
    """All of it by name, for whoever prints the sheet."""
    return {
        "page": PAGE,
        "mark": MARK,
        "hole": HOLE,
        "marks": MARKS,
        "rows": ROWS,
        "columns": COLUMNS,
        "left": LEFT,
        "top": TOP,
        "width": BOX_WIDTH,
        "height": BOX_HEIGHT,
        "line": LINE,
    }


# --- A photograph of it ------------------------------------------------------------------------------------------

# The marks are looked for on a copy of this side, in pixels: there they have 20 or more.
COPY_SIDE = 1200
SMALLEST_MARK = 8
# Black is darker than this share of the lightest within so far, as a share of the picture; no mark is larger.
BLACK, AROUND = 0.45, 1 / 20
# What a mark fills of its hull and its hull of its four corners; and its hole of the hull.
SOLID, FOUR_SIDED, HOLES = 0.85, 0.8, (0.1, 0.42)
LONGEST_ASPECT = 2.0
MOST_MARKS = 24
# By how much sizes may depart from what the sheet has, as a factor: perspective makes what is far small.
TOLERANCE = 1.7
# And how far two marks may lie from each other, where the others are not seen.
LIKE_THE_SHEET = 1.25
# The flat sheet, in pixels a millimetre at most, and what is cut off at each side of a box.
SHARPEST = 6.0
INSET = 1.3
# Ink that reaches the edge of a box comes no further in than this share: a line, or a neighbour's digit.
RIM = 0.12
# Ink that stands out less than this, as a share of that of most boxes, is dirt, or shines through.
FAINTEST = 0.35


@dataclass(frozen=True)
class Cell:
    """A box in which something is written."""

    row: int  # from the top; the digit that belongs there
    column: int  # from the left
    stages: Stages  # its ink on the way to 28×28


def read(grey: np.ndarray) -> list[Cell] | None:
    """Finds the sheet in a grey picture, uint8 `[height, width]`, and what is written in it.

    Returns:
        The boxes that are not empty, row by row; None where the picture does not show the whole sheet.
    """
    marks = find_marks(grey)
    return None if marks is None else list(_written(*_flat(grey, marks)))


@dataclass(frozen=True)
class _Mark:
    middle: np.ndarray  # float `[2]`, x and y
    side: float
    hollow: bool


def find_marks(grey: np.ndarray) -> Corners | None:
    """Finds the middles of the four marks in the order of `MARKS`, float `[4, 2]`; None where they are not all seen."""
    marks, factor = _largest_marks(grey)
    best, found = math.inf, None
    for first in (mark for mark in marks if mark.hollow):
        others = [
            mark for mark in marks if not mark.hollow and 1 / TOLERANCE**2 < mark.side / first.side < TOLERANCE**2
        ]
        for three in itertools.combinations(others, 3):
            middles = _clockwise(first, three)
            if (misfit := _misfit(middles, [first, *three])) < best:
                best, found = misfit, middles
    return None if found is None or best > math.log(TOLERANCE) else found * factor


def is_cut_off(grey: np.ndarray) -> bool:
    """Whether a picture without all four marks shows the sheet's first and another, as far from it as on the sheet."""
    marks, _ = _largest_marks(grey)
    return any(
        _lie_like_the_sheets(first, other)
        for first, other in itertools.permutations(marks, 2)
        if first.hollow and not other.hollow
    )


def _lie_like_the_sheets(first: _Mark, other: _Mark) -> bool:
    """Whether another mark is as far from the first as on the sheet, measured by how large they are."""
    distances = np.linalg.norm(np.array(MARKS[1:]) - MARKS[0], axis=1)
    scale = math.sqrt(first.side * other.side) / MARK
    seen = float(np.linalg.norm(other.middle - first.middle)) / scale
    return bool(np.abs(np.log(seen / distances)).min() < math.log(LIKE_THE_SHEET))


def _largest_marks(grey: np.ndarray) -> tuple[list[_Mark], float]:
    """The largest dark squares of a picture, seen on a copy, and how many times smaller that is."""
    factor = max(max(grey.shape) / COPY_SIDE, 1.0)
    size = round(grey.shape[1] / factor), round(grey.shape[0] / factor)
    small = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))
    return sorted(_marks(small), key=lambda mark: -mark.side)[:MOST_MARKS], factor


def _marks(small: np.ndarray) -> Iterator[_Mark]:
    """Yields the dark squares of a picture; paper is near each, however dark the light or the desk is."""
    largest = round(max(small.shape) * AROUND)
    lightest = ndimage.maximum_filter(ndimage.median_filter(small, 3), 2 * largest + 1)
    labels, _ = ndimage.label(small < BLACK * lightest)
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        height, width = (side.stop - side.start for side in place)
        longest = max(height, width)
        if min(height, width) < SMALLEST_MARK or longest > LONGEST_ASPECT * min(height, width):
            continue
        if longest <= largest and (mark := _mark(labels[place] == number)):
            corner = np.array([place[1].start, place[0].start])
            yield _Mark(mark.middle + corner, mark.side, mark.hollow)


def _mark(area: np.ndarray) -> _Mark | None:
    """Describes an area, bool `[height, width]`, if it is four-sided and solid, or has a hole in its middle."""
    filled = ndimage.binary_fill_holes(area)
    rows, columns = np.nonzero(filled)
    # The corners of pixels: a small square is as large as it is.
    points = np.concatenate([np.stack([columns + x, rows + y], axis=1) for x in (0, 1) for y in (0, 1)])
    try:
        hull = ConvexHull(points.astype(np.float64))
    except QhullError:
        return None
    corners = four_corners(points[hull.vertices].astype(np.float64))
    size = area_of(corners)
    hole = 1 - area.sum() / filled.sum()
    if filled.sum() < SOLID * hull.volume or size < FOUR_SIDED * hull.volume or 0.03 < hole < HOLES[0]:
        return None
    return _Mark(corners.mean(axis=0), math.sqrt(size), HOLES[0] <= hole) if hole <= HOLES[1] else None


def _clockwise(first: _Mark, three: Sequence[_Mark]) -> Corners:
    points = np.array([first.middle, *(mark.middle for mark in three)])
    middle = points.mean(axis=0)
    order = np.argsort(np.arctan2(points[:, 1] - middle[1], points[:, 0] - middle[0]))
    order = np.roll(order, -int(np.flatnonzero(order == 0)[0]))
    ordered: Corners = points[order]
    return ordered


def _misfit(middles: Corners, marks: Sequence[_Mark]) -> float:
    """How far four marks depart from what the sheet has, as the logarithm of a factor; infinite where they cannot be.

    Looked at are the sides of the quadrilateral beside those of the sheet, and the marks' own size beside them.
    """
    edges = np.roll(middles, -1, axis=0) - middles
    after = np.roll(edges, -1, axis=0)
    if (edges[:, 0] * after[:, 1] - edges[:, 1] * after[:, 0] <= 0).any():
        return math.inf
    scales = np.log(_scales(middles))
    sizes = np.log([mark.side / MARK for mark in marks])
    return float(max(np.abs(scales - scales.mean()).max(), abs(sizes.mean() - scales.mean()), np.ptp(sizes) / 2))


def _scales(marks: Corners) -> np.ndarray:
    """How many pixels a millimetre has along each side between the marks, float `[4]`."""
    seen, printed = (
        np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1) for corners in (marks, np.array(MARKS))
    )
    scales: np.ndarray = seen / printed
    return scales


def _flat(grey: np.ndarray, marks: Corners) -> tuple[np.ndarray, float]:
    """Lays the sheet flat: uint8 `[height, width]`, and how many pixels a millimetre has."""
    scale = min(float(_scales(marks).max()), SHARPEST)
    width, height = (round(side * scale) for side in PAGE)
    numbers = homography(np.array(MARKS) * scale, marks)
    flat = Image.fromarray(grey).transform(
        (width, height), Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BILINEAR
    )
    return np.asarray(flat), scale


def box_of(row: int, column: int) -> tuple[float, float, float, float]:
    """Returns left, top, right and bottom of a box, in millimetres."""
    left, top = LEFT + column * BOX_WIDTH, TOP + row * BOX_HEIGHT
    return left, top, left + BOX_WIDTH, top + BOX_HEIGHT


def _written(flat: np.ndarray, scale: float) -> Iterator[Cell]:
    """Yields what stands in the boxes of the flat sheet, but for what is much fainter than in most."""
    found = []
    for row, column in itertools.product(range(ROWS), range(COLUMNS)):
        left, top, right, bottom = box_of(row, column)
        place = tuple(
            slice(round((start + INSET) * scale), round((stop - INSET) * scale))
            for start, stop in ((top, bottom), (left, right))
        )
        if written := _ink_of(flat[place]):
            found.append((row, column, flat[place], *written))
    usual = float(np.median([strength for *_, strength in found])) if found else 0.0
    for row, column, grey, ink, strength in found:
        if strength >= FAINTEST * usual:
            yield Cell(row, column, pipeline.from_ink(ink, grey))


def _ink_of(grey: np.ndarray) -> tuple[np.ndarray, float] | None:
    """The dark ink in a box, uint8, and how much darker than its paper it is, in grey levels; None in an empty one."""
    found, dark = find_ink(grey)
    ink = _off_the_rim(found)
    if not dark or max(tight_box(ink).shape) < pipeline.SMALLEST_INK or ink.max() < 128:
        return None
    return ink, float(np.median(grey)) - float(np.median(grey[ink >= 128]))


def _off_the_rim(ink: np.ndarray) -> np.ndarray:
    """The ink without what only stands at the edge of a box."""
    labels, number = ndimage.label(ink, structure=np.ones((3, 3)))
    rim = max(round(RIM * min(ink.shape)), 1)
    kept = np.zeros(number + 1, bool)
    kept[labels[rim:-rim, rim:-rim]] = True
    kept[0] = False
    return np.where(kept[labels], ink, 0).astype(np.uint8)
