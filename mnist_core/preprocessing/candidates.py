"""A drawing → all that may be one digit of it, before any model is asked: the whole, and its neighbouring parts.

A drawing of several rows, of a slanted one, or of digits with signs among them, is a sheet: rows of such candidates.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mnist_core.preprocessing.ink_cuts import Pieces, take_apart
from mnist_core.preprocessing.pipeline import Stages, from_ink, prepare
from mnist_core.preprocessing.segmentation import LARGEST_ASPECT, Box, around, neighbours
from mnist_core.preprocessing.strokes import BOX, CANVAS_PEN, PEN_WIDTH, Strokes, scale_strokes

# A piece of ink that is read with this probability is not cut.
READS_WELL = 0.9
# Digits that hang together are painted at this height in pixels before they are cut.
JOINED_HEIGHT = 160
# Ink that was cut has more pieces than a drawing has strokes.
MOST_PIECES_OF_A_DIGIT = 26
MOST_PIECES = 120
LONGEST_ROW = 12  # in heights
# Strokes that come so near to each other, in heights of the row, meet.
MEETS = 0.02
MOST_POINTS = 1000  # of a stroke, by which that is told: twenty times as long as the row is high


@dataclass(frozen=True)
class Candidates:
    """What may be one digit of a drawing."""

    stages: Stages  # the whole drawing's way to 28×28
    images: np.ndarray  # uint8 `[C, 28, 28]`, what a model is asked: the whole first, unless this is a row of a sheet
    # Of which neighbouring units each of these is made, the last excluded; where there are more images, they only tell
    # what is to be cut.
    ranges: list[tuple[int, int]]
    # Where each unit, a stroke or a piece of ink, lies on the canvas or in the picture, from left to right.
    boxes: list[Box]
    pen: float  # width of the pen there
    # How many pen widths of ink join each unit to the one before it; empty where none does.
    joined: Sequence[float] = ()
    pieces: Pieces | None = None  # the units, if they are ink
    # The pieces in which two digits may touch, each with the number of its image.
    doubtful: Mapping[int, int] = field(default_factory=dict)
    # Where this is one row of a sheet, how wide a digit may be, as the boxes are; no image is of the whole then.
    widest: float | None = None
    # Of units that are strokes, which meet each other: bool `[U, U]`.
    meeting: np.ndarray | None = None

    def hangs_together(self, index: int) -> bool:
        """Whether a candidate hangs together with what stands before or after it: it meets it, or was cut from it."""
        first, last = self.ranges[index]
        if self.meeting is not None and self.meeting[first:last, np.r_[:first, last : len(self.boxes)]].any():
            return True
        return any(self.joined[first : first + 1]) or any(self.joined[last : last + 1])

    def finer(self, probabilities: np.ndarray) -> "Candidates | None":
        """Cuts what does not read well by calibrated probabilities, float `[C, 10]`; None where nothing is."""
        cut = [number for number, image in self.doubtful.items() if probabilities[image].max() <= READS_WELL]
        if self.pieces is None or not cut:
            return None
        pieces = self.pieces.cut(cut)
        return _of_pieces(self.stages, pieces, self.widest) if len(pieces) > len(self.pieces) else None


def of_strokes(strokes: Strokes, stages: Stages, widest: float | None = None) -> Candidates:
    """Returns what may be one digit of a drawing whose digits lie apart: its strokes, or several of them.

    With `widest`, the strokes are one row of a sheet, in which no digit of several strokes is wider.
    """
    boxes = [Box(*stroke.min(axis=0), *stroke.max(axis=0)) for stroke in strokes]
    order = sorted(range(len(boxes)), key=lambda index: boxes[index].left + boxes[index].right)
    units, boxes = [strokes[index] for index in order], [boxes[index] for index in order]
    ranges = _ranges(boxes, widest)
    images = [] if widest else [stages.image]
    images += [prepare(units[first:last]) for first, last in ranges[len(images) :]]
    return Candidates(
        stages, np.stack(images), ranges, boxes, CANVAS_PEN, widest=widest, meeting=_meeting(units, boxes)
    )


def _meeting(strokes: Strokes, boxes: Sequence[Box]) -> np.ndarray:
    """Tells which strokes, in these boxes, meet, as those of a K do, where digits lie apart: bool `[S, S]`."""
    from scipy.spatial import cKDTree

    meeting, near = np.zeros((len(strokes), len(strokes)), bool), MEETS * around(boxes).height
    if len(strokes) < 2 or not near:  # dashes on one line
        return meeting
    paths = [_along(stroke, near) for stroke in strokes]
    reach = 1.5 * near  # points of a path lie up to a step apart
    for (first, box), (second, other) in itertools.combinations(enumerate(boxes), 2):
        if max(box.left, other.left) - min(box.right, other.right) > reach:
            continue
        found = cKDTree(paths[first]).query(paths[second], distance_upper_bound=reach)[0]
        meeting[first, second] = meeting[second, first] = bool(np.isfinite(found).any())
    return meeting


def _along(stroke: np.ndarray, step: float) -> np.ndarray:
    """Returns points along a stroke that lie at most a step apart, or further where it is very long."""
    lengths = np.linalg.norm(np.diff(stroke, axis=0), axis=1)
    at = np.concatenate([[0.0], np.cumsum(lengths)])
    wanted = np.linspace(0, at[-1], min(math.ceil(at[-1] / step), MOST_POINTS) + 1)
    return np.stack([np.interp(wanted, at, stroke[:, axis]) for axis in (0, 1)], axis=1)


def of_joined_strokes(strokes: Strokes, stages: Stages) -> Candidates | None:
    """Returns the same of digits written without lifting the pen, or touching: their ink is taken apart instead."""
    box = around([Box(*stroke.min(axis=0), *stroke.max(axis=0)) for stroke in strokes])
    if box.is_narrow or box.width > LONGEST_ROW * box.height:
        return None  # one digit, or a dash
    # Painted at a size of its own with MNIST's pen: the canvas's would fill the loops of small digits.
    scale = JOINED_HEIGHT / box.height
    pen = PEN_WIDTH / BOX * JOINED_HEIGHT
    ink = scale_strokes(strokes, pen, round(max(box.width, box.height) * scale + pen))
    return _of_pieces(stages, take_apart(ink).placed(1 / scale, box.left - pen / 2 / scale, box.top - pen / 2 / scale))


def of_ink(stages: Stages) -> Candidates:
    """Returns what may be one digit of a picture: its pieces of ink, or several of them."""
    return _of_pieces(stages, take_apart(stages.ink))


def of_row_ink(stages: Stages, ink: np.ndarray, scale: float, corner: tuple[float, float], widest: float) -> Candidates:
    """Returns the same of one row of a sheet, its ink alone, uint8 `[height, width]`.

    The picture is larger by `scale` and begins further left and up (`corner`); no digit of several pieces is wider
    there than `widest`.
    """
    return _of_pieces(stages, take_apart(ink).placed(scale, *corner), widest)


def _ranges(boxes: Sequence[Box], widest: float | None, cut: bool = False) -> list[tuple[int, int]]:
    """Returns which neighbours may be a digit; of ink that was `cut` into many pieces, none wider than digits are."""
    ranges = neighbours(len(boxes), MOST_PIECES_OF_A_DIGIT, MOST_PIECES) if cut else neighbours(len(boxes))
    limit = min(widest or math.inf, LARGEST_ASPECT * around(boxes).height if cut else math.inf)
    whole = [] if widest else ranges[:1]
    narrow = [
        (first, last)
        for first, last in ranges[len(whole) :]
        if last - first == 1 or around(boxes[first:last]).width <= limit
    ]
    return [*whole, *narrow] or ranges


def _of_pieces(stages: Stages, pieces: Pieces, widest: float | None = None) -> Candidates:
    inks, boxes = [piece.ink for piece in pieces.pieces], pieces.boxes
    joined = [piece.joined for piece in pieces.pieces]
    ranges = _ranges(boxes, widest, cut=any(joined))
    images = [] if widest else [stages.image]
    for first, last in ranges[len(images) :]:
        images.append(from_ink(np.maximum.reduce(inks[first:last])).image)
    asked = ranges if widest else [(-1, -1), *ranges[1:]]
    doubtful = {}
    for number in (number for number, piece in enumerate(pieces.pieces) if piece.doubtful):
        alone = number, number + 1
        if alone in asked:
            doubtful[number] = asked.index(alone)
        else:
            doubtful[number] = len(images)
            images.append(from_ink(inks[number]).image)
    pen = pieces.pen * pieces.factor
    return Candidates(stages, np.stack(images), ranges, boxes, pen, joined, pieces, doubtful, widest)
