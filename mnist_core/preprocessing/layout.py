"""Where things lie on a sheet → its rows, from top to bottom.

The skew of the whole sheet is the one that gives the sharpest profile of its ink across the rows (Postl, "Detection of
Linear Oblique Structures and Skew Scan in Digitized Documents", 1986). Then each unit is linked to its nearest
neighbour to the right that stands beside it, as in O'Gorman, "The Document Spectrum for Page Layout Analysis", 1993;
what hangs together is a row, which may rise or fall a little otherwise than the sheet, as perspective has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mnist_core.preprocessing.segmentation import Box

# More than these is a texture, or a page of writing.
MOST_UNITS_OF_A_SHEET = 600
# Slopes of a row that are looked at: up to 22 degrees.
SLOPES = np.linspace(-0.4, 0.4, 41)
# How much sharper a slope of 1 has to make the profile than none: nothing leans without a reason.
PRICE_OF_SLOPE = 0.3
BINS_A_HEIGHT = 10
# What is smaller, in shares of the height of most digits, belongs to what is near: a bar of a 5, a comma.
SMALLEST_OF_A_ROW = 0.4
FLATTEST_OF_A_ROW = 0.3
# And what is flat, higher than that: bars lean.
FLAT_ASPECT, FLATTEST_WIDE = 1.5, 0.4
# Neighbours in a row share so much of the height of the lower one.
SHARED_HEIGHT = 0.35
# Parts of a row on both sides of a gap lie so level, in heights.
LEVEL = 0.4


@dataclass(frozen=True)
class Row:
    """One row of a sheet."""

    units: tuple[int, ...]  # indices of what stands in it, from left to right
    slope: float  # how far it falls to the right, pixels a pixel
    height: float  # that of most of its digits

    def levelled(self, box: Box) -> Box:
        """Returns a box of the sheet, moved up or down as if the row were level."""
        return self._moved(box, -1)

    def on_sheet(self, box: Box) -> Box:
        """Returns a box of the levelled row where it lies on the sheet."""
        return self._moved(box, 1)

    def _moved(self, box: Box, way: int) -> Box:
        shift = way * self.slope * (box.left + box.right) / 2
        return Box(box.left, box.top + shift, box.right, box.bottom + shift)


def digit_height(boxes: Sequence[Box]) -> float:
    """Returns the height of most digits, of which boxes may be parts: the third quartile of the larger ones."""
    heights = np.array([box.height for box in boxes])
    return float(np.quantile(heights[heights >= SMALLEST_OF_A_ROW * heights.max()], 0.75))


def makes_a_row(box: Box, height: float) -> bool:
    """Whether something, beside digits of this height, is large enough to stand in a row of its own."""
    longest = max(box.width, box.height)
    flattest = FLATTEST_WIDE if box.width > FLAT_ASPECT * box.height else FLATTEST_OF_A_ROW
    return longest >= SMALLEST_OF_A_ROW * height and box.height >= flattest * height


def rows_of(boxes: Sequence[Box]) -> list[Row]:
    """Groups boxes into rows, from top to bottom; each box is in one of them. Takes time with the boxes' square."""
    height = max(digit_height(boxes), 1e-9)
    edges = np.array([(box.left, box.top, box.right, box.bottom) for box in boxes])
    large = np.array([makes_a_row(box, height) for box in boxes])
    chosen = np.flatnonzero(large)
    if not chosen.size or _is_level(edges[chosen]):
        return [_row(range(len(boxes)), boxes, 0.0, height)]
    slope = _skew(edges[chosen], height)
    level = _levelled(edges, slope)
    labels = np.full(len(boxes), -1)
    labels[chosen] = _joined_on_level(level[chosen], _linked(level[chosen]), height)
    for unit in np.flatnonzero(~large):
        labels[unit] = labels[chosen[_distances(level[unit], level[chosen]).argmin()]]
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    groups.sort(key=lambda group: float(np.mean(level[group][:, [1, 3]])))
    return [_row(group, boxes, _own_slope(level[group], height) + slope, height) for group in groups]


def _is_level(edges: np.ndarray) -> bool:
    """Whether the middles of all boxes lie beside the tallest one: most drawings are one row, which is told at once."""
    _, top, _, bottom = edges[(edges[:, 3] - edges[:, 1]).argmax()]
    middles = (edges[:, 1] + edges[:, 3]) / 2
    return bool(((middles >= top) & (middles <= bottom)).all())


def _row(units: Sequence[int] | np.ndarray | range, boxes: Sequence[Box], slope: float, height: float) -> Row:
    ordered = sorted((int(unit) for unit in units), key=lambda unit: boxes[unit].left + boxes[unit].right)
    heights = [boxes[unit].height for unit in ordered if boxes[unit].height >= SMALLEST_OF_A_ROW * height]
    return Row(tuple(ordered), slope, float(np.median(heights)) if heights else height)


def _levelled(edges: np.ndarray, slope: float) -> np.ndarray:
    """Moves each box up or down by the slope at its middle, float `[N, 4]`."""
    shift = slope * (edges[:, 0] + edges[:, 2]) / 2
    return edges - np.stack([np.zeros_like(shift), shift] * 2, axis=1)


def _skew(edges: np.ndarray, height: float) -> float:
    """Returns the slope with the sharpest profile: the largest sum of squares of how many boxes lie at each height."""
    if len(edges) < 2:
        return 0.0
    scores = []
    for slope in SLOPES:
        level = _levelled(edges, slope)[:, [1, 3]] * (BINS_A_HEIGHT / height)
        level = np.rint(level - level.min()).astype(int).clip(0, 100_000)
        steps = np.zeros(int(level.max()) + 2)
        np.add.at(steps, level[:, 0], 1)
        np.add.at(steps, level[:, 1], -1)
        profile = ndimage.gaussian_filter1d(np.cumsum(steps), 1.0, mode="constant")
        scores.append(float(np.square(profile).sum()) * (1 - PRICE_OF_SLOPE * abs(slope)))
    return float(SLOPES[int(np.argmax(scores))])


def _linked(level: np.ndarray) -> np.ndarray:
    """Links each box to the nearest one to its right that stands beside it: a label each, int `[N]`."""
    middles = (level[:, :2] + level[:, 2:]) / 2
    heights = level[:, 3] - level[:, 1]
    shared = np.minimum.outer(level[:, 3], level[:, 3]) - np.maximum.outer(level[:, 1], level[:, 1])
    beside = shared >= SHARED_HEIGHT * np.maximum(np.minimum.outer(heights, heights), 1e-9)
    across, down = (middles[np.newaxis, :, axis] - middles[:, np.newaxis, axis] for axis in (0, 1))
    to_the_right = (across > 0) | ((across == 0) & (np.arange(len(level))[np.newaxis] > np.arange(len(level))[:, None]))
    distance = np.where(beside & to_the_right, across + 2 * np.abs(down), np.inf)
    labels = np.arange(len(level))
    for unit, nearest in enumerate(distance.argmin(axis=1)):
        if np.isfinite(distance[unit, nearest]):
            labels[labels == labels[nearest]] = labels[unit]
    return labels


def _joined_on_level(level: np.ndarray, labels: np.ndarray, height: float) -> np.ndarray:
    """Joins rows that lie beside each other on one level, as the two sides of a wide gap do."""
    labels = labels.copy()
    order = sorted(set(labels.tolist()), key=lambda label: float(level[labels == label, 0].min()))
    for place, label in enumerate(order):
        for other in order[:place]:
            mine, theirs = level[labels == label], level[labels == other]
            if not len(theirs) or not len(mine) or mine[:, 0].min() < theirs[:, 2].max():
                continue
            last, first = theirs[theirs[:, 2].argmax()], mine[mine[:, 0].argmin()]
            if abs(first[1] + first[3] - last[1] - last[3]) / 2 <= LEVEL * height:
                labels[labels == other] = label
    return labels


def _own_slope(level: np.ndarray, height: float) -> float:
    """Returns the slope of a straight line through the middles of a row's boxes; 0 where they are few or close."""
    x, y = (level[:, 0] + level[:, 2]) / 2, (level[:, 1] + level[:, 3]) / 2
    large = level[:, 3] - level[:, 1] >= SMALLEST_OF_A_ROW * height
    x, y = x[large], y[large]
    if len(x) < 3 or np.ptp(x) < 2 * height:
        return 0.0
    return float(np.polyfit(x - x.mean(), y, 1)[0])


def _distances(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Returns the distance between the edges of a box and of each of the others, float `[N]`."""
    gaps = np.maximum(np.maximum(others[:, :2] - box[2:], box[:2] - others[:, 2:]), 0)
    return np.hypot(gaps[:, 0], gaps[:, 1])
