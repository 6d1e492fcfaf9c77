"""Other ways to look at a picture: without what was drawn or printed around a digit, or turned.

Each says in words what it did. But for a line below and a ring or a frame far around, which no digit has, a picture
that reads well is never looked at in these ways.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_core.language import N_, gettext
from mnist_core.preprocessing.ink import bounds
from mnist_core.preprocessing.pipeline import Stages
from mnist_core.preprocessing.sheets import WORKING_SIDE

# Ink is looked at again at most this large, in pixels.
LONGEST_SIDE = 600
# What stands around a digit is so much larger than it, and leaves it this share of its own height at least.
LEAST_INSIDE = 0.15
# Of a piece within a frame that has gaps, so much is seen to be inside.
FENCED = 0.7
# Within these shares it cannot be a dot or a slash in a 0, which nearly touches it.
CLEARLY_INSIDE = 0.3, 0.72
INKED = 60  # of 255
# A printed line is as long as this share of all ink, and at most as thick as this share of the picture.
LONG = 0.55
THICKEST_LINE = 0.04
FEWEST_LINES = 3  # in one direction, or two in both: fewer may be somebody's drawing
# Of paper that is ruled in one direction alone, lines are so many times as long as they are apart, or what stands on it
# is at most as long that way as this share of them; neither are the strokes of some digits, such as those of 1471, or
# the bars of 5, 7 and 2 in a column.
LONG_BESIDE_GAP, WITHIN_LINES = 4.0, 0.85
MOST_LEVELLING = 5.0  # degrees
AROUND = N_("without what is drawn around it")
# By how many quarters to the left.
TURNED = {1: N_("turned by 90° to the left"), 2: N_("turned by 180°"), 3: N_("turned by 90° to the right")}
# Of what is left when lines are gone, pieces smaller than this share of the largest are remains of lines.
REMAINS = 0.2
# A pen wider than the lines leaves a piece as large as this share of the picture when all that is as thin is gone.
LEAST_THICK = 0.12
# What is one piece may have specks beside it, which are less than the rest of this share of all ink.
ONE_PIECE = 0.9
# A line below a digit is so flat, and so wide as a share of what stands above it.
FLATTEST, UNDERLINE = 0.15, 0.5


@dataclass(frozen=True)
class Look:
    """A picture looked at in another way."""

    words: str  # what was done, as in `Read without …`
    ink: np.ndarray  # uint8 `[height, width]`, white on black
    given: np.ndarray  # uint8, the same size: the picture in which it lies


def first_looks(stages: Stages) -> Iterator[Look]:
    """Yields the picture without what cannot belong to a digit; it would be read as part of one."""
    if (free := without_underline(stages.ink)) is not None:
        yield Look(gettext("without the line below"), free, stages.given)
    if (inside := without_surroundings(stages.ink, *CLEARLY_INSIDE, closed=True)) is not None:
        yield Look(gettext(AROUND), inside, stages.given)


def further_looks(stages: Stages) -> Iterator[Look]:
    """Yields the other ways, those that change least first."""
    ink, given = _small(stages.ink), _small(stages.given)
    if (inside := without_surroundings(ink)) is not None:
        yield Look(gettext(AROUND), inside, given)
    turned, straight = _levelled(ink)
    if (free := without_lines(straight)) is not None:
        yield Look(gettext("without the lines"), free, _rotated(given, turned, 255))
        if (inside := without_surroundings(free)) is not None:
            yield Look(gettext("without the lines and what is drawn around it"), inside, _rotated(given, turned, 255))


def turned_looks(stages: Stages) -> Iterator[Look]:
    """Yields the picture turned by a quarter to either side, as a phone may have stored it.

    What is no digit often looks like one when it is turned, and every 6 is a 9 when it is turned twice.
    """
    ink, given = _small(stages.ink), _small(stages.given)
    yield from (_turned(ink, given, quarters) for quarters in (1, 3))


def turned_page(stages: Stages, quarters: int) -> Look:
    """Returns a page of digits turned to the left by so many quarters, as it may have been photographed."""
    return _turned(_small(stages.ink, WORKING_SIDE), _small(stages.given, WORKING_SIDE), quarters)


def _turned(ink: np.ndarray, given: np.ndarray, quarters: int) -> Look:
    return Look(gettext(TURNED[quarters]), np.rot90(ink, quarters), np.rot90(given, quarters))


def is_one_piece(ink: np.ndarray) -> bool:
    """Whether nearly all ink, uint8 `[height, width]`, hangs together."""
    labels, _ = ndimage.label(ink > INKED, structure=np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())[1:]
    return bool(sizes.max(initial=0) >= ONE_PIECE * sizes.sum())


def without_surroundings(
    ink: np.ndarray, least: float = LEAST_INSIDE, most: float = 1.0, closed: bool = False
) -> np.ndarray | None:
    """Takes away a box, a frame or a circle around the rest of the ink; None where there is none.

    The rest has between `least` and `most` of its height. Unless it has to be `closed` all around, as no open 4 is
    around its own stem, a frame may have gaps, but stands on all four sides of each piece within.
    """
    labels, number = ndimage.label(ink > INKED, structure=np.ones((3, 3)))
    if number < 2:
        return None
    places = ndimage.find_objects(labels)
    largest = max(range(number), key=lambda index: _area(places[index]))
    box = labels[places[largest]]
    around = box == largest + 1
    inside = ndimage.binary_fill_holes(around) if closed else _fenced(box, largest + 1)
    rest = np.zeros(ink.shape, bool)
    rest[places[largest]] = inside & ~around
    if not rest.any():
        return None
    # Faint edges of what stands around do not belong to what stands within.
    edge = ndimage.binary_dilation(labels == largest + 1, iterations=2)
    left = np.where(rest & ~edge, ink, 0).astype(np.uint8)
    rows, _ = bounds(left > INKED)
    height = places[largest][0].stop - places[largest][0].start
    return left if least * height <= rows.stop - rows.start <= most * height else None


def _fenced(labels: np.ndarray, fence: int) -> np.ndarray:
    """Where pieces lie of which nearly all has the fence to its left and right, above and below: bool, as `labels`."""
    around = labels == fence
    sides = (around, around[:, ::-1], around.T, around.T[:, ::-1])
    left, right, above, below = (np.maximum.accumulate(side, axis=1) for side in sides)
    within = left & right[:, ::-1] & above.T & below[:, ::-1].T
    seen, sizes = np.bincount(labels.ravel(), within.ravel()), np.bincount(labels.ravel())
    fenced: np.ndarray = (seen >= FENCED * sizes)[labels] & (labels > 0) & ~around
    return fenced


def without_lines(ink: np.ndarray) -> np.ndarray | None:
    """Takes away the long lines of squared or ruled paper and joins what they crossed; None where there are none.

    Lines are what a morphological opening by a long segment leaves (Serra, "Image Analysis and Mathematical
    Morphology", 1982). Where the pen is wider, all that is as thin as they goes.
    """
    inked = ink > INKED
    rows, columns = bounds(inked)
    extents = columns.stop - columns.start, rows.stop - rows.start
    across = {axis: _lines(inked, axis, max(round(LONG * extents[1 - axis]), 12)) for axis in (1, 0)}
    found = [axis for axis, lines in across.items() if lines.any()]
    numbers = {axis: len(_places(lines, axis)) for axis, lines in across.items()}
    main = max(numbers, key=lambda axis: numbers[axis])
    is_squared = min(numbers.values()) > 1
    if numbers[main] < FEWEST_LINES and not is_squared:
        return None
    thickness = max(_thickness(across[axis], axis) for axis in found)
    left = _thicker(inked, thickness)
    if left is None:
        left = inked
        for axis in found:
            left &= ~across[axis]
            # Strokes of the digit go on across a line.
            bridge = np.ones((thickness + 5, 1) if axis == 1 else (1, thickness + 5))
            left |= ndimage.binary_closing(left, bridge) & across[axis]
    if not left.any():
        return None
    kept = _large_pieces(np.where(left, ink, 0).astype(np.uint8))
    return kept if is_squared or _is_ruled(across[main], kept > 0, main) else None


def _is_ruled(lines: np.ndarray, kept: np.ndarray, axis: int) -> bool:
    """Whether lines along an axis are those of paper on which the rest stands: bool `[height, width]` each."""
    places = _places(lines, axis)
    length = float(np.median([_length(lines.take(range(*place), 1 - axis), axis) for place in places]))
    if length >= LONG_BESIDE_GAP * float(np.median(np.diff([first for first, _ in places]))):
        return True
    return _length(kept, axis) <= WITHIN_LINES * length


def _places(lines: np.ndarray, axis: int) -> list[tuple[int, int]]:
    """Where lines along an axis lie across it: first row or column of each and the one after its last.

    What is broken, as where a digit crosses it, is one line.
    """
    runs = ndimage.find_objects(ndimage.label(lines.any(axis=axis))[0])
    return [(run.start, run.stop) for (run,) in runs]


def _length(ink: np.ndarray, axis: int) -> int:
    """How long ink, bool `[height, width]`, is along an axis."""
    along = bounds(ink)[axis]
    return int(along.stop - along.start)


def _thicker(inked: np.ndarray, thickness: int) -> np.ndarray | None:
    """What is thicker than lines: bool `[height, width]`; None where little is."""
    side = thickness + 2
    core = ndimage.binary_opening(inked, np.ones((side, side)))
    sides = [max(part.stop - part.start for part in place) for place in ndimage.find_objects(ndimage.label(core)[0])]
    if max(sides, default=0) < LEAST_THICK * max(inked.shape):
        return None
    return ndimage.binary_dilation(core, np.ones((3, 3))) & inked


def without_underline(ink: np.ndarray) -> np.ndarray | None:
    """Takes away a level line below all the rest, which no digit has apart from it; None where there is none."""
    labels, number = ndimage.label(ink > INKED, structure=np.ones((3, 3)))
    if number < 2:
        return None
    places = ndimage.find_objects(labels)
    lowest = max(range(number), key=lambda index: places[index][0].stop)
    rows, columns = places[lowest]
    others = [place for index, place in enumerate(places) if index != lowest]
    width, height = columns.stop - columns.start, rows.stop - rows.start
    span = max(place[1].stop for place in others) - min(place[1].start for place in others)
    is_below = max(place[0].stop for place in others) <= rows.start + height
    if not is_below or height > FLATTEST * width or width < UNDERLINE * span:
        return None
    return np.where(ndimage.binary_dilation(labels == lowest + 1, iterations=2), 0, ink).astype(np.uint8)


def _lines(inked: np.ndarray, axis: int, length: int) -> np.ndarray:
    """What belongs to straight lines along an axis, so long at least and thin: bool `[height, width]`."""
    segment = np.ones((1, length) if axis == 1 else (length, 1))
    # Small gaps, and a line that leaves its row of pixels by one, still make a line.
    across = np.ones((3, 1) if axis == 1 else (1, 3))
    lines = ndimage.binary_opening(ndimage.binary_dilation(inked, across), segment) & inked
    labels, number = ndimage.label(lines, structure=np.ones((3, 3)))
    most = max(THICKEST_LINE * max(inked.shape), 4)
    lengths = np.array([1, *(place[axis].stop - place[axis].start for place in ndimage.find_objects(labels))])
    thin = np.bincount(labels.ravel(), minlength=number + 1) / lengths <= most
    found: np.ndarray = lines & thin[labels]
    return found


def _thickness(lines: np.ndarray, axis: int) -> int:
    """How thick lines along an axis are, in pixels: the median of the runs across them."""
    along = lines if axis == 1 else lines.T
    padded = np.pad(along.astype(np.int8), ((1, 1), (0, 0)))
    starts, ends = (np.argwhere(step == np.diff(padded, axis=0).T)[:, 1] for step in (1, -1))
    return int(np.median(ends - starts)) if len(starts) else 0


def _large_pieces(ink: np.ndarray) -> np.ndarray:
    labels, number = ndimage.label(ink > 0, structure=np.ones((3, 3)))
    sides = np.array([0] + [max(side.stop - side.start for side in place) for place in ndimage.find_objects(labels)])
    return np.where((sides >= REMAINS * sides.max())[labels] & (labels > 0), ink, 0).astype(np.uint8) if number else ink


def _levelled(ink: np.ndarray) -> tuple[float, np.ndarray]:
    """Turns ink so that its lines are level, by up to five degrees; returns degrees and ink.

    At that angle the sums of the rows differ most (projection profiles; Postl, "Detection of linear oblique structures
    and skew scan in digitized documents", 1986).
    """
    coarse = np.asarray(Image.fromarray(ink).reduce(max(max(ink.shape) // 200, 1)))

    def sharpness(degrees: float) -> float:
        sums = _rotated(coarse, degrees, 0).sum(axis=1, dtype=np.float64)
        return float((np.diff(sums) ** 2).sum())

    angles = np.arange(-MOST_LEVELLING, MOST_LEVELLING + 0.25, 0.5)
    best = float(max(angles, key=lambda degrees: (sharpness(degrees), -abs(degrees))))
    return best, _rotated(ink, best, 0)


def _rotated(picture: np.ndarray, degrees: float, fill: int) -> np.ndarray:
    if not degrees:
        return picture
    image = Image.fromarray(picture)
    return np.asarray(image.rotate(degrees, Image.Resampling.BILINEAR, fillcolor=fill))


def _small(picture: np.ndarray, longest: int = LONGEST_SIDE) -> np.ndarray:
    factor = max(math.ceil(max(picture.shape) / longest), 1)
    return np.asarray(Image.fromarray(picture).reduce(factor))


def _area(place: tuple[slice, ...]) -> int:
    return math.prod(side.stop - side.start for side in place)
