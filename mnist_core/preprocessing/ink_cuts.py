"""Ink → its pieces from left to right, cut where two digits may touch."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_core.preprocessing.ink import bounds, pen_width
from mnist_core.preprocessing.segmentation import LARGEST_ASPECT, MOST_UNITS, NARROWEST_PAIR, SMALLEST_DIGIT, Box

MOST_CUTS = 5
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
        parts: list[Piece] = []
        for number, piece in enumerate(self.pieces):
            parts += _parted(piece.ink, self.pen) if number in numbers else [piece]
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
    pieces: list[Piece] = []
    for whole in _connected(small):
        box = _box_of(whole).without(pen / 2)
        narrow = box.width < NARROWEST_PAIR * whole.shape[0]
        wide = not narrow and box.width > LARGEST_ASPECT * box.height
        pieces += _parted(whole, pen) if wide else [Piece(whole, doubtful=not narrow)]
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


def _parted(ink: np.ndarray, pen: float) -> list[Piece]:
    """Cuts one piece along the thinnest ways from top to bottom."""
    box, apart = _box_of(ink), max(round(0.2 * ink.shape[0]), 2)
    thickness = ndimage.gaussian_filter1d((ink > FAINT).sum(axis=0).astype(float), max(ink.shape[0] / 40, 0.5))
    rim = round(pen + 0.05 * ink.shape[0])
    # The thinnest columns first, each at some distance from those chosen before.
    chosen: list[int] = []
    for column in sorted(range(int(box.left) + rim, int(box.right) - rim), key=lambda column: thickness[column]):
        if len(chosen) < MOST_CUTS and all(abs(column - other) >= apart for other in chosen):
            chosen.append(column)
    pieces, rest, crossed = [], ink, 0.0
    for column in sorted(chosen):
        seam = _seam(ink, column, apart // 2)
        beyond = np.arange(ink.shape[1]) > seam[:, np.newaxis]
        piece, remaining = np.where(beyond, 0, rest), np.where(beyond, rest, 0)
        if (piece > FAINT).any() and (remaining > FAINT).any():
            pieces.append(Piece(piece, crossed))
            rest, crossed = remaining, float(ink[np.arange(len(seam)), seam].sum()) / 255 / pen
    return [*pieces, Piece(rest, crossed)]


def _seam(ink: np.ndarray, column: int, reach: int) -> np.ndarray:
    """Returns the way from top to bottom through the least ink, a column for each row, within reach of a column.

    It moves by at most a column a row (Avidan and Shamir, "Seam Carving", 2007).
    """
    start = max(column - reach, 0)
    cost = (
        ink[:, start : column + reach + 1] / 255
        + 0.02 * np.abs(np.arange(start, min(column + reach + 1, ink.shape[1])) - column) / reach
    )
    total = cost.copy()
    for row in range(1, len(cost)):
        padded = np.pad(total[row - 1], 1, constant_values=np.inf)
        total[row] += np.minimum(np.minimum(padded[:-2], padded[2:]), padded[1:-1])
    way = np.empty(len(cost), int)
    way[-1] = int(total[-1].argmin())
    for row in range(len(cost) - 2, -1, -1):
        low = max(way[row + 1] - 1, 0)
        way[row] = low + int(total[row, low : way[row + 1] + 2].argmin())
    return way + start


def _box_of(ink: np.ndarray) -> Box:
    rows, columns = bounds(ink > FAINT)
    return Box(columns.start, rows.start, columns.stop, rows.stop)
