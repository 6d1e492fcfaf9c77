"""Ink → its pieces from left to right, cut where two digits may touch."""

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from scipy import ndimage

from mnist_core.preprocessing.ink import bounds, pen_width
from mnist_core.preprocessing.segmentation import LARGEST_ASPECT, MOST_UNITS, NARROWEST_PAIR, SMALLEST_DIGIT, Box

# Cuts lie so far apart, and each goes so far to either side of its column, in shares of the ink's height; further
# apart where there would be more of them.
MOST_CUTS = 40
CUTS_APART = 0.05
REACH = 0.05
# Where two ways go through as little ink, the one nearer to its column is taken.
PRICE_OF_DEVIATION = 0.02
# Ink is taken apart at this height in pixels, four times that of MNIST's digits.
WORKING_HEIGHT = 80
WORKING_WIDTH = 2400
FAINT = 40  # of 255


@dataclass(frozen=True)
class Piece:
    """One piece of ink."""

    ink: np.ndarray  # uint8 `[height, width]`, as large as the whole: the ink of this piece alone
    joined: float = 0.0  # how many pen widths of ink join it to the one before it
    doubtful: bool = False  # whether two digits may touch in it, which only reading it can tell


@dataclass(frozen=True)
class Pieces:
    """Ink taken apart."""

    pieces: tuple[Piece, ...]  # from left to right
    pen: float  # width of the pen in pixels of the pieces
    factor: float  # how much larger the picture is in which they lie
    corner: tuple[float, float]  # where they lie in it: left and top

    def __len__(self) -> int:
        return len(self.pieces)

    @property
    def boxes(self) -> list[Box]:
        """Where each lies in that picture, as if the pen were a point: what is judged is where the strokes run."""
        return [_box_of(piece.ink).without(self.pen / 2).placed(self.factor, *self.corner) for piece in self.pieces]

    def cut(self, numbers: Collection[int]) -> "Pieces":
        """Cuts the pieces of these numbers."""
        apart = _apart([self.pieces[number].ink for number in numbers])
        parts: list[Piece] = []
        for number, piece in enumerate(self.pieces):
            parts += _parted(piece.ink, self.pen, apart) if number in numbers else [piece]
        return replace(self, pieces=tuple(parts))

    def placed(self, scale: float, left: float, top: float) -> "Pieces":
        """Returns the same in a picture that is larger by `scale` and begins further left and up."""
        corner = left + scale * self.corner[0], top + scale * self.corner[1]
        return replace(self, factor=scale * self.factor, corner=corner)


def take_apart(ink: np.ndarray) -> Pieces:
    """Takes ink, uint8 `[height, width]`, apart into connected pieces, and cuts those too wide for one digit."""
    rows, columns = bounds(ink)
    cropped = ink[rows, columns]
    factor = max(cropped.shape[0] // WORKING_HEIGHT, cropped.shape[1] // WORKING_WIDTH, 1)
    small = shrunk(cropped, factor)
    pen = max(pen_width(small > FAINT), 1.0)
    wholes = _connected(small)
    boxes = [_box_of(whole).without(pen / 2) for whole in wholes]
    narrow = [box.width < NARROWEST_PAIR * len(small) for box in boxes]
    wide = [not slim and box.width > LARGEST_ASPECT * box.height for box, slim in zip(boxes, narrow, strict=True)]
    apart = _apart(list(itertools.compress(wholes, wide)))
    pieces: list[Piece] = []
    for whole, too_wide, slim in zip(wholes, wide, narrow, strict=True):
        pieces += _parted(whole, pen, apart) if too_wide else [Piece(whole, doubtful=not slim)]
    return Pieces(tuple(pieces), pen, factor, (columns.start, rows.start))


def shrunk(ink: np.ndarray, factor: int) -> np.ndarray:
    """Shrinks ink by a whole factor; faint or thin lines become as strong as bold ones, and none is lost."""
    small = np.asarray(Image.fromarray(ink).reduce(factor), np.float32)
    usual = float(np.quantile(small[small > 0], 0.75)) if small.any() else 0.0
    if usual < 1:
        return np.full((1, 1), 255, np.uint8)  # a few grains, nothing to take apart
    return np.rint((small * (255 / usual)).clip(0, 255)).astype(np.uint8)


def _connected(ink: np.ndarray) -> list[np.ndarray]:
    """Returns the connected pieces, from left to right; what is too small for a digit belongs to its neighbour."""
    labels, number = ndimage.label(ink > FAINT, structure=np.ones((3, 3)))
    places = ndimage.find_objects(labels)
    large = [
        label
        for label, (rows, columns) in enumerate(places, 1)
        if max(rows.stop - rows.start, columns.stop - columns.start) >= SMALLEST_DIGIT * ink.shape[0]
    ] or list(range(1, number + 1))
    if len(large) > MOST_UNITS:
        return [ink]  # a texture, or a page of writing
    # Faint edges and small pieces go to the nearest large one.
    nearest = ndimage.distance_transform_edt(~np.isin(labels, large), return_distances=False, return_indices=True)
    owners = labels[tuple(nearest)]
    large.sort(key=lambda label: places[label - 1][1].start + places[label - 1][1].stop)
    return [np.where(owners == label, ink, 0).astype(np.uint8) for label in large]


def _apart(inks: Sequence[np.ndarray]) -> int:
    """Returns how far apart cuts lie, in pixels, if these pieces are cut."""
    if not inks:
        return 1
    return math.ceil(max(CUTS_APART * len(inks[0]), sum(_box_of(ink).width for ink in inks) / MOST_CUTS, 2))


def _parted(ink: np.ndarray, pen: float, apart: int) -> list[Piece]:
    """Cuts one piece along the ways of least ink from top to bottom, wherever two digits may touch."""
    costs, ways = seams(ink, max(round(REACH * len(ink)), 1))
    rows, columns = np.arange(len(ink)), np.arange(ink.shape[1])
    least = 255 * pen**2  # less is the end of a stroke
    pieces, rest, joined = list[Piece](), ink, 0.0
    for column in _columns_of_cuts(ink, costs, pen, apart):
        way = ways[column].clip(0, ink.shape[1] - 1)[:, np.newaxis]
        piece, remaining = np.where(columns > way, 0, rest), np.where(columns > way, rest, 0)
        if piece.sum() > least and remaining.sum() > least:
            pieces.append(Piece(piece, joined))
            rest, joined = remaining, float(ink[rows, way[:, 0]].sum()) / 255 / pen
    return [*pieces, Piece(rest, joined)]


def _columns_of_cuts(ink: np.ndarray, costs: np.ndarray, pen: float, apart: int) -> list[int]:
    """Chooses the columns whose ways cost least (float `[width]`), each at some distance from the others."""
    box, rim = _box_of(ink), round(pen)
    chosen: list[int] = []
    for column in sorted(range(int(box.left) + rim, int(box.right) - rim), key=lambda column: costs[column]):
        if all(abs(column - other) >= apart for other in chosen):
            chosen.append(column)
    return sorted(chosen)


def seams(ink: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Finds for each column the way from top to bottom through the least ink, within reach of the column.

    A way moves by at most a column a row (Avidan and Shamir, "Seam Carving", 2007).

    Args:
        ink: uint8 `[height, width]`.
        reach: How far a way may leave its column, in pixels.

    Returns:
        What each way costs, about the pixels of ink that it goes through, float32 `[width]`, and where it runs, a
        column for each row, int `[width, height]`; it may lie beyond the edges.
    """
    padded = np.pad(ink.astype(np.float32) / 255, ((0, 0), (reach, reach)))
    around_columns = sliding_window_view(padded, 2 * reach + 1, axis=1)
    deviation = np.float32(PRICE_OF_DEVIATION) * np.abs(np.arange(-reach, reach + 1, dtype=np.float32)) / reach
    height, width, places = around_columns.shape
    came_from = np.zeros((height, width, places), np.int8)  # from the place to the left, the same one, or to the right
    total = around_columns[0] + deviation
    for row in range(1, height):
        wider = np.pad(total, ((0, 0), (1, 1)), constant_values=np.inf)
        before = np.stack([wider[:, 1:-1], wider[:, :-2], wider[:, 2:]])
        came_from[row] = np.array([0, -1, 1], np.int8)[before.argmin(axis=0)]
        total = around_columns[row] + deviation + before.min(axis=0)
    ways = np.empty((width, height), int)
    ways[:, -1] = total.argmin(axis=1)
    for row in range(height - 1, 0, -1):
        ways[:, row - 1] = ways[:, row] + came_from[row, np.arange(width), ways[:, row]]
    return total.min(axis=1), ways + np.arange(-reach, width - reach)[:, np.newaxis]


def _box_of(ink: np.ndarray) -> Box:
    rows, columns = bounds(ink > FAINT)
    return Box(columns.start, rows.start, columns.stop, rows.stop)
