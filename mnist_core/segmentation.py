"""Several digits side by side → the best way to take them apart, by trying what the model reads best.

A drawing is cut into units that no digit boundary crosses: strokes, or pieces of ink. Neighbouring units form
candidates; each is classified as if it stood alone, and dynamic programming finds the row of candidates that is most
probable as a whole, as in Matan, Burges, LeCun and Denker, "Multi-Digit Recognition Using a Space Displacement Neural
Network", 1992.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_core.ink import bounds, pen_width
from mnist_core.strokes import BOX, PEN_WIDTH

# A digit has at most so many units, and a row so many digits; beyond these it is a drawing of something else.
MOST_UNITS_OF_A_DIGIT = 5
MOST_UNITS = 40
# What geometry says, in natural logarithms of odds; lengths are shares of the row's height.
PRICE_OF_A_DIGIT = 0.7
# Of 1,441 pen digits in several strokes, 97 % overlap by this much or more.
LARGEST_GAP = -0.02
PRICE_OF_A_GAP = 60.0
# And 99 % of all pen digits are at most this much wider than high.
LARGEST_ASPECT = 1.3
PRICE_OF_WIDTH = 4.0
PRICE_OF_OVERLAP = 4.0
FREE_OVERLAP = 0.3
# A straight line is as wide as MNIST's pen: of no width, it would lie beside another that it covers.
NARROWEST_UNIT = PEN_WIDTH / BOX
SMALLEST_DIGIT = 0.35
PRICE_OF_SMALLNESS = 5.0
# Of a cut through ink, and of each pen width that it goes through; two digits that touch hang together by about one.
PRICE_OF_A_CUT = 1.0
PRICE_OF_A_PEN_WIDTH = 1.5
# A piece is cut where it is wide enough for two digits that touch, in shares of the row's height.
NARROWEST_PAIR = 0.5
MOST_CUTS = 5
# Ink is taken apart at this height in pixels, four times that of MNIST's digits.
WORKING_HEIGHT = 80
WORKING_WIDTH = 2400
FAINT = 40  # of 255


@dataclass(frozen=True)
class Box:
    """Where something lies, in pixels: left and right, top and bottom edge."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Its width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Its height."""
        return self.bottom - self.top

    @property
    def is_narrow(self) -> bool:
        """Whether it has no room for two digits beside each other."""
        return self.width < NARROWEST_PAIR * self.height

    def without(self, rim: float) -> "Box":
        """Returns the box without a rim all around, as far as there is room; a negative rim is added."""
        across, down = min(rim, self.width / 2), min(rim, self.height / 2)
        return Box(self.left + across, self.top + down, self.right - across, self.bottom - down)

    def at_least(self, width: float) -> "Box":
        """Returns the box, so wide at least, about the same middle."""
        missing = max(width - self.width, 0.0) / 2
        return Box(self.left - missing, self.top, self.right + missing, self.bottom)

    def placed(self, scale: float, left: float, top: float) -> "Box":
        """Returns the box in a picture that is larger by `scale` and begins further left and up."""
        return Box(
            left + scale * self.left, top + scale * self.top, left + scale * self.right, top + scale * self.bottom
        )


def around(boxes: Sequence[Box]) -> Box:
    """Returns the box around boxes."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def candidates(number: int) -> list[tuple[int, int]]:
    """Returns which neighbouring units may form a digit, as ranges `(first, last + 1)`; the first is the whole."""
    whole = (0, number)
    if number > MOST_UNITS:
        return [whole]
    ranges = [
        (first, last)
        for first in range(number)
        for last in range(first + 1, min(first + MOST_UNITS_OF_A_DIGIT, number) + 1)
    ]
    return [whole, *(entry for entry in ranges if entry != whole)]


def best_row(
    boxes: Sequence[Box],
    ranges: Sequence[tuple[int, int]],
    probabilities: np.ndarray,
    joined: Sequence[float] = (),
) -> list[int]:
    """Finds the row of digits that explains a drawing best.

    Args:
        boxes: Where each unit lies, from left to right.
        ranges: The candidates.
        probabilities: Their calibrated probabilities, float `[candidates, 10]`.
        joined: How many pen widths of ink join each unit to the one before it; nowhere any by default.

    Returns:
        Indices of the candidates that are a digit each, from left to right.
    """
    height = max(around(boxes).height, 1e-9)
    boxes = [box.at_least(NARROWEST_UNIT * height) for box in boxes]
    likelihoods = np.log(np.maximum(probabilities.max(axis=1), 1e-6))
    joined = joined or [0.0] * len(boxes)
    best: dict[int, tuple[float, list[int]]] = {}
    # Ordered by where they end, so that all rows that end before a candidate are known when it is looked at.
    for index in sorted(range(len(ranges)), key=lambda index: (ranges[index][1], ranges[index][0])):
        first, last = ranges[index]
        own = float(likelihoods[index]) + _plausibility(boxes[first:last], height)
        rows = [(own, [index])] if first == 0 else []
        for other, (total, row) in best.items():
            if ranges[other][1] == first:
                price = _price(boxes[slice(*ranges[other])], boxes[first:last], joined[first])
                rows.append((total + own - price, [*row, index]))
        if rows:
            best[index] = max(rows, key=lambda entry: entry[0])
    complete = [best[index] for index in best if ranges[index][1] == len(boxes)]
    return max(complete, key=lambda entry: entry[0])[1]


def _plausibility(units: Sequence[Box], height: float) -> float:
    """Says how much units look like one digit by their place alone; 0 is ordinary, less is worse."""
    whole = around(units)
    score = 0.0
    if max(whole.width, whole.height) < SMALLEST_DIGIT * height:
        score -= PRICE_OF_SMALLNESS
    reach = units[0].right
    for unit in units[1:]:
        score -= PRICE_OF_A_GAP * max((unit.left - reach) / height - LARGEST_GAP, 0.0)
        reach = max(reach, unit.right)
    return score - PRICE_OF_WIDTH * max(whole.width / max(whole.height, 0.5 * height) - LARGEST_ASPECT, 0.0)


def _price(before: Sequence[Box], after: Sequence[Box], ink: float) -> float:
    """Returns the price of one more digit, higher through ink or where two neighbours stand above each other."""
    left, right = around(before), around(after)
    shared = min(left.right, right.right) - max(left.left, right.left)
    narrower = max(min(left.width, right.width), 1e-9)
    if ink:
        return PRICE_OF_A_DIGIT + PRICE_OF_A_CUT + PRICE_OF_A_PEN_WIDTH * ink
    return PRICE_OF_A_DIGIT + PRICE_OF_OVERLAP * max(shared / narrower - FREE_OVERLAP, 0.0)


# --- Ink ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pieces:
    """Ink taken apart, from left to right.

    Attributes:
        inks: uint8 `[height, width]` each, all of one size: the ink of that piece alone.
        boxes: Where each lies in the picture that was taken apart.
        joined: How many pen widths of ink join each to the one before it.
        pen: Width of the pen in pixels of the picture; the boxes are where its middle ran.
    """

    inks: list[np.ndarray]
    boxes: list[Box]
    joined: list[float]
    pen: float


def take_apart(ink: np.ndarray, reads_well: Callable[[np.ndarray], bool]) -> Pieces:
    """Cuts ink into connected pieces, and those that do not read well where two digits may touch.

    Args:
        ink: uint8 `[height, width]`, white on black, not empty.
        reads_well: Says of ink uint8 `[height, width]` whether it is surely one digit.
    """
    rows, columns = bounds(ink)
    cropped = ink[rows, columns]
    factor = max(cropped.shape[0] // WORKING_HEIGHT, cropped.shape[1] // WORKING_WIDTH, 1)
    small = _shrunk(cropped, factor)
    pen = max(pen_width(small > FAINT), 1.0)
    inks, joined = [], []
    for whole in _connected(small):
        box = _box_of(whole).without(pen / 2)
        wide = box.width > LARGEST_ASPECT * box.height
        narrow = box.width < NARROWEST_PAIR * whole.shape[0]
        pieces = [(whole, 0.0)] if narrow or (not wide and reads_well(whole)) else _parted(whole, pen)
        inks += [piece for piece, _ in pieces]
        joined += [crossed for _, crossed in pieces]
    # As if the pen were a point: what is judged is where the strokes run.
    boxes = [_box_of(piece).without(pen / 2).placed(factor, columns.start, rows.start) for piece in inks]
    return Pieces(inks, boxes, joined, pen * factor)


def _shrunk(ink: np.ndarray, factor: int) -> np.ndarray:
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


def _parted(ink: np.ndarray, pen: float) -> list[tuple[np.ndarray, float]]:
    """Cuts one piece along the thinnest ways from top to bottom.

    Returns:
        What lies between the cuts, from left to right, each with the ink of the cut before it in pen widths.
    """
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
            pieces.append((piece, crossed))
            rest, crossed = remaining, float(ink[np.arange(len(seam)), seam].sum()) / 255 / pen
    return [*pieces, (rest, crossed)]


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
